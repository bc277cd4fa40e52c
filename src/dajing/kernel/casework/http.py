"""``/api/v1/casework``: the work queue and cases for machines, with the same rules and acts as the pages.

A client is its department's: its token's scopes are its roles. What may not be read is answered as unknown. Each act
needs the header ``Idempotency-Key``; the same key again has no second effect and the same answer.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from django.http import HttpRequest
from ninja import Header, Query, Router
from pydantic import AwareDatetime, Field

from dajing.kernel.casework import acting, queue, reading, service
from dajing.kernel.casework.events import Assignment, Place
from dajing.kernel.casework.folding import CaseState
from dajing.kernel.casework.registry import kind as kind_of
from dajing.kernel.casework.registry import kinds
from dajing.kernel.identity.actor import Actor
from dajing.kernel.web.bearer import Bearer, Plain, caller, key_of

ROUTER = Router(auth=Bearer())
MOST = 200
Key = Header[str]
Said = Annotated[str, Field(max_length=5_000)]
Given = Annotated[dict[str, Said | int | float | bool | list[Said]], Field(max_length=100)]
Proofs = Annotated[dict[str, Annotated[str, Field(max_length=300)]], Field(max_length=200)]


class To(Plain):
    """Whom a case is given to."""

    department: str = Field(max_length=60)
    post: str | None = Field(None, max_length=80)
    person: str | None = Field(None, max_length=80)
    joint: list[str] = Field([], max_length=50)

    def assignment(self) -> Assignment:
        """As casework has it."""
        return Assignment(
            department=self.department, post=self.post, person=self.person, joint=tuple(sorted(set(self.joint)))
        )


class Where(Plain):
    """A place: WGS-84 degrees and words."""

    longitude: float | None = Field(None, ge=-180, le=180)
    latitude: float | None = Field(None, ge=-90, le=90)
    address: str = Field("", max_length=200)


class NewCase(Plain):
    """A new case."""

    kind: str = Field(max_length=60)
    title: str
    text: str = ""
    area: str = Field("", max_length=20)
    to: To
    subject: str = Field("", max_length=120)
    fields: Given = {}
    place: Where | None = None


class OneAct(Plain):
    """One act: a step of the kind, or ``assign``, ``hand_back``, ``contribute``, ``link``, ``suspend``, ``resume``,
    ``supervise``, ``note``; ``seq`` is the state that the caller saw, ``words`` the reason or the text."""

    verb: str = Field(max_length=60)
    seq: int = Field(ge=1, lt=2**31)
    words: str = ""
    evidence: Proofs = {}
    fields: Given = {}
    to: To | None = None
    proposal: str = Field("", max_length=60)
    main: str = Field("", max_length=80)
    reason: str = Field("", max_length=60)
    document: str = Field("", max_length=200)


class WorkQuery(Plain):
    """Whose work, which part, filtered and from which line on."""

    whose: queue.Whose = "department"
    view: queue.View = "all"
    colour: Literal["", "green", "yellow", "red"] = ""
    kind: str = Field("", max_length=60)
    state: str = Field("", max_length=40)
    area: str = Field("", max_length=60)
    department: str = Field("", max_length=60)
    after_due: AwareDatetime | None = None
    after_case: str = Field("", max_length=80)
    limit: int = Field(queue.PAGE, ge=1, le=MOST)


@ROUTER.get("/kinds")
def kinds_known(request: HttpRequest) -> list[dict[str, Any]]:
    """Every kind of case: states, steps with what they need, limits, and whether the caller may open one."""
    by = caller(request=request)
    return [
        msgspec.to_builtins(kind) | {"may_open": bool(by.roles.intersection(kind.openers))} for kind in kinds().values()
    ]


@ROUTER.get("/work")
def work(request: HttpRequest, asked: Query[WorkQuery]) -> dict[str, Any]:
    """Open cases of a queue, the most urgent first; ``next`` holds what to send for the page behind."""
    by, at = caller(request=request), datetime.now(UTC)
    wanted = queue.Filter(
        at=at, view=asked.view, kind=asked.kind, state=asked.state, area=asked.area, colour=asked.colour,
        department=asked.department,
    )  # fmt: skip
    after = (asked.after_due, asked.after_case) if asked.after_due and asked.after_case else None
    lines = queue.page(by=by, whose=asked.whose, wanted=wanted, after=after, size=asked.limit)
    following = {"after_due": lines[-1].due, "after_case": lines[-1].case} if len(lines) == asked.limit else None
    return {"lines": [_line(line, at) for line in lines], "next": following}


def _line(line: queue.Line, at: datetime) -> dict[str, Any]:
    shown = msgspec.to_builtins(line) | {"colour": line.colour(at=at)}
    return shown | ({"due": None} if line.due.year == queue.NEVER_YEAR else {})


@ROUTER.post("/cases")
def open_case(request: HttpRequest, body: NewCase, idempotency_key: Key) -> dict[str, Any]:
    """A new case, held by ``to``."""
    by, at = caller(request=request), datetime.now(UTC)
    place = Place(**body.place.dict()) if body.place else None
    state = service.open_case(
        kind=kind_of(id=body.kind), title=body.title, text=body.text, area=acting.area(given=body.area),
        to=acting.recipient(to=body.to.assignment(), at=at), subject=body.subject, fields=body.fields, place=place,
        by=by, at=at, key=key_of(by=by, given=idempotency_key),
    )  # fmt: skip
    return _answer(state, by)


@ROUTER.get("/cases/{case}")
def case(request: HttpRequest, case: str, as_of: AwareDatetime | None = None) -> dict[str, Any]:
    """A case with its history and limits, now or as it was, and what the caller may do with it now."""
    by, at = caller(request=request), datetime.now(UTC)
    acting.readable(case=case, by=by)
    view = reading.read_case(case=case, by=by, at=at, as_of=as_of)
    shown = _answer(view.state, by) if as_of is None else _state(view.state)
    return shown | {
        "title": view.title,
        "text": view.text,
        "due": view.due,
        "colour": view.colour,
        "history": [msgspec.to_builtins(entry) for entry in view.history],
        "clocks": [msgspec.to_builtins(clock) for clock in view.clocks],
    }


@ROUTER.post("/cases/{case}/acts")
def act(request: HttpRequest, case: str, body: OneAct, idempotency_key: Key) -> dict[str, Any]:
    """One act on a case that the caller may read."""
    by, at = caller(request=request), datetime.now(UTC)
    order = acting.Order(
        verb=body.verb, words=body.words, evidence=body.evidence, fields=body.fields, proposal=body.proposal,
        main=body.main, reason=body.reason, document=body.document, to=body.to.assignment() if body.to else None,
    )  # fmt: skip
    state = acting.do(case=case, seq=body.seq, order=order, by=by, at=at, key=key_of(by=by, given=idempotency_key))
    return _answer(state, by)


def _state(state: CaseState) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(state)
    return shown | {"suspended": state.suspended, "open": state.open}


def _answer(state: CaseState, by: Actor) -> dict[str, Any]:
    from dajing.kernel.casework import store

    able = reading.possible(kind=store.kind_of(digest=state.kind_version), state=state, by=by)
    verbs = [*(step.verb for step in able.transitions), *sorted(able.built_in)]
    return _state(state) | {"possible": verbs}
