"""The work queue: pages by key, never counted to the end; whose queue it is, is part of the query and of its index.

The statement is put together from constant text, because compiling a query set takes longer than the engine needs for
a page of a million cases. Each index of ``QueueRow`` serves one sort of queue: the conditions repeat those of the
partial indexes word for word, or no engine would use them.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec

from dajing.kernel.casework.models import QueueRow
from dajing.kernel.casework.registry import kinds
from dajing.kernel.identity.actor import Actor
from dajing.kernel.rows import plain

PAGE = 50
SOON = timedelta(days=3)  # "due soon": the limit ends within so many days of 24 hours
COUNTED = 99  # a queue is counted so far and no further

Whose = Literal["mine", "post", "department", "supervised"]
View = Literal["all", "soon", "late", "waiting"]
Colour = Literal["", "green", "yellow", "red"]
Place = tuple[datetime, str]
Part = tuple[str, list[Any]]  # a condition and its parameters


class Line(msgspec.Struct, frozen=True):
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
NEVER = datetime(NEVER_YEAR, 1, 1, tzinfo=UTC)


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What of a queue is wanted; empty values do not filter. ``at`` decides what is soon, late and of which colour."""

    at: datetime
    view: View = "all"
    kind: str = ""
    state: str = ""
    area: str = ""
    colour: Colour = ""
    department: str = ""

    def parts(self) -> Iterator[Part]:
        """The conditions that a line meets."""
        at = plain.moment(self.at)
        for name, value in (("kind", self.kind), ("state", self.state), ("area", self.area)):
            if value:
                yield f'"{name}" = %s', [value]
        if self.department:
            yield '"department" = %s', [self.department]
        match self.view:
            case "soon":
                yield '"due" > %s AND "due" <= %s', [at, plain.moment(self.at + SOON)]
            case "late":
                yield '"due" <= %s', [at]
            case "waiting":
                yield '"waiting"', []
        match self.colour:
            case "red":
                yield '"due" <= %s', [at]
            case "yellow":
                yield '"due" > %s AND "due" < %s AND "warn_at" <= %s', [at, plain.moment(NEVER), at]
            case "green":
                early = '("warn_at" IS NULL OR "warn_at" > %s)'
                yield f'{early} AND "due" > %s AND "due" < %s', [at, at, plain.moment(NEVER)]


def page(*, by: Actor, whose: Whose, wanted: Filter, after: Place | None = None, size: int = PAGE) -> list[Line]:
    """Open cases, the most urgent first: those of the actor in person or post (``mine``), its post, its department, or
    of every department in the kinds that a role of the actor supervises; each case once.

    ``after`` is ``(due, case)`` of the last line seen. An actor without the post or department asked for has none.
    """
    rows = [_rows(part, wanted, after, size) for part in _whose(by, whose)]
    merged = rows[0] if len(rows) == 1 else list(heapq.merge(*rows, key=_place))
    lines = [Line(*row) for row in merged[:size]]
    if whose == "supervised" and not wanted.department:
        return _once(by, wanted, lines, size)
    return lines


def _once(by: Actor, wanted: Filter, lines: list[Line], size: int) -> list[Line]:
    """Each case once, where joint handling puts it into several departments; filled up behind the last."""
    found = list({line.case: line for line in reversed(lines)}.values())[::-1]
    if len(lines) < size or len(found) == size:
        return found
    last = (lines[-1].due, lines[-1].case)
    return found + page(by=by, whose="supervised", wanted=wanted, after=last, size=size - len(found))


def count(*, by: Actor, whose: Whose, wanted: Filter, limit: int = COUNTED) -> int:
    """How many lines there are, at most ``limit`` + 1, which then means "more than ``limit``"."""
    found: set[str] = set()
    for part in _whose(by, whose):
        where, given = _condition(part, wanted, None)
        rows = plain.read(of=QueueRow, columns=("case",), where=where, given=given, tail=f"LIMIT {int(limit) + 1}")
        found |= {case for (case,) in rows}
    return min(len(found), limit + 1)


def department_queue(*, by: Actor, at: datetime, after: Place | None = None, size: int = PAGE) -> list[Line]:
    """Everything open in the actor's own department."""
    return page(by=by, whose="department", wanted=Filter(at=at), after=after, size=size)


def supervised_kinds(*, by: Actor) -> list[str]:
    """The kinds of case whose queues the actor sees in every department: those that a role opens as a whole."""
    return sorted(kind.id for kind in kinds().values() if by.roles.intersection(kind.readers))


def _whose(by: Actor, whose: Whose) -> list[Part]:
    """Row sets that do not overlap, each served by one index."""
    if whose == "supervised":
        return [('"kind" = %s', [kind]) for kind in supervised_kinds(by=by)]
    if whose == "department":
        return [('"department" = %s', [by.department])] if by.department else []
    found: list[Part] = [('NOT ("person" = \'\') AND "person" = %s', [by.id])] if whose == "mine" and by.id else []
    if by.post:
        found.append(('NOT ("post" = \'\') AND "post" = %s AND "person" = \'\'', [by.post]))
    return found


def _condition(part: Part, wanted: Filter, after: Place | None) -> Part:
    parts = [part, *wanted.parts()]
    if after is not None:
        due = plain.moment(after[0])
        parts.append(('"due" >= %s AND ("due" > %s OR "case" > %s)', [due, due, after[1]]))
    return " AND ".join(text for text, _ in parts), [value for _, given in parts for value in given]


def _rows(part: Part, wanted: Filter, after: Place | None, size: int) -> list[tuple[Any, ...]]:
    where, given = _condition(part, wanted, after)
    tail = f'ORDER BY "due", "case" LIMIT {int(size)}'
    return plain.read(of=QueueRow, columns=Line.__struct_fields__, where=where, given=given, tail=tail)


DUE, CASE = Line.__struct_fields__.index("due"), Line.__struct_fields__.index("case")


def _place(row: tuple[Any, ...]) -> tuple[Any, Any]:
    return row[DUE], row[CASE]
