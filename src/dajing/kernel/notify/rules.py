"""When a message may leave and how long to wait after a failure; pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

LONGEST = timedelta(minutes=15)
EXPIRES = timedelta(hours=24)  # a message that is a day late confuses more than it helps; the inbox keeps it
MOST_ATTEMPTS = 5  # for one address that is refused while its channel works


def earliest(*, at: datetime, quiet_from: time, quiet_to: time, zone: ZoneInfo) -> datetime:
    """``at``, or the end of the quiet hours it lies in; they may span midnight, and equal ends mean none."""
    local = at.astimezone(zone)
    now = local.time()
    if quiet_from == quiet_to:
        return at
    spans = quiet_from > quiet_to
    quiet = (now >= quiet_from or now < quiet_to) if spans else quiet_from <= now < quiet_to
    if not quiet:
        return at
    day = local.date() + timedelta(days=1) if spans and now >= quiet_from else local.date()
    return datetime.combine(day, quiet_to, tzinfo=zone).astimezone(at.tzinfo)


def pause(*, failures: int) -> timedelta:
    """After the n-th failure in a row: 10, 20, 40 … seconds, at most a quarter of an hour."""
    return min(timedelta(seconds=10 * 2 ** min(max(failures, 1) - 1, 10)), LONGEST)


def is_phone(*, text: str) -> bool:
    """Whether this is a mainland mobile number: 11 digits that begin with 13 to 19 (YD/T numbering plan, E.164 +86)."""
    return len(text) == 11 and text.isascii() and text.isdecimal() and text[0] == "1" and text[1] in "3456789"
