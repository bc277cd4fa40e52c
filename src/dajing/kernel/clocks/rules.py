"""Clocks: a limit in hours or days, and where it stands, derived from the log of starts, suspensions and stops."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from fractions import Fraction

import msgspec

from dajing.kernel.clocks.calendar import DAY, ZONE, day_of, end_of, is_working, settled, when_changed
from dajing.kernel.text import Refusal, Text

HORIZON = timedelta(days=366 * 30)


class Unit(StrEnum):
    """What a clock counts."""

    HOUR = "hour"  # day and night
    WORKING_HOUR = "working_hour"
    WORKING_DAY = "working_day"
    CALENDAR_DAY = "calendar_day"


class Act(StrEnum):
    """What can happen to a clock."""

    START = "start"
    SUSPEND = "suspend"
    RESUME = "resume"
    STOP = "stop"


class State(StrEnum):
    """Where a clock stands."""

    RUNNING = "running"
    SUSPENDED = "suspended"
    STOPPED = "stopped"


class ClockMisdeclared(Refusal):
    """A clock that cannot run."""

    text = Text(zh="计时规则有误：{problem}；请改正其定义", en="The clock is wrong: {problem}; correct its definition")


class ClockLogBroken(Refusal):
    """Events in an order that cannot have happened."""

    text = Text(
        zh="第 {row} 条计时事件（{act}，{at}）不成立：{zh}；请核对事件记录",
        en="Clock event {row} ({act}, {at}) cannot be: {en}; check the event log",
    )


NEVER = Text(zh="计时从未开始", en="the clock was never started")
NOT_STARTED = Text(zh="计时尚未开始", en="the clock is not started")
NOT_NOW = Text(zh="计时当前状态为 {state}", en="the clock is {state}")
NO_ZONE = Text(zh="时间没有时区", en="its time has no zone")
EARLIER = Text(zh="早于前一事件（{last}）", en="it is earlier than the event before it ({last})")
UNLISTED = Text(zh="“{reason}”不在可中止计时的事由之列", en="{reason!r} is not among the reasons for a suspension")


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """A limit: ``amount`` of ``unit``.

    ``warn`` are shares of the amount (0 to 1) at which to warn. ``reasons`` are those for which it may be suspended.
    ``hours`` are the office hours of a working day in China's time, needed for working hours only. ``roll`` moves a
    limit in calendar days that ends on a day off to the next working day (Civil Code art. 203).
    """

    unit: Unit
    amount: int
    warn: tuple[float, ...] = ()
    reasons: frozenset[str] = frozenset()
    hours: tuple[tuple[time, time], ...] = ()
    roll: bool = False

    def __post_init__(self) -> None:
        if self.amount < 1:
            raise ClockMisdeclared(problem=f"amount = {self.amount}")
        if any(not 0 < share <= 1 for share in self.warn):
            raise ClockMisdeclared(problem=f"warn = {self.warn}")
        edges = [edge for pair in self.hours for edge in pair]
        if edges != sorted(set(edges)) or (self.unit == Unit.WORKING_HOUR and not edges):
            raise ClockMisdeclared(problem=f"hours = {[str(edge) for edge in edges]}")


class ClockEvent(msgspec.Struct, frozen=True):
    """One entry of the log; a suspension has a reason."""

    act: Act
    at: datetime
    reason: str = ""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A clock as of a time. ``due`` and later warnings are None while suspended short of them: they are not known.

    ``overdue`` also when it was stopped after its due time. ``provisional``: some day counted is not gazetted yet.
    """

    state: State
    due: datetime | None
    warnings: tuple[datetime | None, ...]
    warned: int
    overdue: bool
    provisional: bool


_NEXT = {
    None: {Act.START: State.RUNNING},
    State.RUNNING: {Act.SUSPEND: State.SUSPENDED, Act.STOP: State.STOPPED},
    State.SUSPENDED: {Act.RESUME: State.RUNNING, Act.STOP: State.STOPPED},
    State.STOPPED: {},
}
Run = tuple[datetime, datetime | None]


def standing(*, clock: Clock, log: Sequence[ClockEvent], at: datetime) -> Standing:
    """Where ``clock`` stands at ``at``, from the events up to then. Raises ``ClockLogBroken``."""
    state, runs, stopped = _runs(clock, [event for event in log if event.at.utcoffset() is None or event.at <= at])
    stretches = tuple(runs)
    due, provisional = reach(clock=clock, runs=stretches, share=1.0)
    warnings = tuple(reach(clock=clock, runs=stretches, share=share)[0] for share in sorted(clock.warn))
    until = stopped or at
    return Standing(
        state=state,
        due=due,
        warnings=warnings,
        warned=sum(moment is not None and moment <= until for moment in warnings),
        overdue=due is not None and until > due,
        provisional=provisional,
    )


