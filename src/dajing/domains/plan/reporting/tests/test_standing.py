from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from dajing.domains.plan.reporting import service
from dajing.domains.plan.reporting.contradicting import contradictions
from dajing.domains.plan.reporting.rules import Value
from dajing.domains.plan.reporting.standing import due_of, late, missing, overdue, owed
from dajing.domains.plan.reporting.tests.test_service import filled, locked, opened, step
from dajing.kernel.identity.loading import load

pytestmark = pytest.mark.django_db


def on(year, month, day, hour=4):
    return datetime(year, month, day, hour, tzinfo=UTC)


def of(listed, form="government", period="2018-06"):
    return next((o for o in listed if (o.form.id, o.period) == (form, period)), None)


def form(plan, id="government"):
    return next(f for f in plan.forms if f.id == id)


@pytest.mark.parametrize(
    ("period", "due"),
    [
        ("2018-06", date(2018, 7, 10)),  # a Tuesday
        ("2018-05", date(2018, 6, 11)),  # 10 June 2018 was a Sunday
        ("2018-09", date(2018, 10, 10)),  # after the week of National Day
        ("2017-01", date(2017, 2, 10)),  # the Spring Festival ended on 2 February
    ],
)
def test_a_report_is_due_ten_days_after_its_month_or_on_the_next_working_day(plan, period, due):
    assert due_of(form=form(plan), period=period).day == due


def test_a_report_is_missing_from_the_day_after_it_was_due(plan):
    assert of(missing(plan=plan, at=on(2018, 7, 10))) is None
    found = of(missing(plan=plan, at=on(2018, 7, 11)))
    assert (found.days, found.state, found.submitted) == (1, "none", None)


def test_a_late_report_stays_late_with_its_note_and_one_in_time_is_not_listed(plan, people):
    service.remind(
        plan=plan, form="government", scope=plan.area, period="2018-06", by=people.keeper, at=on(2018, 7, 11)
    )
    report = filled(plan, people, at=on(2018, 7, 13))
    report = service.note_lateness(report=report, text="系统停机", by=people.filler, at=on(2018, 7, 13), key="n")
    step(report, "submit", people.filler, at=on(2018, 7, 13))
    found = of(late(plan=plan, at=on(2018, 12, 1)))
    assert (found.days, found.note, found.reminders, found.state) == (3, "系统停机", 1, "submitted")
    locked(plan, people, at=on(2018, 6, 5), period="2018-05")
    assert of(late(plan=plan, at=on(2018, 12, 1)), period="2018-05") is None


def test_the_list_as_of_a_day_knows_nothing_of_what_came_after(plan, people):
    locked(plan, people, at=on(2018, 7, 20))
    assert of(missing(plan=plan, at=on(2018, 7, 15))).state == "none"
    assert of(missing(plan=plan, at=on(2018, 7, 21))) is None
    assert of(owed(plan=plan, at=on(2018, 7, 21))).locked == date(2018, 7, 20)


@pytest.mark.parametrize(
    ("verbs", "post"),
    [((), "zjk-spj-data"), (("submit",), "zjk-spj-review"), (("submit", "review"), "zjk-spj-sign"),
     (("submit", "review", "sign"), "zjk-gxj-plan")],
)  # fmt: skip
def test_the_weekly_list_names_whoever_owes_the_next_step(plan, people, verbs, post):
    load()
    report = filled(plan, people, at=on(2018, 7, 5))
    by = {"submit": people.filler, "review": people.reviewer, "sign": people.signer}
    for verb in verbs:
        report = step(report, verb, by[verb], at=on(2018, 7, 6))
    found = of(overdue(plan=plan, at=on(2018, 7, 16)))
    assert found.owner.post == post
    assert found.owner.name


def test_a_locked_report_is_not_on_the_weekly_list(plan, people):
    locked(plan, people, at=on(2018, 7, 5))
    assert of(overdue(plan=plan, at=on(2018, 7, 16))) is None


def test_a_figure_that_jumped_is_listed_with_both_values(plan, people):
    locked(plan, people, at=on(2018, 6, 5), period="2018-05", number=100.0)
    locked(plan, people, at=on(2018, 7, 5), period="2018-06", number=500.0)
    found = contradictions(plan=plan, at=on(2018, 8, 1), period="2018-06")
    jumps = {(c.field, c.one, c.other) for c in found if c.area == "130726"}
    assert jumps == {("items_total", 100.0, 500.0), ("items_online", 50.0, 250.0)}  # cases count from January anew
    assert contradictions(plan=plan, at=on(2018, 7, 1)) == []


def test_a_unit_that_says_otherwise_than_the_department_is_listed(plan, people):
    locked(plan, people, at=on(2018, 7, 5), number=100.0)
    report = opened(plan, people, scope="130726", by=people.county, at=on(2018, 7, 5))
    values = [Value(field="items_total", area="130726", number=120.0)]
    report = service.fill(report=report, values=values, by=people.county, at=on(2018, 7, 5), version=0, key="own")
    county = {role: _county(role) for role in ("plan.review", "plan.sign")}
    for verb, by in (
        ("submit", people.county), ("review", county["plan.review"]), ("sign", county["plan.sign"]),
        ("lock", people.keeper),
    ):  # fmt: skip
        report = step(report, verb, by, at=on(2018, 7, 6))
    found = contradictions(plan=plan, at=on(2018, 8, 1))
    assert [(c.kind, c.area, c.one, c.other) for c in found] == [("offices", "130726", 100.0, 120.0)]


def _county(role):
    from dajing.domains.plan.reporting.tests.conftest import actor

    return actor(100 + len(role), "unit-130726", role, area="130726")


def test_the_citys_own_figure_is_compared_with_what_its_units_give(plan, people):
    from dajing.domains.plan.reporting.scope import units_in
    from dajing.domains.plan.reporting.tests.conftest import actor

    def office(number, *roles):
        return actor(number, "zjk-gxj", *roles)

    by = office(11, "plan.fill")
    report = opened(plan, people, form="industry", period="2018-Q2", by=by)
    values = [Value(field="rd_tools_share_city", area=plan.area, number=65.0)]
    for unit in units_in(period="2018-Q2"):
        values += [
            Value(field="lm_enterprises", area=unit, number=10.0),
            Value(field="lm_enterprises_rd_tools", area=unit, number=5.0),
        ]
    report = service.fill(report=report, values=values, by=by, at=on(2018, 7, 5), version=0, key="industry")
    for verb, who in (
        ("submit", by), ("review", office(12, "plan.review")), ("sign", office(13, "plan.sign")),
        ("lock", people.keeper),
    ):  # fmt: skip
        report = step(report, verb, who, at=on(2018, 7, 6))
    found = contradictions(plan=plan, at=on(2018, 8, 1))
    assert [(c.kind, c.field, c.one, c.other) for c in found] == [("city", "rd_tools_share_city", 65.0, 50.0)]
