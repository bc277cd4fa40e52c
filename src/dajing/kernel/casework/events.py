"""What can happen to a case, as values; the log stores them and nothing else is authority."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a case is: WGS-84 longitude and latitude (degrees) and words."""

    longitude: float | None = None
    latitude: float | None = None
    address: str = ""


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a case concerns: ``role`` (applicant, agent …) and a reference such as ``person:12``, never a name."""

    role: str
    reference: str


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds a case: a department, and within it a post or a person; ``joint`` are departments that help."""

    department: str
    post: str | None = None
    person: str | None = None
    joint: tuple[str, ...] = ()


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a case's log.

    ``seq`` counts from 1 within the case; ``verb`` is ``open``, a built-in act or a transition of the kind; ``by`` the
    actor's id, ``post`` the post acted in; ``data`` what the verb needs (see ``rules``).
    """

    case: str
    seq: int
    verb: str
    at: datetime
    by: str
    post: str = ""
    data: dict[str, Any] = {}
