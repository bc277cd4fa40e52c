"""The acts that every case has: assign, hand back, contribute, link, suspend, resume, supervise, note."""

from __future__ import annotations

from datetime import datetime

import msgspec

from dajing.kernel.casework.events import Assignment
from dajing.kernel.casework.folding import CaseState
from dajing.kernel.casework.kinds import CaseKind
from dajing.kernel.casework.models import Case
from dajing.kernel.casework.refusals import unable
from dajing.kernel.casework.rules import ENDED, FIXED, NO_ROLE, NOT_WITH_YOU, helps, holds
from dajing.kernel.casework.service import doer, perform
from dajing.kernel.identity.actor import Actor
from dajing.kernel.text import Text

NOT_JOINT = Text(zh="贵单位不是此件的协办单位。", en="Your department does not handle this case jointly with another.")


def _words(words: str, wanted: Text) -> None:
    if not words.strip():
        raise unable(reasons=[wanted])


def _assigner(by: Actor, kind: CaseKind, state: CaseState) -> list[Text]:
    found = [] if by.roles.intersection(kind.assigners) else [NO_ROLE]
    return found if state.open else [*found, ENDED]


def _holder(by: Actor, kind: CaseKind, state: CaseState) -> list[Text]:
    found = [] if holds(doer=doer(by=by), assignment=state.assignment) else [NOT_WITH_YOU]
    return found if state.open else [*found, ENDED]


def _helper(by: Actor, kind: CaseKind, state: CaseState) -> list[Text]:
    found = [] if helps(doer=doer(by=by), assignment=state.assignment) else [NOT_JOINT]
    return found if state.open else [*found, ENDED]


def assign(*, case: str, to: Assignment, by: Actor, at: datetime, seq: int, key: str) -> CaseState:
    """Give the case to a department, and within it a post or person; raises as ``act`` does."""
    data = {"to": msgspec.to_builtins(to), "from": by.department or to.department}

    def allowed(kind: CaseKind, state: CaseState) -> list[Text]:
        found = _assigner(by, kind, state)
        return found if kind.state(id=state.state).movable else [*found, FIXED]

    return perform(case, "assign", data, by, at, seq, key, allowed)


def hand_back(*, case: str, reason: str, proposal: str, by: Actor, at: datetime, seq: int, key: str) -> CaseState:
    """Return the case to the department that gave it, with the reason and who should have it instead."""
    _words(reason, Text(zh="请说明退回理由。", en="Give the reason for handing it back."))
    _words(proposal, Text(zh="请提出应由谁办理。", en="Propose who should handle it."))
    data = {"reason": reason, "proposal": proposal}

    def allowed(kind: CaseKind, state: CaseState) -> list[Text]:
        found = _holder(by, kind, state)
        if not kind.state(id=state.state).movable:
            found.append(FIXED)
        if by.department == state.assigned_from:
            found.append(Text(zh="此件由本部门派出，不能退回本部门。", en="Your department gave it; assign it."))
        return found

    return perform(case, "hand_back", data, by, at, seq, key, allowed)


def contribute(
    *, case: str, words: str, evidence: tuple[str, ...], by: Actor, at: datetime, seq: int, key: str
) -> CaseState:
    """Give a joint department's part; the lead's report waits for those of all."""
    _words(words, Text(zh="请填写本单位办理情况。", en="Write what your department has done."))
    data = {"words": words, "evidence": list(evidence), "department": by.department or ""}
    return perform(case, "contribute", data, by, at, seq, key, lambda kind, state: _helper(by, kind, state))


def link(*, case: str, main: str, by: Actor, at: datetime, seq: int, key: str) -> CaseState:
    """Make the case a duplicate of ``main`` (open, no duplicate itself): it keeps its log and leaves all queues."""

    def allowed(kind: CaseKind, state: CaseState) -> list[Text]:
        other = Case.objects.filter(pk=main, kind=kind.id, open=True, main="").exclude(pk=case)
        found = _assigner(by, kind, state)
        if not other.exists():
            found.append(Text(zh="主件不存在、已办结或本身是重复件。", en="There is no such open case to link it to."))
        if Case.objects.filter(main=case).exists():
            found.append(Text(zh="已有重复件并入此件。", en="Other cases are linked to this one; link them first."))
        return found

    return perform(case, "link", {"main": main}, by, at, seq, key, allowed)


def suspend(*, case: str, reason: str, document: str, by: Actor, at: datetime, seq: int, key: str) -> CaseState:
    """Let the clocks stand still for one of the kind's listed reasons, on a document."""
    _words(document, Text(zh="请附中止依据文书。", en="Name the document that orders the suspension."))

    def allowed(kind: CaseKind, state: CaseState) -> list[Text]:
        found = _assigner(by, kind, state)
        if reason not in kind.suspension_reasons:
            found.append(Text(zh="该理由不在可中止之列。", en="This is not a listed reason for a suspension."))
        if state.suspended:
            found.append(Text(zh="此件已中止。", en="The case is suspended already."))
        return found

    return perform(case, "suspend", {"reason": reason, "document": document}, by, at, seq, key, allowed)


def resume(*, case: str, by: Actor, at: datetime, seq: int, key: str) -> CaseState:
    """Let the clocks run again."""

    def allowed(kind: CaseKind, state: CaseState) -> list[Text]:
        found = _assigner(by, kind, state)
        return found if state.suspended else [*found, Text(zh="此件未中止。", en="The case is not suspended.")]

    return perform(case, "resume", {}, by, at, seq, key, allowed)


def supervise(*, case: str, words: str, by: Actor, at: datetime, seq: int, key: str) -> CaseState:
    """Urge the holder (督办), with words that are kept."""
    _words(words, Text(zh="请填写督办意见。", en="Give the words of the supervision."))
    return perform(case, "supervise", {"words": words}, by, at, seq, key, lambda k, s: _assigner(by, k, s))


def note(*, case: str, words: str, evidence: tuple[str, ...], by: Actor, at: datetime, seq: int, key: str) -> CaseState:
    """Add words and references to evidence while holding the case."""
    _words(words, Text(zh="请填写内容。", en="Write what is to be noted."))
    data = {"words": words, "evidence": list(evidence)}
    return perform(case, "note", data, by, at, seq, key, lambda kind, state: _holder(by, kind, state))
