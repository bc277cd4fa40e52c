from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from dajing.domains.plan.models.reporting import Objection, Report, ReportAct, ReportValue
from dajing.domains.plan.reporting import service
from dajing.domains.plan.reporting.refusals import (
    ChangedMeanwhile,
    FormUnknown,
    KeyUsedElsewhere,
    LockedAlready,
    NothingToRevise,
    NotYourReport,
    ReportRefused,
    UnableToAct,
    UnableToObject,
)
from dajing.domains.plan.reporting.rules import Value
from dajing.domains.plan.reporting.tests.conftest import AT, figures
from dajing.kernel.bus.models import Event
from dajing.kernel.catalog.api import relation
from dajing.kernel.ledger.models import Entry

pytestmark = [pytest.mark.store_both, pytest.mark.django_db(transaction=True)]

DAY = timedelta(days=1)


def opened(plan, people, **values):
    given = {"form": "government", "scope": plan.area, "period": "2018-06", "by": people.filler, "at": AT} | values
    return service.open_report(plan=plan, **given)


def step(report, verb, by, at=AT, **values):
    key = values.pop("key", f"{report.pk}-{report.version}-{verb}")
    return service.act(report=report, verb=verb, by=by, at=at, version=report.version, key=key, **values)


def filled(plan, people, number=100.0, at=AT, report=None, **values):
    report = report or opened(plan, people, at=at, **values)
    return service.fill(
        report=report, values=figures(plan, number=number, period=report.period), by=people.filler, at=at,
        version=report.version, key=f"fill-{report.pk}-{report.version}",
    )  # fmt: skip


def locked(plan, people, at=AT, **values):
    report = filled(plan, people, at=at, **values)
    for verb, by in (
        ("submit", people.filler), ("review", people.reviewer), ("sign", people.signer), ("lock", people.keeper),
    ):  # fmt: skip
        report = step(report, verb, by, at=at)
    return report


def facts(as_of=None):
    return relation(stream="plan.reports", as_of=as_of).to_pyarrow().to_pylist()


def test_a_report_is_filled_reviewed_signed_and_locked_by_different_people(plan, people):
    report = locked(plan, people)
    assert report.state == "locked"
    acts = list(report.acts.order_by("version").values_list("verb", "by"))
    assert acts == [
        ("fill", "person:1"),
        ("submit", "person:1"),
        ("review", "person:2"),
        ("sign", "person:3"),
        ("lock", "person:4"),
    ]
    assert Entry.objects.filter(act__startswith="plan.report.").count() == 5


def test_only_the_lock_makes_facts_and_says_so_on_the_bus(plan, people):
    report = filled(plan, people)
    assert facts() == []
    for verb, by in (("submit", people.filler), ("review", people.reviewer), ("sign", people.signer)):
        report = step(report, verb, by)
    assert facts() == []
    step(report, "lock", people.keeper)
    rows = facts()
    assert len(rows) == 4 * 19
    assert {r["kind"] for r in rows} == {"synthetic"}
    assert Event.objects.filter(topic="plan.locked").count() == 1


@pytest.mark.parametrize(
    ("verb", "states"),
    [("review", ()), ("sign", ("submit",)), ("lock", ("submit", "review")), ("submit", ("submit",))],
)
def test_no_step_can_be_skipped_or_repeated(plan, people, verb, states):
    report = filled(plan, people)
    by = {"submit": people.filler, "review": people.reviewer, "sign": people.signer, "lock": people.keeper}
    for earlier in states:
        report = step(report, earlier, by[earlier])
    with pytest.raises(UnableToAct):
        step(report, verb, by[verb])


def test_who_filled_cannot_review_and_who_reviewed_cannot_sign(plan, people):
    report = service.fill(
        report=opened(plan, people), values=figures(plan), by=people.all_in_one, at=AT, version=0, key="f"
    )
    report = step(report, "submit", people.all_in_one)
    with pytest.raises(UnableToAct, match="不同的人"):
        step(report, "review", people.all_in_one)
    report = step(report, "review", people.reviewer)
    with pytest.raises(UnableToAct, match="不同的人"):
        step(report, "sign", people.all_in_one)


