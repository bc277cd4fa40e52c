"""The door of calendars and clocks: all pure, nothing here reads the time."""

from __future__ import annotations

from dajing.kernel.clocks.calendar import (
    ZONE,
    Due,
    Year,
    calendar_day_after,
    day_of,
    end_of,
    gazetted_years,
    is_working,
    settled,
    start_of,
    use,
    when_changed,
    working_day_after,
    working_days_between,
)
from dajing.kernel.clocks.rules import (
    Act,
    Clock,
    ClockEvent,
    ClockLogBroken,
    ClockMisdeclared,
    Standing,
    State,
    Unit,
    standing,
)

__all__ = [
    "ZONE",
    "Act",
    "Clock",
    "ClockEvent",
    "ClockLogBroken",
    "ClockMisdeclared",
    "Due",
    "Standing",
    "State",
    "Unit",
    "Year",
    "calendar_day_after",
    "day_of",
    "end_of",
    "gazetted_years",
    "is_working",
    "settled",
    "standing",
    "start_of",
    "use",
    "when_changed",
    "working_day_after",
    "working_days_between",
]
