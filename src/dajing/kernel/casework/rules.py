"""The state of a case from its log, and whether an act is allowed; pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec

from dajing.kernel.casework.events import Assignment, Event
from dajing.kernel.casework.kinds import CaseKind
from dajing.kernel.text import Text


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a clock: when it started and, once stopped, when."""

    clock: str
    started: datetime
    stopped: datetime | None = None


class Pause(msgspec.Struct, frozen=True, kw_only=True):
    """A suspension with its listed reason and its document."""

    reason: str
    document: str
    since: datetime
    until: datetime | None = None


class CaseState(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a case is, as its log says; equal logs give equal states."""

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
    assignment: Assignment | None = None
    assigned_from: str = ""
    handlers: tuple[str, ...] = ()
    closed_at: datetime | None = None
    clocks: tuple[Running, ...] = ()
    pauses: tuple[Pause, ...] = ()
    hand_backs: int = 0
    reopened: int = 0
    supervised: int = 0

    @property
    def suspended(self) -> bool:
        """Whether the clocks stand still now."""
        return bool(self.pauses) and self.pauses[-1].until is None


Judge = Callable[[CaseKind, CaseState], list[Text]]


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
    data = event.data
    match event.verb:
        case "assign":
            held = msgspec.convert(data["to"], Assignment)
            return msgspec.structs.replace(state, assignment=held, assigned_from=data["from"])
        case "hand_back":
            back = Assignment(department=state.assigned_from)
            return msgspec.structs.replace(state, assignment=back, hand_backs=state.hand_backs + 1)
        case "suspend":
            pause = Pause(reason=data["reason"], document=data["document"], since=event.at)
            return msgspec.structs.replace(state, pauses=(*state.pauses, pause))
        case "resume":
            last = msgspec.structs.replace(state.pauses[-1], until=event.at)
            return msgspec.structs.replace(state, pauses=(*state.pauses[:-1], last))
        case "supervise":
            return msgspec.structs.replace(state, supervised=state.supervised + 1)
        case "note":
            return state
    return _moved(kind, state, event)


def _opened(kind: CaseKind, event: Event) -> CaseState:
    data = event.data
    state = CaseState(
        id=event.case,
        kind=kind.id,
        kind_version=data["kind_version"],
        title=data["title"],
        area=data["area"],
        subject=data.get("subject", ""),
        state=kind.initial,
        seq=event.seq,
        opened_at=event.at,
        opened_by=event.by,
        last_at=event.at,
        assignment=msgspec.convert(data["to"], Assignment),
        assigned_from=data["from"],
    )
    return _tick(kind, state, event.at)


def _moved(kind: CaseKind, state: CaseState, event: Event) -> CaseState:
    transition = kind.transition(verb=event.verb, source=state.state)
    if transition is None:
        raise ValueError(f"{event.case}#{event.seq}: {event.verb} is no transition of {kind.id} from {state.state}")
    was_open, is_open = kind.state(id=state.state).open, kind.state(id=transition.target).open
    state = msgspec.structs.replace(
        state,
        state=transition.target,
        handlers=(*state.handlers, event.by)
        if transition.handles and event.by not in state.handlers
        else state.handlers,
        closed_at=None if is_open else event.at,
        reopened=state.reopened + (1 if is_open and not was_open else 0),
    )
    return _tick(kind, state, event.at)


def _tick(kind: CaseKind, state: CaseState, at: datetime) -> CaseState:
    """Start and stop clocks on entering a state."""
    clocks = list(state.clocks)
    for clock in kind.clocks:
        running = next((i for i, r in enumerate(clocks) if r.clock == clock.id and r.stopped is None), None)
        if running is not None and state.state in clock.stops:
            clocks[running] = msgspec.structs.replace(clocks[running], stopped=at)
        elif running is None and state.state in clock.starts:
            clocks.append(Running(clock=clock.id, started=at))
    return msgspec.structs.replace(state, clocks=tuple(clocks))


class Doer(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules need to know of an actor."""

    id: str
    roles: frozenset[str]
    department: str | None = None
    post: str | None = None


def holds(*, doer: Doer, assignment: Assignment | None) -> bool:
    """Whether ``doer`` is the person, sits in the post, or else belongs to the department that holds the case."""
    if assignment is None:
        return False
    if assignment.person is not None:
        return doer.id == assignment.person
    if assignment.post is not None:
        return doer.post == assignment.post
    return doer.department is not None and doer.department in (assignment.department, *assignment.joint)


def objections(
    *, kind: CaseKind, state: CaseState, verb: str, doer: Doer, reason: str = "", evidence: frozenset[str] = frozenset()
) -> list[Text]:
    """Why ``doer`` may not do ``verb`` now, all at once; empty when it is allowed."""
    transition = kind.transition(verb=verb, source=state.state)
    if transition is None:
        title = kind.state(id=state.state).title
        return [
            Text(
                zh=f"“{title.zh}”状态下不能进行此操作；请刷新后查看可用操作。",
                en=f"This cannot be done while the case is “{title.en}”; reload to see what can.",
            )
        ]
    found = []
    if not doer.roles.intersection(transition.roles):
        found.append(
            Text(
                zh="您的岗位没有此权限；请联系本部门负责人。",
                en="Your post may not do this; ask the head of your department.",
            )
        )
    if transition.by == "assignee" and not holds(doer=doer, assignment=state.assignment):
        found.append(
            Text(
                zh="此件不在您处；请先由经办人转交。",
                en="The case is not with you; its holder must hand it over.",
            )
        )
    if transition.by == "not_handler" and doer.id in state.handlers:
        found.append(
            Text(
                zh="处理人不能核查自己的处理结果；请由他人核查。",
                en="The handler cannot verify; ask somebody else.",
            )
        )
    if state.suspended and not kind.state(id=transition.target).waiting:
        found.append(Text(zh="此件已中止计时；请先恢复。", en="The case is suspended; resume it first."))
    if transition.reason and not reason.strip():
        found.append(Text(zh="请说明理由。", en="Give the reason."))
    missing = sorted(set(transition.evidence) - evidence)
    if missing:
        found.append(Text(zh=f"缺少材料：{'、'.join(missing)}。", en=f"Evidence is missing: {', '.join(missing)}."))
    return found
