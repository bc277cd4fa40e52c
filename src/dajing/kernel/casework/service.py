"""Acts on cases: each is one log line, its projections, a ledger entry, an event and a fact, or nothing at all."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db import IntegrityError, transaction

from dajing.kernel.bus.api import publish
from dajing.kernel.casework import rules, store
from dajing.kernel.casework.events import Assignment, Event
from dajing.kernel.casework.kinds import BUILT_IN, CaseKind, faults
from dajing.kernel.casework.models import Case, CaseEvent
from dajing.kernel.casework.projecting import project
from dajing.kernel.casework.refusals import (
    CaseUnknown,
    ChangedMeanwhile,
    KeyUsedOtherwise,
    KindFaulty,
    UnableToAct,
    unable,
)
from dajing.kernel.casework.rules import CaseState, Doer
from dajing.kernel.casework.streams import EVENTS
from dajing.kernel.identity.actor import Actor
from dajing.kernel.ledger.api import record
from dajing.kernel.series.api import append
from dajing.kernel.text import Text

NO_ROLE = Text(
    zh="您的岗位没有此权限；请联系本部门负责人。", en="Your post may not do this; ask the head of your department."
)


def open_case(
    *, kind: CaseKind, title: str, area: str, to: Assignment, by: Actor, at: datetime, key: str, subject: str = ""
) -> CaseState:
    """Open a case held by ``to``. ``title`` names no person; ``key`` names the request: the same key is the same case.

    ``subject`` is a reference to what it is about. Raises ``KindFaulty`` or ``UnableToAct``.
    """
    if found := faults(kind=kind):
        raise KindFaulty(zh="".join(f.zh for f in found), en="; ".join(f.en for f in found))
    case = f"{kind.id}-{hashlib.sha256(key.encode()).hexdigest()[:20]}"
    with transaction.atomic():
        if (done := _repeated(case, "open", by, key)) is not None:
            return done
        if not by.roles.intersection(kind.openers):
            raise unable(reasons=[NO_ROLE])
        if not title.strip():
            raise unable(reasons=[Text(zh="请填写标题。", en="Give a title.")])
        data = {"kind_version": store.keep_kind(kind=kind), "title": title.strip(), "area": area, "subject": subject}
        data |= {"to": msgspec.to_builtins(to), "from": by.department or to.department}
        return _store(kind, None, _line(case, 1, "open", by, at, data), by, key)


def act(
    *,
    case: str,
    verb: str,
    by: Actor,
    at: datetime,
    seq: int,
    key: str,
    reason: str = "",
    evidence: dict[str, str] | None = None,
) -> CaseState:
    """Make a transition of the case's kind. ``seq`` is the state the author saw; ``evidence`` maps names to references.

    Raises ``UnableToAct`` with every reason, ``ChangedMeanwhile``, ``CaseUnknown`` or ``KeyUsedOtherwise``.
    """
    given = {name: reference for name, reference in (evidence or {}).items() if reference.strip()}

    def allowed(kind: CaseKind, state: CaseState) -> list[Text]:
        if verb in BUILT_IN:
            raise UnableToAct(zh=f"{verb} 不是流转动作。", en=f"{verb} is not a transition.")
        return rules.objections(
            kind=kind, state=state, verb=verb, doer=doer(by=by), reason=reason, evidence=frozenset(given)
        )

    return perform(case, verb, {"reason": reason, "evidence": given}, by, at, seq, key, allowed)


def doer(*, by: Actor) -> Doer:
    """What the rules need of an actor."""
    return Doer(id=by.id, roles=by.roles, department=by.department, post=by.post)


def perform(
    case: str, verb: str, data: dict[str, Any], by: Actor, at: datetime, seq: int, key: str, allowed: rules.Judge
) -> CaseState:
    """Store one act if ``allowed`` has no objection and nobody was faster; a repeated ``key`` answers as before."""
    with transaction.atomic():
        if (done := _repeated(case, verb, by, key)) is not None:
            return done
        try:
            kind, state = store.read(case=case)
        except Case.DoesNotExist:
            raise CaseUnknown(case=case) from None
        if state.seq != seq:
            raise ChangedMeanwhile
        found = allowed(kind, state)
        if at < state.last_at:
            found.append(Text(zh="时间早于上一步；请检查时钟。", en="This is before the last act; check the clock."))
        if found:
            raise unable(reasons=found)
        return _store(kind, state, _line(case, seq + 1, verb, by, at, data), by, key)


def _line(case: str, seq: int, verb: str, by: Actor, at: datetime, data: dict[str, Any]) -> Event:
    return Event(case=case, seq=seq, verb=verb, at=at.astimezone(UTC), by=by.id, post=by.post or "", data=data)


def _repeated(case: str, verb: str, by: Actor, key: str) -> CaseState | None:
    done = CaseEvent.objects.filter(key=key).first()
    if done is None:
        return None
    if (done.case, done.verb, done.by) != (case, verb, by.id):
        raise KeyUsedOtherwise(key=key)
    return store.read(case=case)[1]


def _store(kind: CaseKind, before: CaseState | None, event: Event, by: Actor, key: str) -> CaseState:
    state = rules.apply(kind=kind, state=before, event=event)
    try:
        with transaction.atomic():
            CaseEvent.objects.create(**msgspec.structs.asdict(event), key=key)
    except IntegrityError:
        raise ChangedMeanwhile from None
    store.write(rows=project(kind=kind, state=state))
    detail = {"seq": event.seq, "state": state.state, "data": event.data}
    record(act=f"casework.case.{event.verb}", by=by, at=event.at, subject=f"case:{event.case}", detail=detail)
    payload = {"case": event.case, "seq": event.seq, "kind": kind.id, "verb": event.verb, "state": state.state}
    publish(topic="casework.acted", payload=payload, at=event.at)
    append(stream=EVENTS, facts=[_fact(kind, state, event)], known_at=event.at)
    return state


def _fact(kind: CaseKind, state: CaseState, event: Event) -> dict[str, Any]:
    return {
        "record_id": f"{event.case}#{event.seq}",
        "case": event.case,
        "seq": event.seq,
        "kind": kind.id,
        "area": state.area,
        "verb": event.verb,
        "state": state.state,
        "at": event.at,
        "department": state.assignment.department if state.assignment else "",
        "hand_backs": state.hand_backs,
        "reopened": state.reopened,
        "closed": state.closed_at is not None,
    }
