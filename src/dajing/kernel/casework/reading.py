"""Reading cases: who may read one is part of the query, and a case that may not be read is answered as unknown."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from dajing.kernel.casework import rules, store
from dajing.kernel.casework.folding import CaseState, fold
from dajing.kernel.casework.kinds import CaseKind, Transition
from dajing.kernel.casework.models import AccessRow, Case, CaseEvent
from dajing.kernel.casework.privacy import ERASED, words_of
from dajing.kernel.casework.projecting import NEVER, Rows, colour, project
from dajing.kernel.casework.refusals import CaseUnknown
from dajing.kernel.casework.registry import kinds
from dajing.kernel.casework.service import doer
from dajing.kernel.identity.actor import Actor
from dajing.kernel.rows import plain

PAGE = 50
Key = tuple[datetime, str]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a case's history; ``erased`` where its words are gone."""

    seq: int
    verb: str
    at: datetime
    by: str
    post: str
    data: dict[str, Any]
    erased: bool = False


class ClockView(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a clock and its colour at the moment shown."""

    clock: str
    started: datetime
    stopped: datetime | None
    warn_at: datetime | None
    due: datetime | None
    provisional: bool
    colour: str


class CaseView(msgspec.Struct, frozen=True, kw_only=True):
    """A case as one who may read it sees it at a moment."""

    kind: CaseKind
    state: CaseState
    title: str
    text: str
    due: datetime | None
    colour: str
    history: tuple[Entry, ...]
    clocks: tuple[ClockView, ...]


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One case of a list."""

    state: CaseState
    warn_at: datetime | None
    due: datetime | None

    @property
    def key(self) -> Key:
        """What to give as ``after`` to go on behind this one."""
        return self.due or NEVER, self.state.id


def visible(*, by: Actor) -> QuerySet[Case]:
    """The cases that the actor may read: all of the kinds a role opens, and those that concern the department."""
    whole = [kind.id for kind in kinds().values() if by.roles.intersection(kind.readers)]
    concerned = AccessRow.objects.filter(case=OuterRef("pk"), department=by.department or "")
    return Case.objects.filter(Q(kind__in=whole) | Exists(concerned)) if by.id != "anonymous" else Case.objects.none()


def may_read(*, case: str, by: Actor) -> bool:
    """Whether ``visible`` holds ``case``, by two keys instead of a query set."""
    if by.id == "anonymous" or "\0" in case:
        return False
    found = plain.read(of=Case, columns=("kind",), where='"id" = %s', given=[case])
    known = kinds().get(found[0][0]) if found else None
    if known is not None and by.roles.intersection(known.readers):
        return True
    concerned, given = '"department" = %s AND "case" = %s', [by.department or "", case]
    return bool(found) and bool(plain.read(of=AccessRow, columns=("case",), where=concerned, given=given))


def read_case(*, case: str, by: Actor, at: datetime, as_of: datetime | None = None) -> CaseView:
    """A case with its history and clocks; with ``as_of`` as it was then. Raises ``CaseUnknown``."""
    if not may_read(case=case, by=by):
        raise CaseUnknown(case=case)
    lines = CaseEvent.objects.filter(case=case).order_by("seq")
    if as_of is not None:
        lines = lines.filter(at__lte=as_of)
    entries = [_entry(line) for line in lines]
    if not entries:
        raise CaseUnknown(case=case)
    kind = store.kind_of(digest=entries[0].data["kind_version"])
    state = fold(kind=kind, events=[store.as_event(line) for line in lines])
    assert state is not None  # noqa: S101 - there is an event
    moment, rows = as_of or at, project(kind=kind, state=state)
    clocks = tuple(_clock(row, moment) for row in rows.clocks)
    first = entries[0]
    return CaseView(
        kind=kind,
        state=state,
        title=str(ERASED) if first.erased else str(first.data.get("title", "")),
        text=str(ERASED) if first.erased else str(first.data.get("text", "")),
        due=_due(rows),
        colour=colour(warn_at=_warning(clocks), due=_due(rows), at=moment),
        history=tuple(entries),
        clocks=clocks,
    )


def _entry(line: CaseEvent) -> Entry:
    words = words_of(line=line)
    data = line.data if words is None else words
    return Entry(
        seq=line.seq, verb=line.verb, at=line.at, by=line.by, post=line.post, data=data, erased=words is None
    )  # fmt: skip


def _due(rows: Rows) -> datetime | None:
    due = rows.case["due"]
    return due if isinstance(due, datetime) and due != NEVER else None


def _warning(clocks: tuple[ClockView, ...]) -> datetime | None:
    return min((c.warn_at for c in clocks if c.stopped is None and c.warn_at is not None), default=None)


def _clock(row: dict[str, Any], at: datetime) -> ClockView:
    shade = colour(warn_at=row["warn_at"], due=row["due"], at=row["stopped"] or at)
    values = {name: value for name, value in row.items() if name not in ("case", "run")}
    return ClockView(**values, colour=shade)


def cases(
    *,
    by: Actor,
    kind: str,
    open: bool | None = True,
    subject: str | None = None,
    area: str | None = None,
    until: datetime | None = None,
    after: Key | None = None,
    size: int = PAGE,
) -> list[Item]:
    """Cases of a kind that the actor may read, by due time; ``open`` None: ended ones too; ``until``: due before it."""
    rows = visible(by=by).filter(kind=kind)
    if open is not None:
        rows = rows.filter(open=open)
    if subject is not None:
        rows = rows.filter(subject=subject)
    if area is not None:
        rows = rows.filter(area=area)
    if until is not None:
        rows = rows.filter(due__lt=until)
    if after is not None:
        rows = rows.filter(Q(due__gt=after[0]) | Q(due=after[0], pk__gt=after[1]), due__gte=after[0])
    return [_item(*row) for row in rows.order_by("due", "pk").values_list("warn_at", "due", "body")[:size]]


def _item(warn_at: datetime | None, due: datetime, body: str) -> Item:
    state = msgspec.json.decode(body, type=CaseState)
    return Item(state=state, warn_at=warn_at, due=None if due == NEVER else due)


def tally(*, kind: str, prefix: str, at: datetime) -> dict[str, tuple[int, int]]:
    """For each subject that begins with ``prefix``: how many open cases there are, and how many past their limit.

    Counts alone, which everybody may see.
    """
    rows = Case.objects.filter(kind=kind, open=True, subject__startswith=prefix)
    late = Count("pk", filter=Q(due__lte=at))
    return {
        row["subject"]: (row["n"], row["late"]) for row in rows.values("subject").annotate(n=Count("pk"), late=late)
    }


def duplicates(*, of: str) -> list[str]:
    """The cases linked to one."""
    return list(Case.objects.filter(main=of).order_by("pk").values_list("pk", flat=True))


class Possible(msgspec.Struct, frozen=True, kw_only=True):
    """What an actor could do with a case now: transitions of its kind, and built-in acts by name."""

    transitions: tuple[Transition, ...]
    built_in: frozenset[Literal["assign", "hand_back", "contribute", "suspend", "resume", "supervise", "note"]]


def possible(*, kind: CaseKind, state: CaseState, by: Actor) -> Possible:
    """The acts that nothing but missing words or evidence could keep the actor from."""
    who = doer(by=by)
    transitions = tuple(
        t
        for t in kind.transitions
        if state.state in t.sources and not rules.hindrances(kind=kind, state=state, transition=t, doer=who)
    )
    if not state.open:
        return Possible(transitions=transitions, built_in=frozenset())
    names: set[Any] = set()
    movable = kind.state(id=state.state).movable
    if by.roles.intersection(kind.assigners):
        names |= {"assign", "supervise"} if movable else {"supervise"}
        if kind.suspension_reasons:
            names.add("resume" if state.suspended else "suspend")
    if rules.holds(doer=who, assignment=state.assignment):
        names.add("note")
        if movable and by.department != state.assigned_from:
            names.add("hand_back")
    if rules.helps(doer=who, assignment=state.assignment) and by.department not in state.contributed:
        names.add("contribute")
    return Possible(transitions=transitions, built_in=frozenset(names))
