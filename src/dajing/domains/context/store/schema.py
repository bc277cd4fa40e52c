"""The tables of live.db. A term number stands for (tenant, IRI), so every index is a tenant's own."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import apsw

from dajing.kernel.settings import Settings
from dajing.kernel.text import Refusal, Text

type Location = Path | str  # live.db, or the URL of a PostgreSQL database
VERSION = 2
CACHE = 32_000  # KiB of pages that the writer keeps, twice what each reader does; the system keeps the rest
BUSY = 10_000  # milliseconds that a connection waits for another process

TABLES = """
CREATE TABLE IF NOT EXISTS term(n INTEGER PRIMARY KEY, tenant TEXT NOT NULL, iri TEXT NOT NULL, UNIQUE(tenant, iri));
CREATE TABLE IF NOT EXISTS entity(
  k INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, id TEXT NOT NULL, expires INTEGER, doc BLOB NOT NULL,
  UNIQUE(tenant, id));
CREATE INDEX IF NOT EXISTS entity_expires ON entity(expires) WHERE expires IS NOT NULL;
CREATE TABLE IF NOT EXISTS kind(type INTEGER, k INTEGER, PRIMARY KEY(type, k)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS has(attr INTEGER, k INTEGER, PRIMARY KEY(attr, k)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS number(attr INTEGER, value REAL, k INTEGER, PRIMARY KEY(attr, value, k)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS word(attr INTEGER, value TEXT, k INTEGER, PRIMARY KEY(attr, value, k)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS number_of ON number(k, attr, value);
DROP INDEX IF EXISTS word_of;
CREATE TABLE IF NOT EXISTS place(
  attr INTEGER, cell INTEGER, k INTEGER, east REAL, north REAL, PRIMARY KEY(attr, cell, k)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS place_of ON place(k, attr, east, north);
CREATE TABLE IF NOT EXISTS chronicle(
  k INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, id TEXT NOT NULL, head BLOB NOT NULL,
  UNIQUE(tenant, id));
CREATE TABLE IF NOT EXISTS chronicle_kind(type INTEGER, k INTEGER, PRIMARY KEY(type, k)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS instance(
  n INTEGER PRIMARY KEY AUTOINCREMENT, k INTEGER NOT NULL, attr INTEGER NOT NULL, dataset TEXT, instance TEXT NOT NULL,
  observed INTEGER, created INTEGER, modified INTEGER, deleted INTEGER, value REAL, doc BLOB NOT NULL);
DROP INDEX IF EXISTS instance_observed;
CREATE INDEX IF NOT EXISTS instance_series ON instance(k, attr, observed, value, dataset);
CREATE TABLE IF NOT EXISTS sealing(one INTEGER PRIMARY KEY CHECK(one=1), upto INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS cold(k INTEGER, attr INTEGER, newest INTEGER, PRIMARY KEY(k, attr)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS gone(n INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS gone_part(k INTEGER, attr INTEGER, dataset TEXT, every INTEGER, upto INTEGER);
CREATE INDEX IF NOT EXISTS gone_part_of ON gone_part(k, attr);
CREATE TABLE IF NOT EXISTS gone_history(tenant TEXT, id TEXT, upto INTEGER, PRIMARY KEY(tenant, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS subscription(tenant TEXT, id TEXT, doc BLOB NOT NULL, PRIMARY KEY(tenant, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS context(tenant TEXT, id TEXT, doc BLOB NOT NULL, PRIMARY KEY(tenant, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tenant(name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS notification(
  n INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, subscription TEXT NOT NULL, at INTEGER NOT NULL,
  headers BLOB NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS notification_of ON notification(tenant, subscription, n);
"""


class TooLong(apsw.ConstraintError):
    """A name is longer than an index of PostgreSQL can hold."""


class UnsafeLibrary(Refusal):
    """The SQLite library may corrupt a write-ahead log."""

    text = Text(
        zh="apsw 带的 SQLite 为 {found}，低于 3.51.3，可能损坏预写日志。请安装 requirements.lock 中的 apsw。",
        en="The SQLite of apsw is {found}, below 3.51.3, which may corrupt a write-ahead log. "
        "Install the apsw of requirements.lock.",
    )


class NewerStore(Refusal):
    """The file was written by a later version."""

    text = Text(
        zh="{path} 由更新的版本写成（结构 {found}），本程序只认识 {known}。请升级本程序。",
        en="{path} was written by a later version (schema {found}, known {known}). Upgrade this program.",
    )


def connect(*, path: Location, write: bool = False) -> apsw.Connection:
    """A connection to live.db or, by URL, to PostgreSQL; only the writer's may change anything."""
    if isinstance(path, str):
        from dajing.domains.context.store import postgresql

        other = postgresql.Connection(url=path, write=write)
        other.prepare(tables=TABLES) if write else None
        return cast(apsw.Connection, other)
    if apsw.sqlite_lib_version().split(".") and tuple(map(int, apsw.sqlite_lib_version().split("."))) < (3, 51, 3):
        raise UnsafeLibrary(found=apsw.sqlite_lib_version())
    connection = apsw.Connection(str(path), statementcachesize=200)
    connection.set_busy_timeout(BUSY)
    connection.pragma("cache_size", -CACHE if write else -CACHE // 2)
    if write:
        connection.pragma("journal_mode", "wal")
        connection.pragma("synchronous", "full")
        connection.pragma("wal_autocheckpoint", 0)  # the writer chooses when
        _prepare(connection, path)
    else:
        connection.pragma("query_only", True)
    return connection


def live_store(*, settings: Settings) -> Location:
    """Where this installation keeps the live city: the URL of its settings, else live.db in the data directory."""
    return settings.live or settings.data_dir / "live.db"


def begun(*, path: Location) -> bool:
    """Whether a store is there."""
    if not isinstance(path, str):
        return path.exists()
    connection = connect(path=path)
    try:
        return connection.execute("SELECT to_regclass('entity')").get is not None
    finally:
        connection.close()


def _prepare(connection: apsw.Connection, path: Path) -> None:
    found = connection.pragma("user_version")
    if found > VERSION:
        raise NewerStore(path=path, found=found, known=VERSION)
    try:
        with connection:
            connection.execute(TABLES)
            if found == 1:
                _second(connection)
            connection.pragma("user_version", VERSION)
    except apsw.FullError:
        if found != VERSION:  # else there is nothing to prepare, and what is there can be read
            raise


def _second(connection: apsw.Connection) -> None:
    """From version 1: positions beside cells; a repeated observation is found by its time."""
    import msgspec

    from dajing.domains.context.store.index import rows

    connection.execute("DROP TABLE cell")
    connection.execute("DROP INDEX instance_id")
    terms = {(tenant, iri): n for n, tenant, iri in connection.execute("SELECT n, tenant, iri FROM term")}
    for key, tenant, doc in list(connection.execute("SELECT k, tenant, doc FROM entity")):
        for iri, instances in msgspec.json.decode(doc)["attrs"].items():
            for table, _, value in rows(iri=iri, instances=instances):
                if table == "cell":
                    cell, east, north = value
                    place = (terms[tenant, iri], cell, key, east, north)
                    connection.execute("INSERT OR IGNORE INTO place VALUES (?, ?, ?, ?, ?)", place)
