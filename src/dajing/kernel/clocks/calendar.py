"""The working calendar: holidays and make-up working days as the State Council's office gazettes them each year."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator
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


class Year(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One year as gazetted by ``notice`` (its number): days off and days made up for, in ``year`` and the last days of
    the December before it. It takes the place of what the library has for these days."""

    year: int
    notice: str
    off: tuple[date, ...]
    worked: tuple[date, ...] = ()


class _Days(msgspec.Struct, frozen=True):
    off: frozenset[date]
    worked: frozenset[date]
    years: frozenset[int]


class _Calendar:
    """The one calendar of a process: the library's years and those given with ``use``."""

    def __init__(self) -> None:
        self.own: tuple[Year, ...] = ()
        self.days: _Days | None = None
        self.forgetting: list[Callable[[], None]] = []

    def read(self) -> _Days:
        from chinese_calendar.constants import holidays, workdays

        off, worked = set(holidays), set(workdays)
        years = {day.year for day in off}
        for year in self.own:
            off = {day for day in off if day.year != year.year} - {*year.worked} | {*year.off}
            worked = {day for day in worked if day.year != year.year} - {*year.off} | {*year.worked}
            years.add(year.year)
        return _Days(frozenset(off), frozenset(worked), frozenset(years))


_calendar = _Calendar()


def _gazetted() -> _Days:
    days = _calendar.days
    if days is None:
        days = _calendar.days = _calendar.read()
    return days


def use(*, years: tuple[Year, ...]) -> bool:
    """Count by ``years`` beside the library's from now on, in this process; whether that is another calendar."""
    if years == _calendar.own:
        return False
    _calendar.own, _calendar.days = years, None
    for forget in _calendar.forgetting:
        forget()
    return True


def when_changed(forget: Callable[[], None]) -> None:
    """Have ``forget`` called when the calendar changes: for results that were kept."""
    _calendar.forgetting.append(forget)


def gazetted_years() -> tuple[int, ...]:
    """The years whose notice is known."""
    return tuple(sorted(_gazetted().years))


def years_loaded() -> tuple[Year, ...]:
    """The years that came from files, beside the library's."""
    return _calendar.own


def settled(day: date) -> bool:
    """Whether the notice that decides ``day`` is known."""
    years = _gazetted().years
    return day.year in years and ((day.month, day.day) < REACHES_BACK or day.year + 1 in years)


def is_working(day: date) -> bool:
    """Whether ``day`` is worked; where not settled, Monday to Friday is assumed."""
    if day in CORRECTIONS:
        return CORRECTIONS[day]
    days = _gazetted()
    return day in days.worked or (day.weekday() < 5 and day not in days.off)


def working_days_between(*, first: date, last: date) -> int:
    """How many days after ``first``, up to and with ``last``, are worked; 0 where ``last`` is not later."""
    if last <= first:
        return 0
    if first.year == last.year:
        return _worked_until(last) - _worked_until(first)
    between = sum(_year(year)[-1] for year in range(first.year + 1, last.year))
    return _year(first.year)[-1] - _worked_until(first) + between + _worked_until(last)


def _worked_until(day: date) -> int:
    """Working days of the year up to and with ``day``."""
    return _year(day.year)[day.timetuple().tm_yday - 1]


@functools.lru_cache(maxsize=200)
def _year(year: int) -> tuple[int, ...]:
    """For each day of the year how many days up to it are worked."""
    first, after = date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()
    return tuple(itertools.accumulate(is_working(date.fromordinal(day)) for day in range(first, after)))


when_changed(_year.cache_clear)


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
