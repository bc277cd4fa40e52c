"""A case kind as data: states, transitions, clocks and evidence."""

from __future__ import annotations

from datetime import time
from typing import Literal

import msgspec

from dajing.kernel.clocks.api import Clock, ClockMisdeclared, Unit
from dajing.kernel.text import Text


class State(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One state; ``open`` false ends the case, ``waiting`` says that somebody outside has to act.

    ``movable`` false: here the case can be neither assigned nor handed back.
    """

    id: str
    title: Text
    open: bool = True
    waiting: bool = False
    movable: bool = True


class Transition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One verb that moves a case from any of ``sources`` to ``target``.

    ``roles`` are those of which the actor needs one; ``by`` narrows further: ``assignee`` who holds the case,
    ``not_handler`` anybody but who handled it, ``checker`` who holds it and neither handled it nor sits in the
    department that did. ``handles`` makes the actor a handler. ``evidence`` lists what must come with the act, and so
    does the list in the case's field ``demands``; ``reason`` asks for words. ``goes`` hands the case on: to ``opener``
    (the department that opened it), to ``worker`` (who last acted as its assignee) or to the department or assignment
    in the field so named. ``sets`` names fields of the case that must come with it and take their new values,
    ``takes`` those that may. ``joint`` waits until every joint department has given its part; ``returns`` counts as
    rework.
    """

    verb: str
    title: Text
    sources: tuple[str, ...]
    target: str
    roles: tuple[str, ...]
    by: Literal["anyone", "assignee", "not_handler", "checker"] = "anyone"
    handles: bool = False
    evidence: tuple[str, ...] = ()
    demands: str = ""
    goes: str = ""
    reason: bool = False
    sets: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    joint: bool = False
    returns: bool = False


class ClockKind(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A time limit: it starts when a state of ``starts`` is entered and stops when one of ``stops`` is.

    ``length`` is in ``unit``; or ``dated`` names the field of the case that holds the last day (ISO 8601), and then
    ``unit`` is the calendar day and setting that field again begins a new run. ``warn`` is the share of the limit
    (0 to 1) after which the case turns yellow; past due it is red. ``source`` names the norm, or is empty while
    unconfirmed.
    """

    id: str
    title: Text
    unit: Unit = Unit.CALENDAR_DAY
    length: int = 0
    dated: str = ""
    starts: tuple[str, ...]
    stops: tuple[str, ...]
    warn: float = 0.8
    suspendable: bool = True
    source: str = ""
    hours: tuple[tuple[time, time], ...] = ()

    def clock(self, *, reasons: frozenset[str], amount: int = 0) -> Clock:
        """The limit to count by; ``reasons`` are the kind's for standing still, ``amount`` the days of a dated one.

        Raises ``ClockMisdeclared``.
        """
        return Clock(
            unit=self.unit,
            amount=amount or self.length,
            warn=(self.warn,),
            reasons=reasons if self.suspendable else frozenset(),
            hours=self.hours,
        )


class Escalation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``after`` working days past due the case is brought before holders of the role ``to``."""

    after: int
    to: str


class CaseKind(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of case. ``initial`` is the state after opening; ``assigners`` may assign, suspend and supervise.

    ``readers`` may read every case of the kind; anybody else those that concern their department.
    ``suspension_reasons`` are the only reasons for which a clock may stand still, each needing a document.
    ``private`` encrypts words and title per case; ``retention_days`` after its end they are erased (None: kept).
    """

    id: str
    title: Text
    initial: str
    openers: tuple[str, ...]
    assigners: tuple[str, ...]
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]
    clocks: tuple[ClockKind, ...] = ()
    suspension_reasons: dict[str, Text] = {}
    readers: tuple[str, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    private: bool = False
    retention_days: int | None = None

    def state(self, *, id: str) -> State:
        """The state ``id``; raises ``KeyError`` for one the kind does not have."""
        for state in self.states:
            if state.id == id:
                return state
        raise KeyError(id)

    def transition(self, *, verb: str, source: str) -> Transition | None:
        """The transition that ``verb`` makes from ``source``, or None."""
        return next((t for t in self.transitions if t.verb == verb and source in t.sources), None)


BUILT_IN = frozenset(
    {"open", "assign", "hand_back", "contribute", "link", "suspend", "resume", "supervise", "note", "escalate"}
)


def faults(*, kind: CaseKind) -> list[Text]:
    """Everything wrong with a kind, in words, all at once: states, dead ends, verbs, clocks."""
    states = {s.id for s in kind.states}
    found: list[Text] = []

    def say(zh: str, en: str) -> None:
        found.append(Text(zh=f"{kind.id}：{zh}", en=f"{kind.id}: {en}"))

    if kind.initial not in states:
        say(f"起始状态 {kind.initial} 不存在", f"the initial state {kind.initial} does not exist")
    seen: set[tuple[str, str]] = set()
    for transition in kind.transitions:
        if transition.verb in BUILT_IN:
            say(f"动作 {transition.verb} 是内置动作", f"the verb {transition.verb} is built in; choose another")
        if not transition.roles:
            say(f"动作 {transition.verb} 没有角色", f"the verb {transition.verb} names no role")
        for state in (*transition.sources, transition.target):
            if state not in states:
                say(f"动作 {transition.verb} 用到不存在的状态 {state}", f"{transition.verb} names no state {state}")
        for source in transition.sources:
            if (transition.verb, source) in seen:
                say(f"{source} 有两个 {transition.verb}", f"{source} has two transitions {transition.verb}")
            seen.add((transition.verb, source))
    return found + _graph_faults(kind, states) + _clock_faults(kind, states)


def _graph_faults(kind: CaseKind, states: set[str]) -> list[Text]:
    reached = {kind.initial}
    while more := {t.target for t in kind.transitions if reached.intersection(t.sources)} - reached:
        reached |= more
    found = [
        Text(zh=f"{kind.id}：状态 {s} 无法到达", en=f"{kind.id}: the state {s} cannot be reached")
        for s in sorted(states - reached)
    ]
    sources = {s for t in kind.transitions for s in t.sources}
    for state in kind.states:
        if state.open and state.id not in sources:
            zh, en = f"状态 {state.id} 没有出路也不是终点", f"the state {state.id} is open and has no way out"
            found.append(Text(zh=f"{kind.id}：{zh}", en=f"{kind.id}: {en}"))
    return found


def _runs(clock: ClockKind) -> bool:
    if clock.dated and (clock.unit != Unit.CALENDAR_DAY or clock.length):
        return False
    try:
        clock.clock(reasons=frozenset(), amount=1 if clock.dated else 0)
    except ClockMisdeclared:
        return False
    return True


def _clock_faults(kind: CaseKind, states: set[str]) -> list[Text]:
    found = []
    for clock in kind.clocks:
        unknown = sorted({*clock.starts, *clock.stops} - states)
        if unknown or not clock.starts or not clock.stops or not _runs(clock):
            zh = f"时限 {clock.id} 不完整（起止状态、长度或预警比例有误）"
            en = f"the clock {clock.id} is incomplete: check its states {unknown}, length and warning share"
            found.append(Text(zh=f"{kind.id}：{zh}", en=f"{kind.id}: {en}"))
    return found
