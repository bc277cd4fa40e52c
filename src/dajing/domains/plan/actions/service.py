"""Opening and closing an action; all else is the engine's own acts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from dajing.domains.plan.actions.rules import Effect, Fault, Known, Proposal, Seen, faults
from dajing.domains.plan.loading import plan as load_plan
from dajing.domains.plan.pack import Plan
from dajing.domains.plan.readings.api import readings, snapshot
from dajing.domains.plan.register.service import slots
from dajing.kernel.areas.api import areas
from dajing.kernel.casework.api import Assignment, CaseState, act, kind, open_case, read_case
from dajing.kernel.clocks.api import day_of
from dajing.kernel.identity.actor import Actor
from dajing.kernel.measures.reading import Reading
from dajing.kernel.packs.api import departments
from dajing.kernel.text import Refusal, Text

KIND = "plan_action"
DAY = timedelta(days=1)


class UnableToOpenAction(Refusal):
    """The action was not opened; ``faults`` names every field to mend."""

    text = Text(zh="未能立项：{reason}", en="Not opened: {reason}")

    def __init__(self, *, found: Sequence[Fault]) -> None:
        self.faults = tuple(found)
        super().__init__(reason=" ".join(fault.message.en for fault in found))
        self.message = Text(zh=f"未能立项：{''.join(f.message.zh for f in found)}", en=self.message.en)


def about_indicator(*, plan: str, indicator: str) -> str:
    """The reference to an indicator that an action carries."""
    return f"plan:{plan}/indicator:{indicator}"


def about_slot(*, plan: str, slot: str) -> str:
    """The reference to a project that an action carries."""
    return f"plan:{plan}/slot:{slot}"


def known(*, plan: Plan, at: datetime, indicator: str = "") -> Known:
    """What a proposal may name at ``at``; ``indicator`` is the one whose effect is expected."""
    today = day_of(at)
    offices = (o for o in departments() if o.valid_from <= today and (o.valid_to is None or today < o.valid_to))
    return Known(
        indicators=frozenset(i.id for i in plan.indicators),
        slots=frozenset(slot.id for slot in plan.slots),
        areas=frozenset(areas()),
        departments=frozenset(office.id for office in offices),
        frequency=next((i.frequency for i in plan.indicators if i.id == indicator), ""),
        first=today + DAY,
    )


def open_action(
    *, plan: Plan, proposal: Proposal, by: Actor, at: datetime, key: str, as_of: datetime | None = None
) -> CaseState:
    """Open an action (立项) with the reading from which it starts, as known at ``as_of`` (None: in the latest state).

    Raises ``UnableToOpenAction`` with every fault, or the engine's ``UnableToAct``.
    """
    effect = proposal.effect
    choices = known(plan=plan, at=at, indicator=effect.indicator if effect else "")
    if found := faults(proposal=proposal, known=choices) + _milestone_faults(plan, proposal):
        raise UnableToOpenAction(found=found)
    owner = Assignment(department=proposal.owner, post=proposal.post or None, joint=proposal.joint)
    fields = {
        "plan": plan.id,
        "until": str(proposal.until),
        "owner": msgspec.to_builtins(owner),
        "verifier": proposal.verifier,
        "evidence": list(proposal.evidence),
        "indicator": proposal.indicator,
        "slot": proposal.slot,
        "milestone": proposal.milestone,
        "effect": msgspec.to_builtins(effect),
        "baseline": msgspec.to_builtins(_start(plan, proposal, as_of)),
    }
    subject = (
        about_indicator(plan=plan.id, indicator=proposal.indicator)
        if proposal.indicator
        else about_slot(plan=plan.id, slot=proposal.slot)
    )
    return open_case(
        kind=kind(id=KIND),
        title=proposal.title,
        text=proposal.text,
        area=proposal.area,
        subject=subject,
        fields=fields,
        to=Assignment(department=by.department or proposal.owner),
        by=by,
        at=at,
        key=key,
    )


def _milestone_faults(plan: Plan, proposal: Proposal) -> list[Fault]:
    if not proposal.slot or proposal.indicator:
        return []
    entry = next((view.entry for view in slots(plan=plan) if view.slot.id == proposal.slot), None)
    if entry is None or not 1 <= proposal.milestone <= len(entry.milestones):
        text = Text(zh="该工程没有这个节点；请先填写工程。", en="The project has no such milestone; enter it first.")
        return [Fault("milestone", text)]
    if entry.milestones[proposal.milestone - 1].done is not None:
        return [Fault("milestone", Text(zh="该节点已完成。", en="The milestone is done already."))]
    return []


def _start(plan: Plan, proposal: Proposal, as_of: datetime | None) -> Seen | None:
    effect = proposal.effect
    return None if effect is None else latest(plan=plan, indicator=effect.indicator, area=effect.area, as_of=as_of)


def close_action(
    *, case: str, by: Actor, at: datetime, seq: int, key: str, reason: str = "", as_of: datetime | None = None
) -> CaseState:
    """Close an action (销号), keeping the reading of the effect's period as known at ``as_of`` (None: latest state)."""
    state, fields = read_case(case=case, by=by, at=at).state, {}
    effect = effect_of(state=state)
    if effect is not None and (seen := observed(plan=plan_of(state=state), effect=effect, as_of=as_of)) is not None:
        fields = {"observed": msgspec.to_builtins(seen)}
    return act(case=case, verb="close", by=by, at=at, seq=seq, key=key, reason=reason, fields=fields)


def effect_of(*, state: CaseState) -> Effect | None:
    """What the action is expected to lead to."""
    return msgspec.convert(state.fields.get("effect"), Effect | None)


def plan_of(*, state: CaseState) -> Plan:
    """The plan that the action serves. Raises ``PlanUnknown``."""
    return load_plan(id=str(state.fields["plan"]))


def latest(*, plan: Plan, indicator: str, area: str, as_of: datetime | None) -> Seen | None:
    """The reading that a board shows as known at ``as_of``; None where there is none."""
    kept = snapshot(plan=plan, as_of=as_of)
    found = readings(snapshot=kept, indicators=[indicator], areas=[area], latest=True)
    return _seen(found[0].reading) if found else None


def observed(*, plan: Plan, effect: Effect, as_of: datetime | None) -> Seen | None:
    """The reading of the effect's period as known at ``as_of`` (None: now); None where there is none yet."""
    kept = snapshot(plan=plan, as_of=as_of)
    found = readings(snapshot=kept, indicators=[effect.indicator], areas=[effect.area], periods=[effect.period])
    return _seen(found[0].reading) if found and found[0].reading.value is not None else None


def _seen(reading: Reading) -> Seen:
    kind_ = str(reading.kind) if reading.kind else None
    return Seen(period=reading.period, value=reading.value, kind=kind_, evidence=reading.evidence)
