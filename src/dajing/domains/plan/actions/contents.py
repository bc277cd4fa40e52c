"""What pages and files show of actions: lists for readers, counts for everybody, expected beside observed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from dajing.domains.plan.actions.rules import VERDICTS, Effect, Seen, verdict
from dajing.domains.plan.actions.service import KIND, about_indicator, about_slot, effect_of, observed
from dajing.domains.plan.pack import Indicator, Plan
from dajing.kernel.casework.api import CaseState, Item, cases, kind, tally
from dajing.kernel.casework.measures import Figure, stored_figures
from dajing.kernel.casework.projecting import colour
from dajing.kernel.clocks.api import end_of
from dajing.kernel.identity.actor import Actor
from dajing.kernel.identity.holding import department_names
from dajing.kernel.text import Text

COLOURS = {
    "red": ("lost", Text(zh="红牌：已逾期", en="Red: past its last day")),
    "yellow": ("watch", Text(zh="黄牌：临近期限", en="Yellow: close to its last day")),
    "green": ("steady", Text(zh="在期限内", en="Within its time")),
    "none": ("none", Text(zh="未计时", en="No limit is running")),
}
MOST = 200  # actions shown for one indicator or project


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """Expected beside observed: at the opening, at the closing and as known now; nothing about why."""

    effect: Effect
    indicator: Indicator
    baseline: Seen | None
    at_closing: Seen | None
    now: Seen | None

    @property
    def then(self) -> Text:
        """How the reading known at the closing lay against the expectation."""
        return VERDICTS[verdict(effect=self.effect, observed=self.at_closing)]

    @property
    def today(self) -> Text:
        """How the reading known now lies against the expectation."""
        return VERDICTS[verdict(effect=self.effect, observed=self.now)]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One action of a list."""

    state: CaseState
    stage: Text
    owner: Text | str
    due: datetime
    key: tuple[datetime, str]
    tone: str
    word: Text
    compared: Compared | None = None

    @property
    def id(self) -> str:
        """The case."""
        return self.state.id

    @property
    def late(self) -> bool:
        """Whether it is past its last day and still open."""
        return self.tone == "lost"


def lines(
    *,
    plan: Plan,
    by: Actor,
    at: datetime,
    indicator: str | None = None,
    slot: str | None = None,
    area: str | None = None,
    open: bool | None = None,
    until: datetime | None = None,
    as_of: datetime | None = None,
    after: tuple[datetime, str] | None = None,
    size: int = MOST,
) -> list[Line]:
    """The plan's actions that the actor may read: about an indicator, a project or all; ``until`` due before it.

    Effects are compared where one indicator is asked for; ``as_of`` is what is known of its readings.
    """
    subject = about_indicator(plan=plan.id, indicator=indicator) if indicator else None
    subject = about_slot(plan=plan.id, slot=slot) if slot else subject
    found = cases(by=by, kind=KIND, open=open, subject=subject, area=area, until=until, after=after, size=size)
    names, moment = department_names(), as_of or at
    mine = [item for item in found if item.state.fields.get("plan") == plan.id and item.state.opened_at <= moment]
    return [_line(plan, item, names, moment, as_of, compare=indicator is not None) for item in mine]


def _line(
    plan: Plan, item: Item, names: dict[str, Text], at: datetime, as_of: datetime | None, *, compare: bool
) -> Line:
    state = item.state
    owner = owner_of(state=state)
    running = item.due if state.open else None
    tone, word = COLOURS[colour(warn_at=item.warn_at, due=running, at=at)]
    return Line(
        state=state,
        stage=kind(id=KIND).state(id=state.state).title,
        owner=names.get(owner, owner),
        due=last_moment(state=state),
        key=item.key,
        tone=tone,
        word=word,
        compared=compared(plan=plan, state=state, as_of=as_of) if compare else None,
    )


def owner_of(*, state: CaseState) -> str:
    """The department that handles the action: the one named at the opening, or to which it was given since."""
    if state.worker is not None:
        return state.worker.department
    given = state.state == "given" and state.assignment is not None and state.assignment.department
    return given or str(state.fields["owner"]["department"])


def last_moment(*, state: CaseState) -> datetime:
    """24:00 of the action's last day."""
    return end_of(date.fromisoformat(str(state.fields["until"])))


def compared(*, plan: Plan, state: CaseState, as_of: datetime | None) -> Compared | None:
    """Expected beside observed; None where no effect was promised."""
    effect = effect_of(state=state)
    indicator = next((i for i in plan.indicators if effect and i.id == effect.indicator), None)
    if effect is None or indicator is None:
        return None
    return Compared(
        effect=effect,
        indicator=indicator,
        baseline=msgspec.convert(state.fields.get("baseline"), Seen | None),
        at_closing=msgspec.convert(state.fields.get("observed"), Seen | None),
        now=observed(plan=plan, effect=effect, as_of=as_of),
    )


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """How many open actions an indicator has, and how many of them are late."""

    open: int
    late: int
    indicator: Indicator | None = None


def count(*, plan: Plan, indicator: str, at: datetime) -> Count | None:
    """The count of one indicator; None where nothing is open."""
    subject = about_indicator(plan=plan.id, indicator=indicator)
    found = tally(kind=KIND, prefix=subject, at=at).get(subject)
    return Count(open=found[0], late=found[1]) if found else None


def counts(*, plan: Plan, at: datetime) -> list[Count]:
    """The indicators with open actions, in the plan's order; counts alone, which everybody may see."""
    found = tally(kind=KIND, prefix=f"plan:{plan.id}/indicator:", at=at)
    subjects = [(i, about_indicator(plan=plan.id, indicator=i.id)) for i in plan.indicators]
    return [Count(indicator=i, open=found[s][0], late=found[s][1]) for i, s in subjects if s in found]


def late(*, plan: Plan, by: Actor, at: datetime) -> Sequence[Line]:
    """Open actions past their last day that the actor may read, longest overdue first."""
    return [line for line in lines(plan=plan, by=by, at=at, open=True, until=at) if line.late]


def figures(*, by: Actor) -> list[Figure]:
    """The measures of all actions that have ended, for who may read every action."""
    if not by.roles.intersection(kind(id=KIND).readers):
        return []
    return stored_figures(kind=KIND)
