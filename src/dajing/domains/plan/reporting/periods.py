"""Periods as departments write them in headings and titles; their calendar is ``plan.periods``."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta

from dajing.domains.plan import periods as calendar
from dajing.domains.plan.pack import Frequency
from dajing.kernel.text import Refusal, Text

_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_NUMBER = "[0-9〇零○一二三四五六七八九十]"


class PeriodUnreadable(Refusal):
    """A period that is none, or not of the form's frequency."""

    text = Text(
        zh="“{given}”不是可用的{frequency}；请写成 2018年6月、2018年第二季度 或 2018年。",
        en="“{given}” is no usable {frequency}; write 2018-06, 2018-Q2 or 2018.",
    )


FREQUENCIES: dict[Frequency, Text] = {
    "month": Text(zh="月份", en="month"),
    "quarter": Text(zh="季度", en="quarter"),
    "year": Text(zh="年份", en="year"),
}


def frequency_of(*, period: str) -> Frequency | None:
    """Which kind of period an id is, or None."""
    try:
        return calendar.frequency(period)
    except calendar.PeriodUnreadable:
        return None


def first_day(*, period: str) -> date:
    """First day of the period."""
    return calendar.last_day(previous(period=period)) + timedelta(days=1)


def last_day(*, period: str) -> date:
    """Last day of the period."""
    return calendar.last_day(period)


def previous(*, period: str) -> str:
    """The period before."""
    return calendar.written(calendar.index(period) - 1, calendar.frequency(period))


def period_of(*, day: date, frequency: Frequency) -> str:
    """The period of ``frequency`` in which ``day`` lies."""
    return calendar.of_day(day, frequency)


def periods(*, first: date, last: date, frequency: Frequency) -> list[str]:
    """Every period from the one of ``first`` on that has ended by ``last``, in order."""
    return calendar.between(first, last, frequency)


def _number(text: str) -> int:
    """An Arabic or Chinese number up to 12, or a year written digit by digit."""
    if "十" in text:
        tens, _, ones = text.partition("十")
        return int(tens.translate(_DIGITS) or 1) * 10 + int(ones.translate(_DIGITS) or 0)
    return int(text.translate(_DIGITS))


def read_period(*, text: str, frequency: Frequency) -> str | None:
    """The period that ``text`` speaks of, in any of the ways that headings of departments do; None if it names none.

    Raises ``PeriodUnreadable`` for a period of another frequency, such as a half-year.
    """
    plain = unicodedata.normalize("NFKC", text)
    year = re.search(rf"({_NUMBER}{{4}})\s*(?:年|[-/.])", plain) or re.search(r"^\s*(\d{4})\s*$", plain)
    if year is None:
        return None
    rest = plain[year.end() :]
    value = _number(year[1])
    if re.search(r"[上下]半年", rest):
        raise PeriodUnreadable(given=text.strip(), frequency=FREQUENCIES[frequency].zh)
    quarter = re.search(rf"第?\s*({_NUMBER})\s*季|Q([1-4])", rest)
    month = re.search(rf"({_NUMBER}{{1,3}})\s*月", rest) or re.match(r"\s*(\d{1,2})(?!\d)", rest)
    if quarter:
        found = f"{value}-Q{_number(quarter[1] or quarter[2])}"
    elif month:
        found = f"{value}-{_number(month[1]):02}"
    else:
        found = str(value)
    if frequency_of(period=found) != frequency:
        raise PeriodUnreadable(given=text.strip(), frequency=FREQUENCIES[frequency].zh)
    return found