def test_a_report_is_returned_with_a_reason_mended_and_goes_on(plan, people):
    report = step(filled(plan, people), "submit", people.filler)
    with pytest.raises(UnableToAct, match="理由"):
        step(report, "return", people.reviewer)
    report = step(report, "return", people.reviewer, text="蔚县的数与上月相同，请核对")
    assert report.state == "returned"
    report = filled(plan, people, number=120.0, report=report)
    assert step(report, "submit", people.filler).state == "submitted"
    assert ReportValue.objects.filter(report=report, number=120.0).exists()


def test_a_report_by_the_wrong_department_changes_nothing(plan, people):
    with pytest.raises(NotYourReport, match="zjk-spj"):
        opened(plan, people, by=people.other)
    report = filled(plan, people)
    with pytest.raises(NotYourReport):
        step(report, "submit", people.other)
    assert Report.objects.get().state == "draft"
    assert ReportAct.objects.count() == 1


def test_a_county_office_reports_its_own_unit_and_no_other(plan, people):
    report = opened(plan, people, scope="130726", by=people.county)
    values = figures(plan, scope="130726")
    service.fill(report=report, values=values, by=people.county, at=AT, version=0, key="c")
    with pytest.raises(NotYourReport):
        opened(plan, people, scope="130722", by=people.county)


def test_bad_figures_are_refused_together_and_the_draft_stays_as_it_was(plan, people):
    report = filled(plan, people)
    bad = [
        Value(field="items_total", area="130726", number=-3, row=7, column="C"),
        Value(field="items_online", area="130729", number=3, row=8, column="D"),
        Value(field="nonsense", area="130726", number=1, row=9, column="E"),
    ]
    with pytest.raises(ReportRefused) as refusal:
        service.fill(report=report, values=bad, by=people.filler, at=AT, version=report.version, key="bad")
    assert [f.row for f in refusal.value.faults] == [7, 8, 9]
    assert "130708" in refusal.value.faults[1].cure.zh  # 万全县 became 万全区 in 2016
    assert ReportValue.objects.filter(report=report).count() == 4 * 19


def test_a_retired_code_is_good_for_the_time_when_it_held(plan, people):
    then = datetime(2015, 7, 5, tzinfo=UTC)
    report = opened(plan, people, period="2015-06", at=then)
    value = Value(field="items_total", area="130729", number=300)
    service.fill(report=report, values=[value], by=people.filler, at=then, version=0, key="2015")
    assert ReportValue.objects.get(report=report).area == "130729"


@pytest.mark.parametrize("period", ["2018-07", "2019-01"])
def test_a_period_that_has_not_ended_is_refused(plan, people, period):
    with pytest.raises(ReportRefused, match="期末"):
        opened(plan, people, period=period)
    assert not Report.objects.exists()


def test_an_unknown_form_is_named_with_those_that_there_are(plan, people):
    with pytest.raises(FormUnknown, match="communications"):
        opened(plan, people, form="weather")


def test_the_same_request_sent_twice_is_one_act(plan, people):
    report = filled(plan, people)
    once = step(report, "submit", people.filler, key="button-1")
    again = service.act(report=report, verb="submit", by=people.filler, at=AT, version=report.version, key="button-1")
    assert once.pk == again.pk
    assert ReportAct.objects.filter(verb="submit").count() == 1


def test_a_key_that_stands_for_another_act_is_refused_and_nothing_is_lost_silently(plan, people):
    step(filled(plan, people), "submit", people.filler, key="1")
    other = filled(plan, people, period="2018-05")
    with pytest.raises(KeyUsedElsewhere):
        step(other, "submit", people.filler, key="1")
    with pytest.raises(KeyUsedElsewhere):
        service.fill(report=other, values=figures(plan, number=8), by=people.filler, at=AT, version=1, key="1")
    assert Report.objects.get(pk=other.pk).state == "draft"
    assert not ReportValue.objects.filter(report=other, number=8).exists()


def test_who_typed_the_figures_cannot_review_or_sign_what_another_submitted(plan, people):
    typed = service.fill(
        report=opened(plan, people), values=figures(plan), by=people.all_in_one, at=AT, version=0, key="f"
    )
    report = step(typed, "submit", people.filler)
    with pytest.raises(UnableToAct, match="不同的人"):
        step(report, "review", people.all_in_one)
    report = step(report, "review", people.reviewer)
    with pytest.raises(UnableToAct, match="不同的人"):
        step(report, "sign", people.all_in_one)


