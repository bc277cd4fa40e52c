"""Backup and restore through the commands, on real directories."""

import json
import os
import subprocess
import sys
import tarfile
from datetime import UTC, datetime

import msgspec
import pytest
from pysqlite3 import dbapi2

from dajing.kernel.settings import Settings
from dajing.kernel.upkeep.backup import MANIFEST, back_up
from dajing.kernel.upkeep.contents import Manifest, copy_database
from dajing.kernel.upkeep.refusals import UnableToBackUp, UnableToRestore
from dajing.kernel.upkeep.restore import restore, unpack, verify_ledger

pytestmark = pytest.mark.fault  # the city is filled, saved and restored by whole processes
AT = datetime(2026, 3, 1, tzinfo=UTC)

FILL = """
from datetime import UTC, datetime
from dajing.kernel.web.start import start
start()
from django.core.management import call_command
from django.db import transaction
call_command("migrate", verbosity=0)
from dajing.kernel.identity.models import Person
from dajing.kernel.identity.actor import system
from dajing.kernel.ledger.api import record, seal
from dajing.kernel.series.api import append, declare
from dajing.kernel.series.flushing import flush
Person.objects.create_user("li", None, name="李四")
at = datetime(2026, 3, 1, tzinfo=UTC)
with transaction.atomic():
    for n in range(3):
        record(act="sample.acted", by=system("test"), at=at, subject=f"sample:{n}", detail={"n": n})
seal(at=at)
declare(stream="sample.facts", columns={"n": "int64"})
for first in (0, 10):
    with transaction.atomic():
        append(stream="sample.facts", facts=[{"n": n} for n in range(first, first + 10)], known_at=at)
    if first == 0:
        flush(stream="sample.facts", at=at)
"""
COUNT = """
from dajing.kernel.web.start import start
start()
from dajing.kernel.identity.models import Person
from dajing.kernel.series.api import declare
from dajing.kernel.catalog.api import relation
from dajing.kernel.series.flushing import flush
from datetime import UTC, datetime
declare(stream="sample.facts", columns={"n": "int64"})
numbers = lambda: sorted(relation(stream="sample.facts").to_pyarrow().column("n").to_pylist())
before = numbers()
flush(stream="sample.facts", at=datetime(2026, 3, 2, tzinfo=UTC))
print(Person.objects.get().name, before == numbers() == list(range(20)))
"""


