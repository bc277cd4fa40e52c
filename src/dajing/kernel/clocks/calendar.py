"""The working calendar: holidays and make-up working days as the State Council's office gazettes them each year."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

ZONE = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)

# Days on which the library errs, by the notice itself.
CORRECTIONS = {
    date(2005, 12, 31): True,  # 国办发明电〔2005〕35号: the Saturday before New Year 2006 is worked
}
# The notice for a year may move days of the last December before it; the earliest so far was 29 December
# (2007, by the notice for 2008), so the end of the last gazetted year is not settled yet.
REACHES_BACK = (12, 29)


class Due(msgspec.Struct, frozen=True):
    """A day counted to; ``provisional`` where the calendar of some day counted is not gazetted yet."""

    day: date
    provisional: bool

    @property
    def at(self) -> datetime:
        """The last instant's end: 24:00 of that day in China, in UTC (Civil Code art. 203)."""
        return end_of(self.day)


def day_of(moment: datetime) -> date:
    """The day in China on which an aware ``moment`` lies."""
    return moment.astimezone(ZONE).date()


def start_of(day: date) -> datetime:
    """0:00 of ``day`` in China, in UTC."""
    return datetime.combine(day, time(0), ZONE).astimezone(UTC)


def end_of(day: date) -> datetime:
    """24:00 of ``day`` in China, in UTC."""
    return start_of(day + DAY)


@functools.cache
def _gazetted() -> tuple[frozenset[date], frozenset[date], date, date]:
    """Holidays, make-up working days, first and last settled day."""
    from chinese_calendar.constants import holidays, workdays

    first, last = date(min(holidays).year, 1, 1), date(max(holidays).year, *REACHES_BACK) - DAY
    return frozenset(holidays), frozenset(workdays), first, last


def settled(day: date) -> bool:
    """Whether the notice that decides ``day`` is known."""
    _, _, first, last = _gazetted()
    return first <= day <= last


def is_working(day: date) -> bool:
    """Whether ``day`` is worked; where not settled, Monday to Friday is assumed."""
    if day in CORRECTIONS:
        return CORRECTIONS[day]
    off, made_up, _, _ = _gazetted()
    return day in made_up or (day.weekday() < 5 and day not in off)


def days_after(day: date) -> Iterator[date]:
    """The days following ``day``."""
    while True:
        day += DAY
        yield day


def working_day_after(*, day: date, count: int) -> Due:
    """The ``count``-th working day after ``day``; that day itself is not counted (Civil Code art. 201).

    ``count`` 0 is ``day`` itself. Raises ``ValueError`` for a negative count.
    """
    return _count(day, count, working=True)


def calendar_day_after(*, day: date, count: int, roll: bool) -> Due:
    """The ``count``-th day after ``day``; with ``roll``, the next working day if that is not worked (art. 203)."""
    due = _count(day, count, working=False)
    if not roll or is_working(due.day):
        return Due(due.day, provisional=roll and not settled(due.day))
    return working_day_after(day=due.day, count=1)


def _count(day: date, count: int, *, working: bool) -> Due:
    if count < 0:
        raise ValueError(f"count is {count}, but days are counted forward")
    left, provisional = count, False
    following = days_after(day)
    while left:
        day = next(following)
        provisional |= working and not settled(day)
        left -= is_working(day) if working else 1
    return Due(day, provisional)