def test_of_two_people_at_once_one_acts_and_the_other_is_told(plan, people):
    report = step(filled(plan, people), "submit", people.filler)
    stale = Report.objects.get(pk=report.pk)
    step(report, "review", people.reviewer)
    with pytest.raises(ChangedMeanwhile):
        service.act(report=stale, verb="review", by=people.reviewer, at=AT, version=stale.version, key="late")


def test_two_threads_that_review_at_once_leave_one_review(plan, people):
    report = step(filled(plan, people), "submit", people.filler)
    outcomes = []

    def review(name):
        try:
            mine = Report.objects.get(pk=report.pk)
            outcomes.append(step(mine, "review", people.reviewer, key=name).state)
        except (ChangedMeanwhile, UnableToAct) as refusal:
            outcomes.append(type(refusal).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=review, args=(f"t{n}",)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("reviewed") == 1
    assert ReportAct.objects.filter(verb="review").count() == 1


def test_a_revision_stands_beside_the_old_figures_and_the_past_answers_as_before(plan, people):
    first = locked(plan, people)
    with pytest.raises(LockedAlready):
        opened(plan, people)
    later = AT + 30 * DAY
    with pytest.raises(NothingToRevise):
        service.revise(report=first, reason=" ", by=people.filler, at=later, key="r0")
    second = service.revise(report=first, reason="漏报一个乡镇", by=people.filler, at=later, key="r1")
    assert (second.revision, second.state) == (2, "draft")
    assert ReportValue.objects.filter(report=second).count() == 4 * 19
    values = [v for v in figures(plan, number=140.0) if v.area != "130722"]
    second = service.fill(report=second, values=values, by=people.filler, at=later, version=1, key="r2")
    for verb, by in (
        ("submit", people.filler), ("review", people.reviewer), ("sign", people.signer), ("lock", people.keeper),
    ):  # fmt: skip
        second = step(second, verb, by, at=later)
    assert ReportValue.objects.filter(report=first, number=100.0).exists()
    then = {(r["field"], r["area"]): r["value"] for r in facts(as_of=AT + DAY)}
    assert then[("items_total", "130722")] == 100.0
    withdrawn = [r for r in facts() if r["revision"] == 2 and r["area"] == "130722"]
    assert len(withdrawn) == 4
    assert {r["value"] for r in withdrawn} == {None}


def test_only_one_revision_is_open_at_a_time(plan, people):
    report = locked(plan, people)
    service.revise(report=report, reason="更正", by=people.filler, at=AT, key="a")
    with pytest.raises(ChangedMeanwhile):
        service.revise(report=report, reason="更正", by=people.filler, at=AT, key="b")


def test_a_county_objects_to_its_own_figure_and_the_objection_stays_after_the_answer(plan, people):
    given = {"plan": plan, "field": "items_total", "period": "2018-06", "text": "我县实为 120 项", "at": AT}
    row = service.object_to(area="130726", by=people.county, **given)
    for wrong in ({"area": "130722", "by": people.county}, {"area": "130726", "by": people.filler}):
        with pytest.raises(UnableToObject):
            service.object_to(**(given | wrong))
    service.answer_objection(objection=row, answer="按目录口径核定为 100 项", by=people.keeper, at=AT + DAY)
    with pytest.raises(UnableToObject):
        service.answer_objection(objection=row, answer="再答", by=people.keeper, at=AT + DAY)
    kept = Objection.objects.get()
    assert (kept.text, kept.answer) == ("我县实为 120 项", "按目录口径核定为 100 项")


def test_a_late_note_and_a_reminder_are_kept_with_their_author(plan, people):
    report = opened(plan, people)
    service.note_lateness(report=report, text="系统停机两日", by=people.filler, at=AT, key="late")
    assert report.acts.get(verb="late").text == "系统停机两日"
    service.remind(plan=plan, form="government", scope=plan.area, period="2018-06", by=people.keeper, at=AT)
    with pytest.raises(UnableToAct):
        service.remind(plan=plan, form="government", scope=plan.area, period="2018-06", by=people.filler, at=AT)
    assert Event.objects.filter(topic="plan.reminded").count() == 1
