"""One act on many cases: each is an act of its own, with its own answer; one that is refused stops no other."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

import msgspec

from dajing.kernel.casework import acting, handing, service, store
from dajing.kernel.casework.events import Assignment
from dajing.kernel.casework.kinds import CaseKind
from dajing.kernel.casework.models import Case
from dajing.kernel.casework.refusals import CaseUnknown, unable
from dajing.kernel.identity.actor import Actor
from dajing.kernel.identity.api import holders
from dajing.kernel.text import Refusal, Text

MOST = 200  # cases in one request
ELSEWHERE = Text(zh="此件由其他部门主办；请先由其转交。", en="Another department holds the case; it must hand it over.")
STRANGER = Text(
    zh="此人不在本部门任职；请重新选择。", en="This person holds no post in your department; choose another."
)
STEP = "step:"

ACTS = {
    "give": Text(zh="交给本部门人员", en="Give to somebody of the department"),
    "supervise": Text(zh="督办", en="Supervise"),
    "note": Text(zh="记录说明", en="Add a note"),
    "hand_back": Text(zh="退回派出部门", en="Hand back to the department that gave it"),
}


class TooMany(Refusal):
    """More cases at once than one request may hold."""

    text = Text(zh="一次最多处理 {most} 件；请分批选择。", en="At most {most} cases can be done at once; choose fewer.")


class NothingChosen(Refusal):
    """A form without an act."""

    text = Text(zh="请选择要做什么。", en="Choose what is to be done.")


class NowhereToGo(Refusal):
    """A department that does not exist."""

    text = Text(zh="请选择接收部门。", en="Choose the department that shall have it.")


class FilesRefused(Refusal):
    """Files brought as evidence that are not taken."""

    text = Text(zh="{zh}", en="{en}")


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """One ticked line: the case and the state in which its author saw it."""

    case: str
    seq: int


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done: ``act`` is one of ``ACTS`` or ``step:<verb>``; ``to`` a person, ``proposal`` a department."""

    act: str
    words: str = ""
    to: str = ""
    proposal: str = ""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one case: done, or why not."""

    case: str
    refused: Text | None = None


def steps(*, kinds: Sequence[CaseKind]) -> dict[str, Text]:
    """The transitions of ``kinds`` that ask for no evidence, so that one form can carry them for many cases."""
    return {f"{STEP}{t.verb}": t.title for kind in kinds for t in kind.transitions if not t.evidence}


def act_on(*, chosen: Sequence[Chosen], order: Order, by: Actor, at: datetime, key: str) -> list[Result]:
    """Do ``order`` to each case; the same ``key`` again has no second effect. Raises ``TooMany``."""
    if len(chosen) > MOST:
        raise TooMany(most=MOST)
    return [_one(one, order, by, at, _key(key, one)) for one in chosen]


def _key(key: str, one: Chosen) -> str:
    """A key for one case of the request; hashed, because the log bounds the length of keys."""
    return f"bulk:{hashlib.sha256(f'{key}:{one.case}'.encode()).hexdigest()}"


def _one(one: Chosen, order: Order, by: Actor, at: datetime, key: str) -> Result:
    try:
        do(one=one, order=order, by=by, at=at, key=key)
    except Refusal as refusal:
        return Result(case=one.case, refused=refusal.message)
    return Result(case=one.case)


def do(*, one: Chosen, order: Order, by: Actor, at: datetime, key: str) -> None:
    """Do ``order`` to one case that the actor may read; raises what the act refuses."""
    acting.readable(case=one.case, by=by)
    case, seq, words = one.case, one.seq, order.words
    match order.act:
        case "give":
            handing.assign(case=case, to=_within(case, order.to, by, at), by=by, at=at, seq=seq, key=key)
        case "supervise":
            handing.supervise(case=case, words=words, by=by, at=at, seq=seq, key=key)
        case "note":
            handing.note(case=case, words=words, evidence=(), by=by, at=at, seq=seq, key=key)
        case "hand_back":
            handing.hand_back(
                case=case, reason=words, proposal=order.proposal, by=by, at=at, seq=seq, key=key
            )  # fmt: skip
        case act:
            verb = act.removeprefix(STEP)
            service.act(case=case, verb=verb, by=by, at=at, seq=seq, key=key, reason=words)


def _within(case: str, person: str, by: Actor, at: datetime) -> Assignment:
    """The case's present assignment, with another person of the actor's own department (or nobody in particular)."""
    try:
        held = store.read(case=case)[1].assignment
    except Case.DoesNotExist:
        raise CaseUnknown(case=case) from None
    if held is None or held.department != by.department:
        raise unable(reasons=[ELSEWHERE])
    if person and person not in {holder.id for holder in holders(department=held.department, at=at)}:
        raise unable(reasons=[STRANGER])
    return msgspec.structs.replace(held, post=None, person=person or None)