def dajing(data, *arguments, code=None):
    command = [sys.executable, *(("-c", code) if code else ("-m", "dajing", *arguments))]
    environment = {**os.environ, "DAJING_DATA": str(data)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    data = tmp_path_factory.mktemp("city") / "data"
    data.mkdir()
    (data / "kind").write_text("synthetic\n")
    (data / "uploads").mkdir()
    (data / "uploads" / "报表.xlsx").write_bytes(b"the department's own file")
    done = dajing(data, code=FILL)
    assert done.returncode == 0, done.stderr
    return data


@pytest.fixture(scope="module")
def saved(city, tmp_path_factory):
    target = tmp_path_factory.mktemp("saved") / "city.tar.gz"
    done = dajing(city, "backup", "--to", str(target))
    assert done.returncode == 0, done.stderr
    return target


def test_a_restored_city_has_the_same_rows_history_files_and_keys_and_goes_on_working(city, saved, tmp_path):
    moved = tmp_path / "somewhere" / "else"
    moved.parent.mkdir()
    done = dajing(moved, "restore", "--from", str(saved), "--data", str(moved))
    assert done.returncode == 0, done.stderr
    assert (moved / "uploads" / "报表.xlsx").read_bytes() == b"the department's own file"
    assert (moved / "secret.key").read_text() == (city / "secret.key").read_text()
    before, after = (json.loads(dajing(d, "ledger", "verify", "--json").stdout) for d in (city, moved))
    assert before["size"] >= 3
    assert after["findings"] == []
    assert (after["size"], after["root"]) == (before["size"], before["root"])
    city.rename(city.with_name("gone"))  # so that nothing can be read from the old place
    try:
        assert dajing(moved, code=COUNT).stdout.strip() == "李四 True"
    finally:
        city.with_name("gone").rename(city)


def test_a_backup_lists_every_file_with_its_digest_and_is_readable_by_its_owner_alone(saved):
    assert saved.stat().st_mode & 0o077 == 0
    with tarfile.open(saved) as tar:
        manifest = msgspec.json.decode(tar.extractfile(MANIFEST).read(), type=Manifest)
        names = set(tar.getnames()) - {MANIFEST}
    assert set(manifest.files) == names
    assert {"rows.db", "catalog.db", "secret.key", "kind", "uploads/报表.xlsx"} <= names
    assert not [name for name in names if name.endswith((".lock", "-wal", "-shm"))]


def test_a_backup_whose_ledger_was_forged_does_not_become_a_city(saved, tmp_path):
    unpack(source=saved, target=tmp_path / "open")
    rows = dbapi2.connect(str(tmp_path / "open" / "rows.db"))
    rows.execute("UPDATE ledger_entry SET subject = 'sample:9' WHERE subject = 'sample:1'")
    rows.commit()
    rows.close()
    with pytest.raises(ValueError, match="1"):
        verify_ledger(data=tmp_path / "open")


def test_restore_refuses_a_directory_that_holds_anything(saved, tmp_path):
    (tmp_path / "precious").write_text("x")
    with pytest.raises(UnableToRestore, match="不是空目录"):
        restore(source=saved, data=tmp_path)
    assert (tmp_path / "precious").read_text() == "x"


def test_a_damaged_backup_is_refused_and_leaves_nothing(saved, tmp_path):
    body = bytearray(saved.read_bytes())
    short = tmp_path / "short.tar.gz"
    short.write_bytes(body[: len(body) // 2])
    with pytest.raises(UnableToRestore, match="已损坏"):
        restore(source=short, data=tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["short.tar.gz"]


def test_a_file_that_was_changed_inside_the_backup_is_noticed(saved, tmp_path):
    unpack(source=saved, target=tmp_path / "open")
    forged = tmp_path / "forged.tar.gz"
    (tmp_path / "open" / "kind").write_text("real\n")
    with tarfile.open(saved) as old, tarfile.open(forged, "w:gz") as new:
        for path in (tmp_path / "open").rglob("*"):
            new.add(path, arcname=str(path.relative_to(tmp_path / "open")), recursive=False)
        new.addfile(old.getmember(MANIFEST), old.extractfile(MANIFEST))
    with pytest.raises(UnableToRestore, match="kind 的校验和不符"):
        restore(source=forged, data=tmp_path / "new")


def test_a_member_that_points_outside_is_refused(tmp_path):
    evil = tmp_path / "evil.tar.gz"
    (tmp_path / "x").write_text("x")
    with tarfile.open(evil, "w:gz") as tar:
        tar.add(tmp_path / "x", arcname="../../escaped")
    with pytest.raises(UnableToRestore, match="已损坏"):
        restore(source=evil, data=tmp_path / "new")
    assert not (tmp_path.parent / "escaped").exists()


def test_a_backup_never_overwrites(city, saved):
    before = saved.read_bytes()
    with pytest.raises(UnableToBackUp, match="已存在"):
        back_up(settings=Settings(data=city), target=saved, at=AT)
    assert saved.read_bytes() == before


def test_rows_on_postgresql_are_not_pretended_to_be_saved(city, tmp_path):
    with pytest.raises(UnableToBackUp, match="pg_dump"):
        back_up(settings=Settings(data=city, rows="postgresql:///x"), target=tmp_path / "b", at=AT)


def test_a_database_is_copied_whole_while_somebody_writes_to_it(tmp_path):
    live = dbapi2.connect(str(tmp_path / "live.db"), isolation_level=None)
    live.execute("PRAGMA journal_mode=WAL")
    live.execute("CREATE TABLE pair(a, b)")
    live.execute("INSERT INTO pair VALUES (1, 1)")
    live.execute("BEGIN IMMEDIATE")
    live.execute("UPDATE pair SET a = 2")
    copy_database(source=tmp_path / "live.db", target=tmp_path / "copy.db")
    live.execute("UPDATE pair SET b = 2")
    live.execute("COMMIT")
    live.close()
    copied = dbapi2.connect(str(tmp_path / "copy.db"))
    assert copied.execute("SELECT a, b FROM pair").fetchall() == [(1, 1)]
    copied.close()
