"""A register's loading and a run of coverage, killed at a write: whole or not there, and the same work goes through."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import msgspec
import pytest

from dajing.domains.network.tests.test_coverage import FILES
from dajing.kernel.settings import REPOSITORY

pytestmark = pytest.mark.fault

CODE = """
import hashlib, os, signal, sys
from datetime import UTC, date, datetime
import msgspec
from dajing.kernel.web.start import start
start()
from django.db import connection
from dajing.domains.network.connectors.registers import rows_of
from dajing.domains.network.coverage import service
from dajing.domains.network.models import Load, Loss, Result, Run, Version
from dajing.domains.network.register.service import load
from dajing.kernel.identity.actor import system
from dajing.kernel.ledger.models import Entry
AT, ON, BY = datetime(2020, 5, 1, tzinfo=UTC), date(2020, 4, 30), system("test")
FILES, writes, fatal = msgspec.json.decode(sys.argv[1]), 0, int(sys.argv[2])
def count(execute, sql, params, many, context):
    global writes
    done = execute(sql, params, many, context)
    if sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
        writes += 1
        if writes == fatal:
            os.kill(os.getpid(), signal.SIGKILL)
    return done
def work():
    for register, text in FILES.items():
        body = text.format(x=114.885, y=40.768).encode()
        if not Load.objects.filter(register=register).exists():
            rows = rows_of(register=register, name="f.csv", body=body)
            load(register=register, name="f.csv", body=body, rows=rows, by=BY, at=AT)
    service.work(run=service.begin(on=ON, known_at=AT, by=BY, at=AT), by=BY, at=AT, seen=lambda done, total: None)
if fatal >= 0:
    with connection.execute_wrapper(count):
        work()
held = {register: Version.objects.filter(register=register).count() for register in FILES}
listed = Result.objects.order_by("service", "operator", "level").values_list("body", flat=True)
print(msgspec.json.encode({
    "held": held, "loads": {load.register: load.rows for load in Load.objects.all()},
    "runs": Run.objects.count(), "finished": Run.objects.exclude(finished_at=None).count(),
    "results": len(listed), "digest": hashlib.sha256(b"".join(map(bytes, listed))).hexdigest(),
    "losses": Loss.objects.count(), "acts": sorted(Entry.objects.values_list("act", flat=True)), "writes": writes,
}).decode())
"""


@pytest.mark.parametrize("step", [29, pytest.param(1, marks=pytest.mark.long)])
def test_a_kill_leaves_registers_and_results_whole_or_not_there_and_the_work_goes_on(tmp_path, migrated, step):
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "src"), "DAJING_ROWS": ""}

    def python(folder, fatal):
        command = [sys.executable, "-c", CODE, msgspec.json.encode(FILES).decode(), str(fatal)]
        return subprocess.run(command, env=environment | {"DAJING_DATA": str(folder)}, capture_output=True, text=True)

    for name in ("killed", "quiet"):
        shutil.copytree(migrated, tmp_path / name)
    whole = msgspec.json.decode((quiet := python(tmp_path / "quiet", 0)).stdout or quiet.stderr)
    assert whole["finished"] == 1 and whole["results"] > 10 and len(whole["acts"]) == len(FILES) + 1
    fatal, kills = step // 2 + 1, 0
    while (killed := python(tmp_path / "killed", fatal)).returncode == -9:
        fatal, kills = fatal + step, kills + 1
        seen = msgspec.json.decode(python(tmp_path / "killed", -1).stdout)
        for register, rows in seen["held"].items():
            assert rows == seen["loads"].get(register, 0), (fatal, register)
        assert seen["results"] in (0, whole["results"]) and (seen["results"] > 0) == (seen["finished"] == 1), fatal
    assert killed.returncode == 0, killed.stderr
    assert kills >= (8 if step == 1 else 1)  # what was whole before a kill is not done again
    after = msgspec.json.decode(killed.stdout)
    assert after | {"writes": 0} == whole | {"writes": 0}
