"""Django's own SQLite backend, loaded once more with ``pysqlite3`` in place of the system's library."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import pysqlite3
from pysqlite3 import dbapi2

MINIMUM = (3, 51, 3)  # older versions can corrupt a WAL: https://sqlite.org/wal.html "The WAL-reset bug"

if dbapi2.sqlite_version_info < MINIMUM:
    raise RuntimeError(f"SQLite {dbapi2.sqlite_version} is too old; {MINIMUM} or newer is needed")

_kept = {name: sys.modules.get(name) for name in ("sqlite3", "sqlite3.dbapi2")}
_loaded = [name for name in sys.modules if name.startswith("django.db.backends.sqlite3")]
_aside = {name: sys.modules.pop(name) for name in _loaded}
sys.modules.update({"sqlite3": pysqlite3, "sqlite3.dbapi2": dbapi2})
try:
    from django.db.backends.sqlite3 import base as _django
    from django.db.backends.sqlite3.features import DatabaseFeatures as _Features
    from django.db.backends.sqlite3.operations import DatabaseOperations as _Operations
finally:
    for _name, _module in _kept.items():
        if _module is None:
            sys.modules.pop(_name, None)
        else:
            sys.modules[_name] = _module
    for _name in [n for n in sys.modules if n.startswith("django.db.backends.sqlite3")]:
        if _name in _aside:
            sys.modules[_name] = _aside[_name]

Database = dbapi2


class DatabaseFeatures(_Features):
    """The limits that ``pysqlite3`` cannot be asked for (its connection has no ``getlimit``)."""

    max_query_params = 32766  # SQLITE_MAX_VARIABLE_NUMBER since SQLite 3.32


class DatabaseOperations(_Operations):
    """Bulk inserts sized by the same known limits."""

    def bulk_batch_size(self, fields: Sequence[Any], objs: Sequence[Any]) -> int:
        """Rows per statement so that no statement passes the variable limit."""
        return max(1, DatabaseFeatures.max_query_params // max(1, len(fields)))

    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        """The statement with its parameters for query logs, without asking the connection to quote."""
        return f"{sql} -- {params!r}" if params else sql


class DatabaseWrapper(_django.DatabaseWrapper):
    """The connection wrapper that Django loads as ``ENGINE = "dajing.kernel.rows.sqlite"``."""

    features_class = DatabaseFeatures
    ops_class = DatabaseOperations
