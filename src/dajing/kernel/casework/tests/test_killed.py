"""A centre killed in the middle of any act: the act is there whole or not at all, and sending it again completes it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import msgspec
import pytest

from dajing.kernel.settings import REPOSITORY

pytestmark = pytest.mark.fault

PRELUDE = """
import os, signal
from dajing.kernel.web.start import start
start()
from datetime import timedelta
from dajing.kernel.bus.models import Event
from dajing.kernel.casework import handing, service, store, ticking
from dajing.kernel.casework.events import Assignment
from dajing.kernel.casework.models import Case, CaseEvent, ClockRow, QueueRow
from dajing.kernel.casework.tests.orders import AT, CHIEF, KIND, OTHER, WORKER
from dajing.kernel.ledger.models import Entry
from dajing.kernel.series.models import Batch
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
def once(verb):
    row = Case.objects.first()
    seq = row.seq if row else 0
    hour = {"case": row.pk if row else "", "at": AT + timedelta(hours=seq), "seq": seq, "key": f"{verb}-{seq}"}
    if verb == "open":
        return service.open_case(kind=KIND, title="修井盖", area="130702", to=Assignment(department="water"), by=CHIEF,
                                 at=AT, key="open")
    if verb == "tick":
        return ticking.tick(at=AT + timedelta(days=30))
    built_in = {
        "hand_back": lambda: handing.hand_back(**hour, by=WORKER, reason="非本部门", proposal="roads"),
        "assign": lambda: handing.assign(**hour, by=CHIEF, to=Assignment(department="water")),
        "suspend": lambda: handing.suspend(**hour, by=CHIEF, reason="expert", document="文1"),
        "resume": lambda: handing.resume(**hour, by=CHIEF),
        "supervise": lambda: handing.supervise(**hour, by=CHIEF, words="抓紧"),
        "note": lambda: handing.note(**hour, by=WORKER, words="在办", evidence=()),
    }
    if verb in built_in:
        return built_in[verb]()
    by = WORKER if verb == "report" else OTHER
    return service.act(**hour, verb=verb, by=by, reason="x", evidence={"photo": "a"} if verb == "report" else {})
def counts():
    return [m.objects.count() for m in (CaseEvent, Entry, Event, Batch, Case, QueueRow, ClockRow)] + store.differing()
def say():
    import msgspec
    print(msgspec.json.encode(counts()).decode())
"""
# Where the process dies: before the log line, before the rows, the ledger, the event, the fact, the commit.
DEATHS = (
    "service.apply = die",
    "store.write = die",
    "service.record = die",
    "service.publish = die",
    "service.append = die",
    "from django.db.backends.base.base import BaseDatabaseWrapper as W; W._commit = die",
)
TICKS = (
    "ticking._turn = die",
    "ticking.publish_many = die",
    "from django.db.backends.base.base import BaseDatabaseWrapper as W; W._commit = die",
)
ACTS = ("open", "hand_back", "assign", "suspend", "resume", "supervise", "note", "report", "verify", "reopen", "tick")
FEW = ("open", "hand_back", "tick")


@pytest.fixture
def installation(tmp_path, migrated):
    environment = os.environ | {"DAJING_DATA": str(tmp_path), "PYTHONPATH": str(REPOSITORY / "src"), "DAJING_ROWS": ""}

    def python(code):
        command = [sys.executable, "-c", PRELUDE + code]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    shutil.copytree(migrated, tmp_path, dirs_exist_ok=True)
    return python


def told(process):
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return msgspec.json.decode(output.splitlines()[-1])


@pytest.mark.parametrize("acts", [FEW, pytest.param(ACTS, marks=pytest.mark.long)], ids=["a few", "all"])
def test_a_kill_anywhere_in_any_act_leaves_it_whole_or_undone(installation, acts):
    before = told(installation("say()"))
    for verb in acts:
        deaths = TICKS if verb == "tick" else DEATHS
        # One process per act forks a child for each death, so that Django starts once.
        code = f"""
from django.db import connection
for death in {deaths!r}:
    connection.close()
    child = os.fork()
    if child == 0:
        exec(death)
        once({verb!r})
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, (death, status)
    assert counts() == {before!r}, (death, counts())
once({verb!r})
after = counts()
assert after != {before!r}
assert all(isinstance(n, int) for n in after), after
if {verb!r} == "open":
    once("open")
    assert counts() == after
say()
"""
        before = told(installation(code))
