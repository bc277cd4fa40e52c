"""Which reports are owed, and which came in since the last visit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dajing.domains.plan.board.reports import locks, objections, owed
from dajing.domains.plan.loading import plan
from dajing.domains.plan.models import Objection, Report

pytestmark = pytest.mark.django_db
JULY = datetime(2018, 7, 20, tzinfo=UTC)


def locked(*, period: str, at: datetime) -> Report:
    return Report.objects.create(
        plan="zjk-135",
        form="communications",
        scope="130700",
        period=period,
        department="zjk-txb",
        state="locked",
        opened_at=at,
        locked_at=at,
    )


def due(*, at: datetime, as_of: datetime | None = None) -> set[str]:
    title = next(form.title for form in plan().forms if form.id == "communications")
    return {line.period for line in owed(plan=plan(), at=at, as_of=as_of) if line.form == title}


def test_a_report_is_owed_from_the_day_after_its_due_date_until_it_is_locked() -> None:
    # The monthly report is due ten days after the month's end: June's on 10 July.
    assert "2018-06" in due(at=datetime(2018, 7, 10, 16, 30, tzinfo=UTC))  # 11 July in the city
    assert "2018-06" not in due(at=datetime(2018, 7, 10, 3, 0, tzinfo=UTC))
    locked(period="2018-06", at=JULY)
    assert "2018-06" not in due(at=JULY)
    assert "2018-05" in due(at=JULY)


def test_what_was_owed_earlier_is_shown_as_it_was_known() -> None:
    locked(period="2018-05", at=JULY)
    assert "2018-05" in due(at=JULY, as_of=datetime(2018, 7, 1, tzinfo=UTC))
    assert "2018-05" not in due(at=JULY)


def test_nothing_is_owed_long_after_the_plan_for_periods_it_does_not_have() -> None:
    assert not {period for period in due(at=datetime(2026, 1, 1, tzinfo=UTC)) if period > "2020-12"}


def test_locks_since_the_last_visit_are_marked() -> None:
    locked(period="2018-05", at=JULY - timedelta(days=9))
    locked(period="2018-06", at=JULY)
    shown = locks(plan=plan(), as_of=None, since=JULY - timedelta(days=1))
    assert [(lock.period, lock.new) for lock in shown] == [("2018-06", True), ("2018-05", False)]
    assert len(locks(plan=plan(), as_of=JULY - timedelta(days=1), since=None)) == 1


def test_an_objection_stands_beside_every_indicator_that_uses_the_figure() -> None:
    indicator = next(i for i in plan().indicators if i.id == "population_4g")
    field = next(value for value in indicator.params.values() if isinstance(value, str))
    other = next(i for i in plan().indicators if field not in i.params.values())
    Objection.objects.create(
        plan="zjk-135",
        field=field,
        area="130702",
        period="2018-06",
        text="口径不同",
        by="person:1",
        by_name="李",
        at=JULY,
    )
    assert [row.text for row in objections(plan=plan(), indicator=indicator, as_of=None)] == ["口径不同"]
    assert objections(plan=plan(), indicator=indicator, as_of=JULY - timedelta(days=1)) == []
    assert objections(plan=plan(), indicator=other, as_of=None) == []
