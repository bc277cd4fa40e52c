from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dajing.domains.plan.models.reporting import ColumnMapping, Report, ReportValue, Upload
from dajing.domains.plan.reporting import originals, uploading
from dajing.domains.plan.reporting.refusals import LockedAlready, NotYourReport, ReportRefused
from dajing.domains.plan.reporting.scope import fields_of, units_in
from dajing.domains.plan.reporting.tests.conftest import AT
from dajing.domains.plan.reporting.tests.test_service import step
from dajing.kernel.ledger.models import Entry
from dajing.kernel.settings import settings
from dajing.kernel.spreadsheet.files import FileUnreadable

pytestmark = [pytest.mark.store_both, pytest.mark.django_db(transaction=True)]


def csv_of(plan, period="2018年6月", encoding="gb18030", change=None, heading=None, form="government"):
    fields = list(fields_of(plan=plan, form=form).values())
    titles = [f.title.zh for f in fields]
    if heading:
        titles[1] = heading
    lines = [f"张家口市{period}政务服务月报", ",".join(["区县", *titles])]
    for n, name in enumerate(units_in(period="2018-06").values()):
        whole = 1000 + n
        cells = [str(whole if f.part_of is None else whole - 100) for f in fields]
        lines.append(",".join([name.zh, *cells]))
    text = "\r\n".join(lines)
    return (change(text) if change else text).encode(encoding)


def accepted(plan, people, body=None, **values):
    given = {"form": "government", "scope": plan.area, "name": "六月.csv", "by": people.filler, "at": AT} | values
    return uploading.accept(plan=plan, body=body or csv_of(plan), **given)


def refused(plan, people, body, error=ReportRefused, **values):
    with pytest.raises(error) as refusal:
        accepted(plan, people, body, **values)
    return refusal.value


def test_a_file_becomes_the_open_report_of_its_period_and_its_original_is_kept(plan, people):
    body = csv_of(plan)
    receipt = accepted(plan, people, body)
    assert (receipt.outcome, receipt.report.period, receipt.report.state) == ("accepted", "2018-06", "draft")
    assert ReportValue.objects.filter(report=receipt.report).count() == 4 * 19
    assert originals.original(digest=receipt.upload.sha256).read_bytes() == body
    assert Entry.objects.filter(act="plan.upload.accepted").count() == 1


def test_the_same_file_again_is_a_duplicate_before_and_after_the_lock(plan, people):
    first = accepted(plan, people)
    assert accepted(plan, people).outcome == "duplicate"
    report = first.report
    for verb, by in (
        ("submit", people.filler), ("review", people.reviewer), ("sign", people.signer), ("lock", people.keeper),
    ):  # fmt: skip
        report = step(report, verb, by)
    assert accepted(plan, people).outcome == "duplicate"
    assert Report.objects.count() == 1


def test_other_figures_for_a_locked_period_ask_for_a_revision(plan, people):
    report = accepted(plan, people).report
    for verb, by in (
        ("submit", people.filler), ("review", people.reviewer), ("sign", people.signer), ("lock", people.keeper),
    ):  # fmt: skip
        report = step(report, verb, by)
    refusal = refused(plan, people, csv_of(plan, change=lambda t: t.replace("1001", "1009")), LockedAlready)
    assert "发起修订" in refusal.message.zh
    assert Upload.objects.filter(outcome="refused").count() == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.replace("桥东区,1000", "桥东区,-1000"), "小于下限"),
        (lambda t: t.replace("桥东区,1000,900", "桥东区,1000,1900"), "大于"),
        (lambda t: t.replace("桥东区", "130721"), "已撤销"),
        (lambda t: t.replace("桥东区", "海淀区"), "不认识的区县"),
        (lambda t: t.replace("桥东区,1000", "桥东区,一千多"), "不是数字"),
        (lambda t: t.replace("2018年6月", "2018年9月"), "未到"),
        (lambda t: t.replace("2018年6月", ""), "没有写明期别"),
        (lambda t: t + "\r\n合计,5,5,5,5", "合计 5"),
        (lambda t: t + "\r\n蔚县,1,1,1,1", "重复填报"),
    ],
)
def test_a_bad_file_is_refused_whole_with_its_place_and_kept_as_refused(plan, people, change, words):
    body = csv_of(plan, change=change)
    refusal = refused(plan, people, body)
    assert any(words in f.message.zh for f in refusal.faults), [f.message.zh for f in refusal.faults]
    assert "六月.csv" in refusal.message.zh
    assert not ReportValue.objects.exists()
    kept = Upload.objects.get()
    assert (kept.outcome, len(kept.problems)) == ("refused", len(refusal.faults))
    assert originals.original(digest=kept.sha256).read_bytes() == body


def test_a_refused_file_leaves_an_earlier_draft_as_it_was(plan, people):
    accepted(plan, people)
    before = list(ReportValue.objects.order_by("pk").values())
    refused(plan, people, csv_of(plan, change=lambda t: t.replace("1001", "-1001")))
    assert list(ReportValue.objects.order_by("pk").values()) == before


def test_a_file_from_the_wrong_department_is_refused_and_kept(plan, people):
    refused(plan, people, csv_of(plan), NotYourReport, by=people.other)
    assert not Report.objects.exists()
    assert Upload.objects.get().outcome == "refused"


def test_a_file_over_the_limit_is_refused_without_being_kept(plan, people):
    body = b"x" * ((settings().upload_limit_mb << 20) + 1)
    refusal = refused(plan, people, body, FileUnreadable)
    assert "20 MB" in refusal.message.zh
    assert Upload.objects.get().sha256 == ""


def test_headings_explained_once_are_remembered_for_the_department(plan, people):
    body = csv_of(plan, heading="本局口径")
    refusal = refused(plan, people, body)
    assert "不认识的列“本局口径”" in refusal.faults[0].message.zh
    id_ = list(fields_of(plan=plan, form="government"))[1]
    accepted(plan, people, body, mapping={"本局口径": id_})
    assert ColumnMapping.objects.get().department == "zjk-spj"
    july = csv_of(plan, heading="本局口径", period="2018年7月")
    assert accepted(plan, people, july, at=datetime(2018, 8, 3, tzinfo=UTC)).outcome == "accepted"


def test_a_preview_changes_nothing(plan, people):
    found = uploading.preview(
        plan=plan, form="government", scope=plan.area, name="六月.csv", body=csv_of(plan), by=people.filler, at=AT
    )
    assert (found.period, found.missing, found.faults) == ("2018-06", 0, ())
    assert not Report.objects.exists()
    assert not Upload.objects.exists()


def test_a_file_that_was_only_shown_goes_after_some_hours():
    digest = originals.keep_shown(body=b"shown, never accepted")
    now = datetime.now(UTC)
    originals.forget_shown(at=now)
    assert originals.shown(digest=digest).exists()
    assert originals.forget_shown(at=now + timedelta(hours=4)) >= 1
    assert not originals.shown(digest=digest).exists()
