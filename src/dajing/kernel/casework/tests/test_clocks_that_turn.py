"""Yellow, red and escalation are told once, whatever happens; a published calendar moves provisional limits."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from dajing.kernel.bus.models import Event
from dajing.kernel.casework import handing, store, ticking
from dajing.kernel.casework.kinds import ClockKind, Escalation
from dajing.kernel.casework.models import CaseEvent, ClockRow
from dajing.kernel.casework.tests.orders import AT, CHIEF, KIND, WORKER, T, acted, given, opened
from dajing.kernel.casework.ticking import recalculate, tick
from dajing.kernel.clocks.api import Unit, Year, use
from dajing.kernel.ledger.models import Entry

pytestmark = [pytest.mark.store_both, pytest.mark.django_db(transaction=True)]
DUE = datetime(2018, 10, 10, 16, tzinfo=UTC)  # five working days from AT; four of them are the warning's
STRICT = msgspec.structs.replace(
    KIND, id="strict", escalations=(Escalation(after=1, to="order.assign"), Escalation(after=3, to="order.chief"))
)


@pytest.fixture
def ordinary_calendar():
    """Afterwards the library's years alone count again."""
    yield
    use(years=())


def told():
    payloads = Event.objects.filter(topic="casework.clock").order_by("pk").values_list("payload", flat=True)
    return [(payload["colour"], payload["level"], payload["to"]) for payload in payloads]


def test_a_clock_turns_yellow_then_red_and_each_turn_is_told_once():
    opened()
    yellow = datetime(2018, 10, 9, 16, tzinfo=UTC)
    assert tick(at=yellow - timedelta(seconds=1)) == 0
    assert (tick(at=yellow), tick(at=yellow)) == (1, 0)
    assert (tick(at=DUE), tick(at=DUE + timedelta(days=99))) == (1, 0)
    assert told() == [("yellow", 1, ""), ("red", 2, "")]


def test_after_an_outage_only_the_colour_it_has_now_is_told_and_every_level_passed():
    state = opened(kind=STRICT)
    assert tick(at=DUE + timedelta(days=30)) == 1
    assert told() == [("red", 2, ""), ("red", 3, "order.assign"), ("red", 4, "order.chief")]
    assert store.read(case=state.id)[1].escalated == 2
    assert CaseEvent.objects.filter(verb="escalate").count() == 2
    assert store.differing() == []


def test_levels_come_working_days_after_the_last_day():
    opened(kind=STRICT)
    tick(at=DUE)
    assert ClockRow.objects.get().next_at == datetime(2018, 10, 11, 16, tzinfo=UTC)  # Thursday, the next working day
    tick(at=datetime(2018, 10, 11, 16, tzinfo=UTC))
    assert ClockRow.objects.get().next_at == datetime(2018, 10, 15, 16, tzinfo=UTC)  # Friday and Monday follow


def test_a_stopped_or_suspended_clock_does_not_turn_and_a_resumed_one_turns_later():
    first, second = opened(), opened()
    acted(first, "report", WORKER, evidence={"photo": "objects/1"})
    second = handing.suspend(**given(second, CHIEF), reason="expert", document="文1")
    assert tick(at=DUE + timedelta(days=1)) == 0
    handing.resume(**given(second, CHIEF, hours=24 * 20))
    assert tick(at=AT + timedelta(days=40)) == 1


def test_acts_that_do_not_touch_the_limit_do_not_tell_it_again_nor_does_a_rebuild():
    state = opened()
    tick(at=DUE)
    handing.note(**given(state, WORKER, hours=24 * 15), words="在办", evidence=())
    ClockRow.objects.filter(case=state.id)
    store.rebuild()
    assert tick(at=DUE + timedelta(days=20)) == 0


def test_fifty_clocks_due_at_once_are_worked_off_in_batches(monkeypatch):
    monkeypatch.setattr(ticking, "BATCH", dict.fromkeys(ticking.BATCH, 20))
    for _ in range(50):
        opened()
    assert tick(at=DUE, most=20) == 20
    assert tick(at=DUE) == 30
    assert len(told()) == 50


def test_when_a_year_is_gazetted_provisional_limits_are_counted_anew_and_the_ledger_says_so(ordinary_calendar):
    week = msgspec.structs.replace(
        KIND, id="week",
        clocks=(ClockKind(id="handle", title=T, unit=Unit.WORKING_DAY, length=5, starts=("given",), stops=("done",)),),
    )  # fmt: skip
    start = datetime(2026, 12, 29, 2, tzinfo=UTC)  # a Tuesday; Wednesday to the next Tuesday are five
    opened(kind=week, at=start)
    assert (ClockRow.objects.get().due, ClockRow.objects.get().provisional) == (
        datetime(2027, 1, 5, 16, tzinfo=UTC), True,
    )  # fmt: skip
    assert recalculate(at=start) == 0
    made_up = Year(year=2027, notice="made up for this test", off=(date(2027, 1, 1),))
    use(years=(made_up,))
    assert recalculate(at=start) == 1
    row = ClockRow.objects.get()
    assert (row.due, row.provisional) == (datetime(2027, 1, 6, 16, tzinfo=UTC), False)
    assert Entry.objects.filter(act="casework.clock.recalculated").count() == 1
    assert store.differing() == []
    assert recalculate(at=start) == 0