def _runs(clock: Clock, log: Sequence[ClockEvent]) -> tuple[State, list[Run], datetime | None]:
    """The stretches in which the clock ran, the last open if it still does; a stop leaves its stretch open."""
    state: State | None = None
    runs: list[Run] = []
    last: datetime | None = None
    for row, event in enumerate(log, start=1):
        if problem := _problem(clock, state, last, event):
            raise ClockLogBroken(row=row, act=event.act, at=event.at.isoformat(), zh=problem.zh, en=problem.en)
        if event.act in (Act.START, Act.RESUME):
            runs.append((event.at, None))
        elif event.act == Act.SUSPEND:
            runs[-1] = (runs[-1][0], event.at)
        state, last = _NEXT[state][event.act], event.at
    if state is None or last is None:
        raise ClockLogBroken(row=0, act=Act.START, at="—", zh=NEVER.zh, en=NEVER.en)
    return state, runs, last if state == State.STOPPED else None


def _problem(clock: Clock, state: State | None, last: datetime | None, event: ClockEvent) -> Text | None:
    if event.at.utcoffset() is None:
        return NO_ZONE
    if last is not None and event.at < last:
        return EARLIER.format(last=last.isoformat())
    if event.act not in _NEXT[state]:
        return NOT_NOW.format(state=state) if state else NOT_STARTED
    if event.act == Act.SUSPEND and event.reason not in clock.reasons:
        return UNLISTED.format(reason=event.reason)
    return None


@functools.lru_cache(maxsize=4096)  # each act counts the limits before and after it, which are mostly the same
def reach(*, clock: Clock, runs: tuple[Run, ...], share: float) -> tuple[datetime | None, bool]:
    """When ``share`` of the amount is used up over ``runs`` (None if they end before), and whether provisionally.

    Days: the day of the start and of each resumption is not counted, that of a suspension is (Civil Code art. 201), and
    the moment is 24:00 of the last one. A share of days is rounded down to whole days, so a warning is never late.
    """
    if clock.unit in (Unit.WORKING_DAY, Unit.CALENDAR_DAY):
        wanted = int(_exact(share) * clock.amount)
        return _reach_days(clock, runs, wanted, roll=clock.roll and share == 1.0)
    return _reach_hours(clock, runs, timedelta(hours=clock.amount) * share)


when_changed(reach.cache_clear)


@functools.cache
def _exact(share: float) -> Fraction:
    """The share as written: 0.7 of 10 days is 7 days, whatever the float next to 0.7 is."""
    return Fraction(str(share))


def _reach_days(clock: Clock, runs: Sequence[Run], wanted: int, *, roll: bool) -> tuple[datetime | None, bool]:
    if not wanted:
        return runs[0][0], False
    working, provisional = clock.unit == Unit.WORKING_DAY, False
    for day in _counted(runs):
        provisional |= working and not settled(day)
        wanted -= is_working(day) if working else 1
        if wanted <= 0:
            return _rolled(day, provisional) if roll else (end_of(day), provisional)
    return None, provisional


def _rolled(day: date, provisional: bool) -> tuple[datetime, bool]:
    while not is_working(day):
        provisional |= not settled(day)
        day += DAY
    return end_of(day), provisional or not settled(day)


def _counted(runs: Sequence[Run]) -> Iterator[date]:
    for begin, end in runs:
        day, last = day_of(begin), day_of(end or begin + HORIZON)
        while day < last:
            day += DAY
            yield day


def _reach_hours(clock: Clock, runs: Sequence[Run], wanted: timedelta) -> tuple[datetime | None, bool]:
    provisional = False
    for begin, end, known in _stretches(clock, runs):
        provisional |= not known
        if begin + wanted <= end:
            return begin + wanted, provisional
        wanted -= end - begin
    return None, provisional


def _stretches(clock: Clock, runs: Sequence[Run]) -> Iterator[tuple[datetime, datetime, bool]]:
    """The counted stretches in UTC, and whether their day is gazetted."""
    for start, stop in runs:
        begin, end = start.astimezone(UTC), (stop or start + HORIZON).astimezone(UTC)
        if clock.unit == Unit.HOUR:
            yield begin, end, True
            continue
        day = day_of(begin)
        while day <= day_of(end):
            for opens, closes in clock.hours if is_working(day) else ():
                first = max(begin, datetime.combine(day, opens, ZONE).astimezone(UTC))
                last = min(end, datetime.combine(day, closes, ZONE).astimezone(UTC))
                if first < last:
                    yield first, last, settled(day)
            day += DAY
