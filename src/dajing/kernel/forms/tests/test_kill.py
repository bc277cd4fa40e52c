"""A form whose sending is killed at any write: all of it is there, or none of it, and the same request goes through."""

from __future__ import annotations

import os
import subprocess
import sys

import msgspec
import pytest

from dajing.kernel.settings import REPOSITORY

pytestmark = pytest.mark.fault

CODE = """
import os, signal, sys
from datetime import UTC, datetime
import msgspec
from dajing.kernel.web.start import start
start()
from django.db import connection
from dajing.kernel.casework.models import Case, CaseEvent
from dajing.kernel.bus.models import Event
from dajing.kernel.forms import attachments, service
from dajing.kernel.forms.definition import forms
from dajing.kernel.forms.models import Attachment, Draft, Submission
from dajing.kernel.identity.actor import Actor
from dajing.kernel.ledger.models import Entry
AT = datetime(2018, 6, 4, 2, tzinfo=UTC)
BY = Actor(id="person:1", name="a", department="zjk-gxj", post="p", roles=frozenset({"plan.fill"}))
ANSWERS = {"title": "网上可办率", "department": "zjk-spj", "sort": "other", "words": "请说明口径，谢谢各位同事"}
FORM, writes, fatal = forms()["data_problem"], 0, int(sys.argv[1])
def count(execute, sql, params, many, context):
    global writes
    done = execute(sql, params, many, context)
    if sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
        writes += 1
        if writes == fatal:
            os.kill(os.getpid(), signal.SIGKILL)
    return done
draft = Draft.objects.first()
if draft is None and not Submission.objects.exists():
    draft = service.begin(form=FORM, answers=ANSWERS, by=BY, at=AT)
    pdf = b"%PDF-1.4\\ntrailer<<>>\\n%%EOF\\n"
    attachments.keep(body=pdf, name="a.pdf", owner=f"draft:{draft.pk}", by=BY, at=AT, field="evidence")
if fatal >= 0:
    with connection.execute_wrapper(count):
        service.send(form=FORM, answers=ANSWERS, by=BY, at=AT, key="k", draft=draft)
print(msgspec.json.encode({
    "sent": Submission.objects.count(), "cases": Case.objects.count(), "events": CaseEvent.objects.count(),
    "drafts": Draft.objects.count(),
    "files": [owner.split(":")[0] for owner in Attachment.objects.values_list("owner", flat=True)],
    "ledger": Entry.objects.filter(act__in=("forms.form.sent", "casework.case.open")).count(),
    "published": Event.objects.filter(topic__in=("forms.sent", "casework.acted")).count(), "writes": writes,
}).decode())
"""
NOTHING = {"sent": 0, "cases": 0, "events": 0, "drafts": 1, "files": ["draft"], "ledger": 0, "published": 0}
ALL = {"sent": 1, "cases": 1, "events": 1, "drafts": 0, "files": ["case"], "ledger": 2, "published": 2}


@pytest.mark.parametrize("step", [15, pytest.param(1, marks=pytest.mark.long)])
def test_sending_killed_after_a_write_leaves_nothing_and_then_goes_through(tmp_path, step):
    environment = os.environ | {"DAJING_DATA": str(tmp_path), "PYTHONPATH": str(REPOSITORY / "src"), "DAJING_ROWS": ""}

    def python(*arguments):
        return subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True)

    made = python("-m", "dajing", "manage", "migrate", "--verbosity", "0")
    assert made.returncode == 0, made.stderr
    fatal = 1
    while (killed := python("-c", CODE, str(fatal))).returncode == -9:
        fatal += step
        seen = python("-c", CODE, "-1")
        assert msgspec.json.decode(seen.stdout) | {"writes": 0} == NOTHING | {"writes": 0}, (fatal, seen.stderr)
    assert killed.returncode == 0, killed.stderr
    assert fatal > 12  # there was something to kill
    assert msgspec.json.decode(killed.stdout) | {"writes": 0} == ALL | {"writes": 0}
