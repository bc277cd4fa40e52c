"""Acts on cases: each is one log line, its projections, a ledger entry, an event and a fact, or nothing at all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db import IntegrityError, transaction

from dajing.kernel.bus.api import publish
from dajing.kernel.casework import rules, store
from dajing.kernel.casework.events import Assignment, Event, Party, Place
from dajing.kernel.casework.facts import fact, outcomes
from dajing.kernel.casework.folding import CaseState, apply
from dajing.kernel.casework.kinds import BUILT_IN, CaseKind, faults
from dajing.kernel.casework.models import Case, CaseEvent
from dajing.kernel.casework.privacy import parted
from dajing.kernel.casework.projecting import project
from dajing.kernel.casework.refusals import (
    CaseUnknown,
    ChangedMeanwhile,
    KeyUsedOtherwise,
    KindFaulty,
    UnableToAct,
    unable,
)
from dajing.kernel.casework.rules import Doer
from dajing.kernel.casework.streams import EVENTS, OUTCOMES
from dajing.kernel.identity.actor import Actor
from dajing.kernel.ledger.api import record
from dajing.kernel.measures.reading import Kind
from dajing.kernel.rows import plain
from dajing.kernel.series.api import append
from dajing.kernel.settings import settings
from dajing.kernel.text import Text

TITLE, WORDS = 200, 5_000  # characters


def open_case(
    *,
    kind: CaseKind,
    title: str,
    area: str,
    to: Assignment,
    by: Actor,
    at: datetime,
    key: str,
    subject: str = "",
    text: str = "",
    fields: dict[str, Any] | None = None,
    place: Place | None = None,
    parties: Sequence[Party] = (),
) -> CaseState:
    """Open a case held by ``to``; ``key`` names the request: the same key is the same case.

    ``title`` and ``text`` name no person unless the kind is private. ``subject`` is a reference to what it is about,
    ``fields`` are the kind's own. Raises ``KindFaulty`` or ``UnableToAct`` with every reason.
    """
    if found := faults(kind=kind):
        raise KindFaulty(zh="".join(f.zh for f in found), en="; ".join(f.en for f in found))
    case = case_id(kind=kind, key=key)

    def once() -> CaseState:
        if (done := _repeated(case, "open", by, key)) is not None:
            return done
        reasons = [] if by.roles.intersection(kind.openers) else [rules.NO_ROLE]
        reasons += _opening(kind, title, text, fields or {}, at)
        if reasons:
            raise unable(reasons=reasons)
        data: dict[str, Any] = {
            "kind_version": store.keep_kind(kind=kind),
            "title": title.strip(),
            "text": text.strip(),
        }
        data |= {"area": area, "subject": subject, "fields": msgspec.to_builtins(fields or {})}
        data |= {"to": msgspec.to_builtins(to), "from": by.department or to.department}
        data |= {"place": msgspec.to_builtins(place), "parties": msgspec.to_builtins(tuple(parties))}
        return _store(kind, None, _line(case, 1, "open", by, at, data), by, key)

    return _alone(case, 1, "open", by, key, once)


def _opening(kind: CaseKind, title: str, text: str, fields: dict[str, Any], at: datetime) -> list[Text]:
    found = [] if title.strip() else [Text(zh="请填写标题。", en="Give a title.")]
    return (
        found + _too_long(title, TITLE) + _too_long(text, WORDS) + rules.opening_faults(kind=kind, fields=fields, at=at)
    )


def case_id(*, kind: CaseKind, key: str) -> str:
    """The id of the case that ``open_case`` makes for ``key``."""
    return f"{kind.id}-{hashlib.sha256(key.encode()).hexdigest()[:20]}"


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
    fields: dict[str, Any] | None = None,
) -> CaseState:
    """Make a transition of the case's kind. ``seq`` is the state the author saw; ``evidence`` maps names to references.

    Raises ``UnableToAct`` with every reason, ``ChangedMeanwhile``, ``CaseUnknown`` or ``KeyUsedOtherwise``.
    """
    given = {name: reference for name, reference in (evidence or {}).items() if reference.strip()}

    def allowed(kind: CaseKind, state: CaseState) -> list[Text]:
        if verb in BUILT_IN:
            raise UnableToAct(zh=f"{verb} 不是流转动作。", en=f"{verb} is not a transition.")
        who, names = doer(by=by), frozenset(given)
        found = rules.objections(
            kind=kind, state=state, verb=verb, doer=who, reason=reason, evidence=names, fields=fields, at=at
        )
        return found + _too_long(reason, WORDS)

    data: dict[str, Any] = {"reason": reason, "evidence": given, "from": by.department or ""}
    data |= {"fields": msgspec.to_builtins(fields)} if fields else {}
    return perform(case, verb, data, by, at, seq, key, allowed)


def doer(*, by: Actor) -> Doer:
    """What the rules need of an actor."""
    return Doer(id=by.id, roles=by.roles, department=by.department, post=by.post)


def _too_long(words: str, limit: int) -> list[Text]:
    if len(words) <= limit:
        return []
    return [Text(zh=f"文字超过 {limit} 字；请精简或附文件。", en=f"Over {limit} characters; shorten or attach a file.")]


def perform(
    case: str, verb: str, data: dict[str, Any], by: Actor, at: datetime, seq: int, key: str, allowed: rules.Judge
) -> CaseState:
    """Store one act if ``allowed`` has no objection and nobody was faster; a repeated ``key`` answers as before."""

    def once() -> CaseState:
        try:
            kind, state = store.read(case=case)
        except Case.DoesNotExist:
            raise CaseUnknown(case=case) from None
        found = allowed(kind, state) if state.seq == seq else []
        if at < state.last_at:
            found.append(Text(zh="时间早于上一步；请检查时钟。", en="This is before the last act; check the clock."))
        if found or state.seq != seq:
            if (done := _repeated(case, verb, by, key)) is not None:  # asked only where the act cannot be the first
                return done
            raise unable(reasons=found) if state.seq == seq else ChangedMeanwhile
        return _store(kind, state, _line(case, seq + 1, verb, by, at, data), by, key)

    return _alone(case, seq + 1, verb, by, key, once)


def _alone(case: str, seq: int, verb: str, by: Actor, key: str, act: Callable[[], CaseState]) -> CaseState:
    """``act`` in one transaction. Where a line with this key is there already the answer is that one's; where another
    author's line has taken the place ``seq``, ``ChangedMeanwhile``."""
    try:
        with transaction.atomic():
            return act()
    except IntegrityError:
        if (done := _repeated(case, verb, by, key)) is not None:
            return done
        if CaseEvent.objects.filter(case=case, seq=seq).exists():
            raise ChangedMeanwhile from None
        raise


