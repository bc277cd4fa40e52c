"""The work queue: pages by key, never counted to the end; whose queue it is, is part of the query and of its index."""

from __future__ import annotations

import heapq
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from django.db.models import Q, QuerySet

from dajing.kernel.casework.models import QueueRow
from dajing.kernel.identity.actor import Actor

PAGE = 50
SOON = timedelta(days=3)  # "due soon": the limit ends within so many days of 24 hours
COUNTED = 99  # a queue is counted so far and no further

Whose = Literal["mine", "post", "department"]
View = Literal["all", "soon", "late", "waiting"]
Colour = Literal["", "green", "yellow", "red"]
Place = tuple[datetime, str]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One case in a queue; ``due`` in the year 9999 means that no limit is running; ``seq`` is the state seen."""

    case: str
    kind: str
    title: str
    area: str
    state: str
    department: str
    post: str
    person: str
    waiting: bool
    warn_at: datetime | None
    due: datetime
    seq: int

    def colour(self, *, at: datetime) -> Colour:
        """``red`` past the limit, ``yellow`` past its warning, else ``green``; empty where no limit runs."""
        if self.due.year == NEVER_YEAR:
            return ""
        if self.due <= at:
            return "red"
        return "yellow" if self.warn_at is not None and self.warn_at <= at else "green"


NEVER_YEAR = 9999


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What of a queue is wanted; empty values do not filter. ``at`` decides what is soon, late and of which colour."""

    at: datetime
    view: View = "all"
    kind: str = ""
    state: str = ""
    area: str = ""
    colour: Colour = ""

    def apply(self, rows: QuerySet[QueueRow]) -> QuerySet[QueueRow]:
        """The rows that pass."""
        named = {"kind": self.kind, "state": self.state, "area": self.area}
        rows = rows.filter(**{name: value for name, value in named.items() if value})
        match self.view:
            case "soon":
                rows = rows.filter(due__gt=self.at, due__lte=self.at + SOON)
            case "late":
                rows = rows.filter(due__lte=self.at)
            case "waiting":
                rows = rows.filter(waiting=True)
        return self._coloured(rows)

    def _coloured(self, rows: QuerySet[QueueRow]) -> QuerySet[QueueRow]:
        match self.colour:
            case "red":
                return rows.filter(due__lte=self.at)
            case "yellow":
                return rows.filter(due__gt=self.at, due__year__lt=NEVER_YEAR, warn_at__lte=self.at)
            case "green":
                early = Q(warn_at=None) | Q(warn_at__gt=self.at)
                return rows.filter(early, due__gt=self.at, due__year__lt=NEVER_YEAR)
        return rows


def page(*, by: Actor, whose: Whose, wanted: Filter, after: Place | None = None, size: int = PAGE) -> list[Line]:
    """Open cases, the most urgent first: those of the actor in person or post (``mine``), its post, its department.

    ``after`` is ``(due, case)`` of the last line seen. An actor without the post or department asked for has none.
    """
    parts = [_page(wanted.apply(rows), after, size) for rows in _whose(by, whose)]
    return list(heapq.merge(*parts, key=lambda line: (line.due, line.case)))[:size]


def count(*, by: Actor, whose: Whose, wanted: Filter, limit: int = COUNTED) -> int:
    """How many lines there are, at most ``limit`` + 1, which then means "more than ``limit``"."""
    found = 0
    for rows in _whose(by, whose):
        found += len(wanted.apply(rows).values_list("pk")[: limit + 1 - found])
    return found


def department_queue(*, by: Actor, at: datetime, after: Place | None = None, size: int = PAGE) -> list[Line]:
    """Everything open in the actor's own department."""
    return page(by=by, whose="department", wanted=Filter(at=at), after=after, size=size)


def _whose(by: Actor, whose: Whose) -> list[QuerySet[QueueRow]]:
    """Row sets that do not overlap, each served by one index."""
    rows = QueueRow.objects
    if whose == "department":
        return [rows.filter(department=by.department)] if by.department else []
    found = [rows.filter(person=by.id).exclude(person="")] if whose == "mine" else []
    if by.post:
        found.append(rows.filter(post=by.post, person="").exclude(post=""))
    return found


def _page(rows: QuerySet[QueueRow], after: Place | None, size: int) -> list[Line]:
    if after is not None:
        rows = rows.filter(Q(due__gt=after[0]) | Q(due=after[0], case__gt=after[1]), due__gte=after[0])
    return [Line(**row) for row in rows.order_by("due", "case").values(*Line.__struct_fields__)[:size]]
