from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dajing.kernel.clocks.api import (
    ZONE,
    Act,
    Clock,
    ClockEvent,
    ClockLogBroken,
    ClockMisdeclared,
    State,
    Unit,
    standing,
)

OFFICE = ((time(9), time(12)), (time(13, 30), time(17, 30)))


def _china(*parts):
    return datetime(*parts, tzinfo=ZONE)


def _started(at):
    return [ClockEvent(Act.START, at)]


def test_five_working_days_from_a_friday_before_the_spring_festival_of_2020():
    clock = Clock(unit=Unit.WORKING_DAY, amount=5)
    # Friday 17 January; 19 (Sunday, made up), 20, 21, 22, 23 January.
    now = standing(clock=clock, log=_started(_china(2020, 1, 17, 10)), at=_china(2020, 1, 18))
    assert now.due == _china(2020, 1, 24)
    assert (now.state, now.overdue, now.provisional) == (State.RUNNING, False, False)


def test_a_suspended_clock_has_no_due_time_until_it_is_resumed():
    clock = Clock(unit=Unit.WORKING_DAY, amount=3, reasons=frozenset({"补正材料"}))
    # Monday 4 June 2018; Tuesday counts, suspended on it; resumed Monday 11 June; Tuesday and Wednesday count.
    log = [*_started(_china(2018, 6, 4, 9)), ClockEvent(Act.SUSPEND, _china(2018, 6, 5, 15), "补正材料")]
    assert standing(clock=clock, log=log, at=_china(2018, 6, 8)).due is None
    log.append(ClockEvent(Act.RESUME, _china(2018, 6, 11, 9)))
    assert standing(clock=clock, log=log, at=_china(2018, 6, 11, 9)).due == _china(2018, 6, 14)


def test_as_of_an_earlier_time_only_what_had_happened_counts():
    clock = Clock(unit=Unit.HOUR, amount=24, reasons=frozenset({"核实"}))
    log = [*_started(_china(2018, 6, 4, 9)), ClockEvent(Act.SUSPEND, _china(2018, 6, 4, 10), "核实")]
    assert standing(clock=clock, log=log, at=_china(2018, 6, 4, 9, 30)).due == _china(2018, 6, 5, 9)
    assert standing(clock=clock, log=log, at=_china(2018, 6, 4, 11)).due is None


def test_hours_run_day_and_night():
    now = standing(clock=Clock(unit=Unit.HOUR, amount=48), log=_started(_china(2018, 6, 8, 17)), at=_china(2018, 6, 9))
    assert now.due == _china(2018, 6, 10, 17)


def test_working_hours_run_in_office_hours_only():
    clock = Clock(unit=Unit.WORKING_HOUR, amount=4, hours=OFFICE)
    # Friday 16:30: one hour to 17:30; Monday 9:00 to 12:00 are three.
    now = standing(clock=clock, log=_started(_china(2018, 6, 8, 16, 30)), at=_china(2018, 6, 8, 17))
    assert now.due == _china(2018, 6, 11, 12)


def test_warnings_come_at_their_shares():
    clock = Clock(unit=Unit.HOUR, amount=10, warn=(0.5, 0.8))
    log = _started(_china(2018, 6, 4, 9))
    now = standing(clock=clock, log=log, at=_china(2018, 6, 4, 14))
    assert now.warnings == (_china(2018, 6, 4, 14), _china(2018, 6, 4, 17))
    assert now.warned == 1


def test_a_clock_stopped_in_time_never_becomes_overdue():
    clock = Clock(unit=Unit.CALENDAR_DAY, amount=1)
    log = [*_started(_china(2018, 6, 4, 9)), ClockEvent(Act.STOP, _china(2018, 6, 5, 23, 59))]
    assert not standing(clock=clock, log=log, at=_china(2019, 1, 1)).overdue
    late = [*_started(_china(2018, 6, 4, 9)), ClockEvent(Act.STOP, _china(2018, 6, 6, 0, 1))]
    assert standing(clock=clock, log=late, at=_china(2019, 1, 1)).overdue


def test_a_limit_in_calendar_days_rolls_over_days_off_when_its_rule_says_so():
    # Ten days from Friday 18 May 2018 end on Monday the 28th; nine end on Sunday and roll to it.
    nine = Clock(unit=Unit.CALENDAR_DAY, amount=9, roll=True)
    log = _started(_china(2018, 5, 18, 9))
    assert standing(clock=nine, log=log, at=_china(2018, 5, 19)).due == _china(2018, 5, 29)


def test_past_the_gazetted_years_a_due_time_is_provisional():
    clock = Clock(unit=Unit.WORKING_DAY, amount=5)
    assert standing(clock=clock, log=_started(_china(2030, 1, 7)), at=_china(2030, 1, 7)).provisional


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ([], "never started"),
        ([ClockEvent(Act.STOP, _china(2018, 6, 4))], "not started"),
        ([ClockEvent(Act.START, datetime(2018, 6, 4))], "zone"),
        ([*_started(_china(2018, 6, 4)), ClockEvent(Act.RESUME, _china(2018, 6, 5))], "running"),
        ([*_started(_china(2018, 6, 4)), ClockEvent(Act.SUSPEND, _china(2018, 6, 5), "天热")], "reasons"),
        ([*_started(_china(2018, 6, 4)), ClockEvent(Act.STOP, _china(2018, 6, 3))], "earlier"),
    ],
)
def test_a_log_that_cannot_have_happened_is_refused(log, said):
    clock = Clock(unit=Unit.HOUR, amount=1, reasons=frozenset({"补正材料"}))
    with pytest.raises(ClockLogBroken) as refused:
        standing(clock=clock, log=log, at=_china(2019, 1, 1))
    assert said in refused.value.message.en


@pytest.mark.parametrize(
    "fields",
    [
        {"unit": Unit.HOUR, "amount": 0},
        {"unit": Unit.HOUR, "amount": 1, "warn": (1.5,)},
        {"unit": Unit.WORKING_HOUR, "amount": 1},
        {"unit": Unit.WORKING_HOUR, "amount": 1, "hours": ((time(12), time(9)),)},
    ],
)
def test_a_clock_that_cannot_run_is_refused(fields):
    with pytest.raises(ClockMisdeclared):
        Clock(**fields)


_moments = st.datetimes(min_value=datetime(2005, 1, 1), max_value=datetime(2024, 1, 1), timezones=st.just(UTC))


@given(start=_moments, amount=st.integers(1, 40), pause=st.integers(0, 500), length=st.integers(0, 500))
def test_a_suspension_never_brings_the_due_time_forward(start, amount, pause, length):
    for unit in Unit:
        clock = Clock(unit=unit, amount=amount, hours=OFFICE, reasons=frozenset({"核实"}))
        plain = standing(clock=clock, log=_started(start), at=start).due
        paused = start + timedelta(hours=pause)
        log = [
            *_started(start),
            ClockEvent(Act.SUSPEND, paused, "核实"),
            ClockEvent(Act.RESUME, paused + timedelta(hours=length)),
        ]
        assert standing(clock=clock, log=log, at=paused + timedelta(hours=length)).due >= plain
