"""What each event says to measures: where the case stood, its limit and colour, and how long it took. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dajing.kernel.casework.events import Event
from dajing.kernel.casework.folding import CaseState
from dajing.kernel.casework.kinds import CaseKind
from dajing.kernel.casework.projecting import NEVER, Rows, colour
from dajing.kernel.clocks.api import day_of, working_days_between


def fact(*, kind: CaseKind, state: CaseState, event: Event, rows: Rows, origin: str) -> dict[str, Any]:
    """The row of ``casework.events`` for one event; see ``streams`` for its columns. ``origin`` says what it is."""
    due, warn_at = rows.case["due"], _warning(rows)
    assert isinstance(due, datetime)  # noqa: S101 - rows hold any value
    began = state.opened_at
    return {
        "record_id": f"{event.case}#{event.seq}",
        "case": event.case,
        "seq": event.seq,
        "kind": kind.id,
        "origin": origin,
        "area": state.area,
        "subject": state.subject,
        "verb": event.verb,
        "state": state.state,
        "at": event.at,
        "opened_at": began,
        "department": state.assignment.department if state.assignment else "",
        "due": None if due == NEVER else due,
        "colour": colour(warn_at=warn_at, due=due, at=event.at),
        "late": was_late(rows=rows, at=event.at),
        "hand_backs": state.hand_backs,
        "returned": state.returned,
        "reopened": state.reopened,
        "closed": not state.open,
        "duplicate": bool(state.main),
        "gross_days": worked_days(start=began, end=event.at),
        "net_days": worked_days(start=began, end=event.at) - paused_days(state=state, at=event.at),
    }


def _warning(rows: Rows) -> datetime | None:
    running = [row["warn_at"] for row in rows.clocks if row["stopped"] is None]
    return min((moment for moment in running if isinstance(moment, datetime)), default=None)


def was_late(*, rows: Rows, at: datetime) -> bool:
    """Whether some limit was ever passed: when its run stopped, or by ``at`` while it goes on."""
    for row in rows.clocks:
        due, stopped = row["due"], row["stopped"]
        until = stopped if isinstance(stopped, datetime) else at
        if isinstance(due, datetime) and due <= until:
            return True
    return False


def worked_days(*, start: datetime, end: datetime) -> int:
    """Working days from ``start`` to ``end``: the day of the start is not counted, that of the end is."""
    return working_days_between(first=day_of(start), last=day_of(end))


def paused_days(*, state: CaseState, at: datetime) -> int:
    """Working days that fell wholly into suspensions; the day of a suspension counts as worked, that of a resumption
    does not, as for clocks."""
    return sum(worked_days(start=pause.since, end=pause.until or at) for pause in state.pauses)


def outcomes(
    *, state: CaseState, event: Event, rows: Rows, origin: str, ended: datetime | None
) -> list[dict[str, Any]]:
    """The rows of ``casework.outcomes`` for a case that ``event`` ended; those that withdraw it where it reopened a
    case that had ``ended``; none otherwise."""
    if state.main or state.open == (ended is None):  # a duplicate is no outcome of its own
        return []
    late, days = was_late(rows=rows, at=event.at), worked_days(start=state.opened_at, end=event.at)
    values = {
        "late": float(late),
        "hand_backs": float(state.hand_backs),
        "rework": float(state.returned + state.reopened),
        "gross_days": float(days),
        "net_days": float(days - paused_days(state=state, at=event.at)),
    }
    period = f"{day_of(ended or event.at):%Y-%m}"
    held = state.worker or state.assignment
    return [
        {
            "record_id": state.id,
            "field": f"{state.kind}.{what}",
            "area": state.area,
            "period": period,
            "value": None if state.open else value,
            "kind": origin,
            "department": held.department if held else "",
            "revision": event.seq,
        }
        for what, value in values.items()
    ]