def _line(case: str, seq: int, verb: str, by: Actor, at: datetime, data: dict[str, Any]) -> Event:
    return Event(case=case, seq=seq, verb=verb, at=at.astimezone(UTC), by=by.id, post=by.post or "", data=data)


def _repeated(case: str, verb: str, by: Actor, key: str) -> CaseState | None:
    done = plain.read(of=CaseEvent, columns=("case", "verb", "by"), where='"key" = %s', given=[key])
    if not done:
        return None
    if done[0] != (case, verb, by.id):
        raise KeyUsedOtherwise(key=key)
    return store.read(case=case)[1]


def _store(kind: CaseKind, before: CaseState | None, event: Event, by: Actor, key: str) -> CaseState:
    data, sealed = parted(kind=kind, event=event)
    event = msgspec.structs.replace(event, data=data)
    state = apply(kind=kind, state=before, event=event)
    plain.add(into=CaseEvent, rows=[msgspec.structs.asdict(event) | {"sealed": sealed, "key": key}])
    rows = project(kind=kind, state=state)
    store.write(kind=kind, rows=rows, before=project(kind=kind, state=before) if before else None, at=event.at)
    detail = {"seq": event.seq, "state": state.state, "data": event.data}
    subject = f"case:{event.case}"
    record(act=f"casework.case.{event.verb}", by=by, at=event.at, subject=subject, detail=detail)
    payload: dict[str, Any] = {"case": event.case, "seq": event.seq, "kind": kind.id, "verb": event.verb}
    payload["state"] = state.state
    payload["turned"] = before is not None and before.open != state.open  # it ended, or was opened again
    publish(topic="casework.acted", payload=payload, at=event.at)
    origin = Kind.SYNTHETIC if settings().synthetic else Kind.MEASURED
    said = fact(kind=kind, state=state, event=event, rows=rows, origin=origin.value)
    append(stream=EVENTS, facts=[said], known_at=event.at)
    ended = before.closed_at if before else None
    told = outcomes(state=state, event=event, rows=rows, origin=origin.value, ended=ended)
    if told:
        append(stream=OUTCOMES, facts=told, known_at=event.at)
    return state
