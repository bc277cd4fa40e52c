"""The work queue: pages by key, never counted; whose queue it is, is part of the query and of its index."""

from __future__ import annotations

from datetime import datetime

import msgspec
from django.db.models import Q, QuerySet

from dajing.kernel.casework.models import QueueRow
from dajing.kernel.identity.actor import Actor

PAGE = 50


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One case in a queue; ``due`` in the year 9999 means that no limit is running."""

    case: str
    state: str
    person: str
    waiting: bool
    due: datetime


def department_queue(
    *, by: Actor, after: tuple[datetime, str] | None = None, until: datetime | None = None, size: int = PAGE
) -> list[Line]:
    """Open cases of the actor's own department, the most urgent first; an actor without a department has none.

    ``after`` is ``(due, case)`` of the last line seen; ``until`` keeps those due before it (late: now).
    """
    if by.department is None:
        return []
    rows = QueueRow.objects.filter(department=by.department)
    return _page(rows, after, until, size)


def my_queue(
    *, by: Actor, after: tuple[datetime, str] | None = None, until: datetime | None = None, size: int = PAGE
) -> list[Line]:
    """Open cases given to the actor in person; as ``department_queue``."""
    return _page(QueueRow.objects.filter(person=by.id).exclude(person=""), after, until, size)


def _page(
    rows: QuerySet[QueueRow], after: tuple[datetime, str] | None, until: datetime | None, size: int
) -> list[Line]:
    if after is not None:
        rows = rows.filter(Q(due__gt=after[0]) | Q(due=after[0], case__gt=after[1]), due__gte=after[0])
    if until is not None:
        rows = rows.filter(due__lt=until)
    columns = rows.order_by("due", "case").values("case", "state", "person", "waiting", "due")[:size]
    return [Line(**row) for row in columns]
