"""The ``as_of`` of a request: the time whose knowledge a page shows."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import msgspec
from django.http import HttpRequest
from django.utils import timezone

from dajing.kernel.text import Refusal, Text

FIRST_YEAR, LAST_YEAR = 1900, 2099


class UnableToReadMoment(Refusal):
    """The ``as_of`` of an address is no date."""

    text = Text(
        zh="看不懂时间“{given}”；请写成 2018-06-30 这样的日期",
        en="the time “{given}” cannot be read; write a date such as 2018-06-30",
    )


class AsOf(msgspec.Struct, frozen=True):
    """``moment`` is None for "now"; ``text`` is what the address said, so that links can carry it on."""

    text: str
    moment: datetime | None
    refused: Text | None = None

    def __bool__(self) -> bool:
        return self.moment is not None


NOW = AsOf("", None)


def read_as_of(text: str) -> AsOf:
    """A day (its end in local time) or an ISO 8601 instant. Raises ``UnableToReadMoment``."""
    text = text.strip()
    if not text:
        return NOW
    try:
        if not text[:4].isdigit() or not FIRST_YEAR <= int(text[:4]) <= LAST_YEAR:
            raise ValueError(text)
        if len(text) <= len("2018-06-30"):
            end = datetime.combine(date.fromisoformat(text) + timedelta(days=1), time.min)
            return AsOf(text, timezone.make_aware(end) - timedelta(microseconds=1))
        instant = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise UnableToReadMoment(given=text[:40]) from error
    return AsOf(text, instant if timezone.is_aware(instant) else timezone.make_aware(instant))


def as_of(request: HttpRequest) -> AsOf:
    """The ``as_of`` of this request; one that cannot be read counts as "now" and the frame says so.

    An instant within a day is for people who have signed in: each one asked for is a state that must be computed.
    """
    given = request.GET.get("as_of", "")
    user = getattr(request, "user", None)
    try:
        return read_as_of(given if user is not None and user.is_authenticated else given.strip()[: len("2018-06-30")])
    except UnableToReadMoment as refusal:
        return AsOf("", None, refusal.message)
