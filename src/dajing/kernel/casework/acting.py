"""One act by name, as the case's page and the API ask for it: only on a case that the actor may read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from dajing.kernel.areas.api import areas
from dajing.kernel.casework import handing, service
from dajing.kernel.casework.events import Assignment
from dajing.kernel.casework.folding import CaseState
from dajing.kernel.casework.reading import may_read
from dajing.kernel.casework.refusals import CaseUnknown
from dajing.kernel.identity.actor import Actor
from dajing.kernel.identity.api import department_names, holders
from dajing.kernel.text import Refusal, Text


class NowhereToGo(Refusal):
    """A department that does not exist, or a person or post that is not in it."""

    text = Text(
        zh="请选择现有的部门，以及其中在任的岗位或人员。",
        en="Choose a department that exists, and a post or person now in it.",
    )


class AreaUnknown(Refusal):
    """An area that the city does not have."""

    text = Text(zh="没有地区 {area}；请从列表中选择。", en="There is no area {area}; choose one of the list.")


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done: ``verb`` is a step of the kind or a built-in act, which takes what it needs of the rest."""

    verb: str
    words: str = ""
    evidence: dict[str, str] = {}
    fields: dict[str, Any] = {}
    to: Assignment | None = None
    proposal: str = ""
    main: str = ""
    reason: str = ""
    document: str = ""


def readable(*, case: str, by: Actor) -> None:
    """Raise ``CaseUnknown`` for a case that the actor may not read, as for one that does not exist."""
    if not may_read(case=case, by=by):
        raise CaseUnknown(case=case.replace("\0", ""))


def recipient(*, to: Assignment | None, at: datetime) -> Assignment:
    """``to``, if there are such departments and people. Raises ``NowhereToGo``."""
    if to is None or not {to.department, *to.joint} <= set(department_names()):
        raise NowhereToGo
    if to.person or to.post:
        there = holders(department=to.department, at=at)
        if to.person and to.person not in {one.id for one in there}:
            raise NowhereToGo
        if to.post and to.post not in {one.post for one in there}:
            raise NowhereToGo
    return to


def area(*, given: str) -> str:
    """The code of an area of the city, or nothing. Raises ``AreaUnknown``."""
    if given and given not in areas():
        raise AreaUnknown(area=given[:20])
    return given


def do(*, case: str, seq: int, order: Order, by: Actor, at: datetime, key: str) -> CaseState:
    """Do ``order``; ``seq`` is the state that the actor saw. Raises ``CaseUnknown`` or what the act refuses."""
    readable(case=case, by=by)
    given: dict[str, Any] = {"case": case, "by": by, "at": at, "seq": seq, "key": key}
    match order.verb:
        case "assign":
            return handing.assign(to=recipient(to=order.to, at=at), **given)
        case "hand_back":
            return handing.hand_back(reason=order.words, proposal=_department(order.proposal), **given)
        case "contribute":
            return handing.contribute(words=order.words, evidence=tuple(order.evidence.values()), **given)
        case "link":
            readable(case=order.main, by=by)
            return handing.link(main=order.main, **given)
        case "suspend":
            return handing.suspend(reason=order.reason, document=order.document, **given)
        case "resume":
            return handing.resume(**given)
        case "supervise":
            return handing.supervise(words=order.words, **given)
        case "note":
            return handing.note(words=order.words, evidence=tuple(order.evidence.values()), **given)
    return service.act(
        verb=order.verb, reason=order.words, evidence=order.evidence, fields=order.fields or None, **given
    )


def _department(proposal: str) -> str:
    if proposal and proposal not in department_names():
        raise NowhereToGo
    return proposal
