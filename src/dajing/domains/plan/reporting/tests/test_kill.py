"""An upload killed at any step: what was acknowledged is there, what was not has left nothing half-done."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import msgspec
import pytest

from dajing.kernel.settings import REPOSITORY

pytestmark = pytest.mark.fault

PRELUDE = """
import os, signal, sys
from datetime import UTC, datetime
import msgspec
from dajing.kernel.web.start import start
start()
from dajing.domains.plan.loading import plan as load_plan
from dajing.domains.plan.models import Report, ReportAct, ReportValue, Upload
from dajing.domains.plan.reporting import service, uploading
from dajing.domains.plan.reporting.scope import fields_of, units_in
from dajing.kernel.identity.actor import Actor
from dajing.kernel.ledger.models import Entry
PLAN = load_plan()
AT = datetime(2021, 2, 1, tzinfo=UTC)
BY = Actor(id="person:1", name="filler", department="zjk-spj", post="p", areas=frozenset({"130700"}),
           roles=frozenset({"plan.fill"}))
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
def body(number, period):
    fields = list(fields_of(plan=PLAN, form="government").values())
    lines = [f"{period}政务服务月报", ",".join(["区县", *(f.title.zh for f in fields)])]
    for name in units_in(period="2020-06").values():
        lines.append(",".join([name.zh, *(str(number if f.part_of is None else number // 2) for f in fields)]))
    return "\\n".join(lines).encode()
def send(number, period="2020年6月"):
    given = {"plan": PLAN, "form": "government", "scope": PLAN.area, "name": "f.csv", "by": BY, "at": AT}
    return uploading.accept(body=body(number, period), **given)
def state():
    reports = {r.period: r for r in Report.objects.all()}
    held = {p: sorted(set(ReportValue.objects.filter(report=r).values_list("number", flat=True)))
            for p, r in reports.items()}
    return {
        "figures": held,
        "counts": [ReportValue.objects.filter(report=r).count() for r in reports.values()],
        "fills": [ReportAct.objects.filter(report=r, verb="fill").count() for r in reports.values()],
        "versions": [r.version for r in reports.values()],
        "uploads": sorted(Upload.objects.values_list("sha256", "outcome")),
        "ledger": [Entry.objects.filter(act=a).count() for a in ("plan.report.fill", "plan.upload.accepted")],
    }
"""
DEATHS = {
    "before the original is in place": "import pathlib; pathlib.Path.replace = die",
    "after the original, before anything is read": "uploading.preview = die",
    "between the report and its figures": "service._advance = die",
    "between the figures and their act": "service._log = die",
    "between the act and the upload's row": "uploading._kept = die",
}


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


SAY = "\nprint(msgspec.json.encode(state()).decode())"


def test_an_upload_killed_at_any_step_leaves_the_draft_before_it_and_succeeds_when_sent_again(installation, tmp_path):
    before = told(installation("send(100)" + SAY))
    assert before["figures"] == {"2020-06": [50.0, 100.0]}
    last = "none"
    for name, death in DEATHS.items():
        killed = installation(f"{SAY}\nsys.stdout.flush()\n{death}\nsend(200)")
        output, errors = killed.communicate(timeout=120)
        assert killed.returncode == -signal.SIGKILL, errors
        assert msgspec.json.decode(output) == before, f"after: {last}"
        last = name
    after = told(installation("send(200)" + SAY))
    assert after["figures"] == {"2020-06": [100.0, 200.0]}
    assert (after["counts"], after["fills"], after["ledger"]) == ([76], [2], [2, 2])


@pytest.mark.parametrize("seed", range(2))
def test_uploads_killed_at_any_moment_lose_nothing_acknowledged(installation, tmp_path, seed):
    code = """
for year in range(2016, 2021):
    for month in range(1, 13):
        number = (year - 2015) * 100 + month
        receipt = send(number, f"{year}年{month}月")
        print(receipt.report.period, receipt.upload.sha256, number, flush=True)
"""
    process = installation(code)
    first = process.stdout.readline()
    time.sleep(random.Random(seed).uniform(0, 0.6))
    process.send_signal(signal.SIGKILL)
    rest, _ = process.communicate(timeout=60)
    acknowledged = [line.split() for line in (first + rest).splitlines() if len(line.split()) == 3]
    assert acknowledged
    found = told(installation(SAY))
    for period, sha256, number in acknowledged:
        assert found["figures"][period] == [float(int(number) // 2), float(number)]
        assert [sha256, "accepted"] in found["uploads"]
        original = tmp_path / "objects" / sha256[:2] / sha256
        assert hashlib.sha256(original.read_bytes()).hexdigest() == sha256
    assert set(found["counts"]) == {76}
    assert set(found["fills"]) == set(found["versions"]) == {1}
    assert found["ledger"] == [len(found["counts"])] * 2
    assert len(acknowledged) <= len(found["counts"]) <= len(acknowledged) + 1


def test_an_upload_on_a_full_disk_is_refused_and_leaves_nothing(installation, tmp_path):
    before = told(installation("send(100)" + SAY))
    largest = max(path.stat().st_size for path in tmp_path.glob("*.db*"))
    code = f"""
import resource
from dajing.kernel.web.full_disk import is_full
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({largest}, {largest}))
try:
    for number in range(200, 260):
        send(number, "2020年7月")
except Exception as error:
    assert is_full(error), repr(error)
else:
    raise SystemExit("the disk was not full")
"""
    full = installation(code)
    _, errors = full.communicate(timeout=120)
    assert full.returncode == 0, errors
    after = told(installation(SAY))
    assert after["figures"]["2020-06"] == before["figures"]["2020-06"]
    assert set(after["counts"]) == {76}
    assert after["fills"] == after["versions"], "a figure stands without its act"
    again = told(installation('send(300, "2020年7月")' + SAY))
    assert again["figures"]["2020-07"] == [150.0, 300.0]
