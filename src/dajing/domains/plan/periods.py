"""Reporting periods written as text (``2018-06``, ``2018-Q2``, ``2018``): order, ends, ranges. Pure."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from typing import Literal

from dajing.kernel.text import Refusal, Text

Frequency = Literal["month", "quarter", "year"]
PER_YEAR: dict[Frequency, int] = {"month": 12, "quarter": 4, "year": 1}
_WRITTEN = re.compile(r"((?:19|20)\d{2})(?:-(?:(0[1-9]|1[0-2])|Q([1-4])))?")


class PeriodUnreadable(Refusal):
    """Text that is no period."""

    text = Text(
        zh="读不懂报告期“{period}”；请写 2018-06、2018-Q2 或 2018",
        en="{period!r} is no period; write 2018-06, 2018-Q2 or 2018",
    )


def frequency(period: str) -> Frequency:
    """Of what frequency the period is. Raises ``PeriodUnreadable``."""
    found = _WRITTEN.fullmatch(period)
    if found is None:
        raise PeriodUnreadable(period=period)
    return "month" if found[2] else "quarter" if found[3] else "year"


def index(period: str) -> int:
    """The period's number: consecutive periods of one frequency have consecutive numbers."""
    kind = frequency(period)
    found = _WRITTEN.fullmatch(period)
    assert found is not None  # noqa: S101 - ``frequency`` has refused it otherwise
    return int(found[1]) * PER_YEAR[kind] + int(found[2] or found[3] or 1) - 1


def written(number: int, kind: Frequency) -> str:
    """The period with that ``index``."""
    year, part = divmod(number, PER_YEAR[kind])
    return {"month": f"{year:04}-{part + 1:02}", "quarter": f"{year:04}-Q{part + 1}", "year": f"{year:04}"}[kind]


def last_day(period: str) -> date:
    """The day on which the period ends."""
    year, part = divmod(index(period), PER_YEAR[frequency(period)])
    month = (part + 1) * 12 // PER_YEAR[frequency(period)]
    return date(year, month, monthrange(year, month)[1])


def of_day(day: date, kind: Frequency) -> str:
    """The period that ``day`` lies in."""
    return written(day.year * PER_YEAR[kind] + (day.month - 1) * PER_YEAR[kind] // 12, kind)


def between(first: date, last: date, kind: Frequency) -> list[str]:
    """Every period that has ended by ``last``, from the one that ``first`` lies in."""
    start, stop = index(of_day(first, kind)), index(of_day(last, kind))
    periods = [written(number, kind) for number in range(start, stop + 1)]
    return [period for period in periods if last_day(period) <= last]
