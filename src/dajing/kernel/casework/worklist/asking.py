"""What an address asks of the queue, and the address of what is asked: so that a link can be kept and sent."""

from __future__ import annotations

from datetime import datetime
from typing import get_args

import msgspec
from django.http import QueryDict

from dajing.kernel.casework.queue import Colour, Filter, Line, Place, View, Whose

NAMES = ("kind", "state", "area", "colour", "department")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Whose queue, filtered how, from which line on."""

    whose: Whose
    wanted: Filter
    after: Place | None = None

    def query(self, **changed: str) -> str:
        """The query string of this list; ``changed`` values replace, empty ones drop out. Paging is never kept."""
        values = {"whose": self.whose, "view": self.wanted.view} | {n: getattr(self.wanted, n) for n in NAMES}
        kept = QueryDict(mutable=True)
        kept.update({name: value for name, value in (values | changed).items() if value})
        return kept.urlencode()

    def following(self, *, line: Line) -> str:
        """The query string of the page behind ``line``."""
        return self.query(after=f"{line.due.isoformat()} {line.case}")


def asked(*, query: QueryDict, at: datetime) -> Asked:
    """Read a query string; what cannot be read counts as not said, so that an old link still opens."""
    query = QueryDict(query.urlencode().replace("%00", ""))  # PostgreSQL has no NUL in a text
    return Asked(
        whose=_one_of(query.get("whose", ""), get_args(Whose), "mine"),
        wanted=Filter(
            at=at,
            view=_one_of(query.get("view", ""), get_args(View), "all"),
            kind=query.get("kind", "")[:60],
            state=query.get("state", "")[:40],
            area=query.get("area", "")[:60],
            colour=_one_of(query.get("colour", ""), get_args(Colour), ""),
            department=query.get("department", "")[:60],
        ),
        after=_place(query.get("after", "")),
    )


def _one_of[T: str](value: str, allowed: tuple[T, ...], otherwise: T) -> T:
    return next((one for one in allowed if one == value), otherwise)


def _place(text: str) -> Place | None:
    moment, _, case = text.partition(" ")
    try:
        due = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return (due, case) if case and due.tzinfo is not None else None
