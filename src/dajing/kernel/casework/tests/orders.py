"""A small kind of case and the people who act on it, for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

from dajing.kernel.casework import service
from dajing.kernel.casework.events import Assignment
from dajing.kernel.casework.kinds import CaseKind, ClockKind, State, Transition
from dajing.kernel.clocks.api import Unit
from dajing.kernel.identity.actor import Actor
from dajing.kernel.text import Text

T = Text(zh="某", en="some")
AT = datetime(2018, 9, 28, 2, tzinfo=UTC)  # a Friday, 10:00 in China, before the National Day holiday
KIND = CaseKind(
    id="order",
    title=T,
    initial="given",
    openers=("order.open",),
    assigners=("order.assign",),
    states=(State(id="given", title=T), State(id="done", title=T), State(id="closed", title=T, open=False)),
    transitions=(
        Transition(verb="report", title=T, sources=("given",), target="done", roles=("order.handle",), by="assignee",
                   handles=True, evidence=("photo",)),
        Transition(verb="verify", title=T, sources=("done",), target="closed", roles=("order.verify",),
                   by="not_handler"),
        Transition(verb="reopen", title=T, sources=("closed",), target="given", roles=("order.verify",), reason=True),
    ),
    clocks=(ClockKind(id="handle", title=T, unit=Unit.WORKING_DAY, length=5, starts=("given",), stops=("done",)),),
    suspension_reasons={"expert": T},
)  # fmt: skip
CHIEF = Actor(id="person:1", name="甲", department="office", roles=frozenset({"order.open", "order.assign"}))
ALL = frozenset({"order.handle", "order.verify"})
WORKER = Actor(id="person:2", name="乙", department="water", roles=ALL)
OTHER = Actor(id="person:3", name="丙", department="roads", roles=ALL)
_keys = count()


def opened(to="water", kind=KIND, at=AT, **given):
    """An order held by ``to``, opened by the chief."""
    assignment = to if isinstance(to, Assignment) else Assignment(department=to)
    given = {"key": f"k{next(_keys)}", "title": "修井盖", "area": "130702"} | given
    return service.open_case(kind=kind, to=assignment, by=CHIEF, at=at, **given)


def acted(state, verb, by, hours=1, **values):
    """A transition made ``hours`` after the opening of all."""
    values = {"key": f"k{next(_keys)}", "seq": state.seq} | values
    return service.act(case=state.id, verb=verb, by=by, at=AT + timedelta(hours=hours), **values)


def given(state, by, hours=1, **values):
    """What the built-in acts take."""
    return {"case": state.id, "by": by, "at": AT + timedelta(hours=hours), "seq": state.seq,
            "key": f"k{next(_keys)}"} | values  # fmt: skip
