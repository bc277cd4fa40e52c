"""The state of a case from its log; pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import msgspec

from dajing.kernel.casework.events import Assignment, Event, Party, Place
from dajing.kernel.casework.kinds import CaseKind, ClockKind


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a clock: when it started, its last day where it is dated and, once stopped, when."""

    clock: str
    started: datetime
    until: date | None = None
    stopped: datetime | None = None


class Pause(msgspec.Struct, frozen=True, kw_only=True):
    """A suspension with its listed reason and its document."""

    reason: str
    document: str
    since: datetime
    until: datetime | None = None


class CaseState(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a case is, as its log says; equal logs give equal states.

    ``fields`` are the kind's own; ``involved`` every department that ever had to do with it; ``main`` the case of
    which this is a duplicate; ``worker`` held it when its assignee last acted; ``contributed`` the joint departments
    that gave their part. ``title`` is empty where the kind is private.
    """

    id: str
    kind: str
    kind_version: str
    title: str
    area: str
    state: str
    seq: int
    opened_at: datetime
    opened_by: str
    last_at: datetime
    subject: str = ""
    fields: dict[str, Any] = {}
    place: Place | None = None
    parties: tuple[Party, ...] = ()
    assignment: Assignment | None = None
    assigned_from: str = ""
    opened_from: str = ""
    worker: Assignment | None = None
    involved: tuple[str, ...] = ()
    contributed: tuple[str, ...] = ()
    handlers: tuple[str, ...] = ()
    closed_at: datetime | None = None
    clocks: tuple[Running, ...] = ()
    pauses: tuple[Pause, ...] = ()
    main: str = ""
    hand_backs: int = 0
    returned: int = 0
    reopened: int = 0
    supervised: int = 0
    escalated: int = 0
    proposal: str = ""

    @property
    def suspended(self) -> bool:
        """Whether the clocks stand still now."""
        return bool(self.pauses) and self.pauses[-1].until is None

    @property
    def open(self) -> bool:
        """Whether it has not ended."""
        return self.closed_at is None


def fold(*, kind: CaseKind, events: Iterable[Event]) -> CaseState | None:
    """The state after ``events`` (in order of ``seq``); None for an empty log."""
    state = None
    for event in events:
        state = apply(kind=kind, state=state, event=event)
    return state


def apply(*, kind: CaseKind, state: CaseState | None, event: Event) -> CaseState:
    """The state after one more event; the event was allowed when it was stored and is not judged again."""
    if state is None:
        return _opened(kind, event)
    state = msgspec.structs.replace(state, seq=event.seq, last_at=event.at)
    built_in = _BUILT_IN.get(event.verb)
    if built_in is not None:
        return built_in(state, event)
    return _moved(kind, state, event)


def _assigned(state: CaseState, event: Event) -> CaseState:
    held = msgspec.convert(event.data["to"], Assignment)
    state = msgspec.structs.replace(
        state, assignment=held, assigned_from=event.data["from"], contributed=(), proposal=""
    )
    return _involving(state, event.data["from"], held.department, *held.joint)


def _handed_back(state: CaseState, event: Event) -> CaseState:
    back = Assignment(department=state.assigned_from)
    proposal = str(event.data.get("proposal", ""))
    return msgspec.structs.replace(state, assignment=back, hand_backs=state.hand_backs + 1, proposal=proposal)


def _contributed(state: CaseState, event: Event) -> CaseState:
    return msgspec.structs.replace(state, contributed=tuple(sorted({*state.contributed, event.data["department"]})))


def _linked(state: CaseState, event: Event) -> CaseState:
    clocks = tuple(msgspec.structs.replace(run, stopped=run.stopped or event.at) for run in state.clocks)
    return msgspec.structs.replace(state, main=event.data["main"], closed_at=event.at, clocks=clocks)


def _suspended(state: CaseState, event: Event) -> CaseState:
    pause = Pause(reason=event.data["reason"], document=event.data["document"], since=event.at)
    return msgspec.structs.replace(state, pauses=(*state.pauses, pause))


def _resumed(state: CaseState, event: Event) -> CaseState:
    last = msgspec.structs.replace(state.pauses[-1], until=event.at)
    return msgspec.structs.replace(state, pauses=(*state.pauses[:-1], last))


def _supervised(state: CaseState, _event: Event) -> CaseState:
    return msgspec.structs.replace(state, supervised=state.supervised + 1)


def _escalated(state: CaseState, _event: Event) -> CaseState:
    return msgspec.structs.replace(state, escalated=state.escalated + 1)


def _noted(state: CaseState, _event: Event) -> CaseState:
    return state


_BUILT_IN = {
    "assign": _assigned,
    "hand_back": _handed_back,
    "contribute": _contributed,
    "link": _linked,
    "suspend": _suspended,
    "resume": _resumed,
    "supervise": _supervised,
    "escalate": _escalated,
    "note": _noted,
}


def _opened(kind: CaseKind, event: Event) -> CaseState:
    data = event.data
    held = msgspec.convert(data["to"], Assignment)
    state = CaseState(
        id=event.case,
        kind=kind.id,
        kind_version=data["kind_version"],
        title=data.get("title", ""),
        area=data["area"],
        subject=data.get("subject", ""),
        fields=data.get("fields", {}),
        place=msgspec.convert(data.get("place"), Place | None),
        parties=msgspec.convert(data.get("parties", ()), tuple[Party, ...]),
        state=kind.initial,
        seq=event.seq,
        opened_at=event.at,
        opened_by=event.by,
        last_at=event.at,
        assignment=held,
        assigned_from=data["from"],
        opened_from=data["from"],
    )
    return _tick(kind, _involving(state, data["from"], held.department, *held.joint), event.at)


def _involving(state: CaseState, *departments: str) -> CaseState:
    involved = tuple(sorted({*state.involved, *(name for name in departments if name)}))
    return msgspec.structs.replace(state, involved=involved)


def _moved(kind: CaseKind, state: CaseState, event: Event) -> CaseState:
    transition = kind.transition(verb=event.verb, source=state.state)
    if transition is None:
        raise ValueError(f"{event.case}#{event.seq}: {event.verb} is no transition of {kind.id} from {state.state}")
    was_open, is_open = kind.state(id=state.state).open, kind.state(id=transition.target).open
    handled = transition.handles and event.by not in state.handlers
    given, held = event.data.get("fields", {}), state.assignment
    state = msgspec.structs.replace(
        state,
        state=transition.target,
        fields=state.fields | given,
        handlers=(*state.handlers, event.by) if handled else state.handlers,
        closed_at=None if is_open else event.at,
        returned=state.returned + transition.returns,
        reopened=state.reopened + (1 if is_open and not was_open else 0),
    )
    if transition.by == "assignee":
        state = msgspec.structs.replace(state, worker=held)
    if transition.goes:
        state = _sent(state, transition.goes, came_from=event.data.get("from", ""))
    return _tick(kind, state, event.at, changed=frozenset(given))


def _sent(state: CaseState, goes: str, *, came_from: str) -> CaseState:
    to = recipient(state=state, goes=goes)
    if to is None:
        return state
    state = msgspec.structs.replace(state, assignment=to, assigned_from=came_from or state.assigned_from)
    return _involving(state, to.department, *to.joint)


def recipient(*, state: CaseState, goes: str) -> Assignment | None:
    """Whom a transition hands the case to; None where nobody is named and it stays."""
    if goes == "opener":
        return Assignment(department=state.opened_from)
    if goes == "worker":
        return state.worker
    named = state.fields.get(goes)
    if isinstance(named, str):
        return Assignment(department=named) if named else None
    return None if named is None else msgspec.convert(named, Assignment)


def _tick(kind: CaseKind, state: CaseState, at: datetime, *, changed: frozenset[str] = frozenset()) -> CaseState:
    """Start and stop clocks on entering a state; a new date ends the run under the old one."""
    clocks = list(state.clocks)
    for clock in kind.clocks:
        place = next((i for i, r in enumerate(clocks) if r.clock == clock.id and r.stopped is None), None)
        if place is not None and (state.state in clock.stops or clock.dated in changed):
            clocks[place] = msgspec.structs.replace(clocks[place], stopped=at)
        running = place is not None and clocks[place].stopped is None
        starts = state.state in clock.starts or (clock.dated in changed and place is not None)
        if not running and starts and state.state not in clock.stops:
            clocks.append(Running(clock=clock.id, started=at, until=last_day(clock=clock, fields=state.fields)))
    return msgspec.structs.replace(state, clocks=tuple(clocks))


def last_day(*, clock: ClockKind, fields: dict[str, Any]) -> date | None:
    """The last day of a dated clock, or None for one with a length; raises ``ValueError`` for what is no date."""
    return date.fromisoformat(str(fields.get(clock.dated, ""))) if clock.dated else None
