"""What an action must hold before it is opened, and how its expected effect compares with what was observed. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from math import inf
from typing import Literal

import msgspec

from dajing.domains.plan import periods
from dajing.kernel.text import Text

EVIDENCE = 8  # pieces an action may ask for
Verdict = Literal["awaited", "below", "within", "above"]


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What the action is expected to lead to: the indicator's reading of ``area`` and ``period`` lies between ``low``
    and ``high`` (in the indicator's unit). ``source`` says on what the expectation rests."""

    indicator: str
    area: str
    period: str
    low: float
    high: float
    source: str


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A reading as an action keeps it: ``value`` None is unknown; ``evidence`` is the digest of its records."""

    period: str
    value: float | None
    kind: str | None = None
    evidence: str = ""


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """What an officer enters. ``indicator`` or ``slot`` (with the number of its milestone, from 1) is what it is about.

    ``owner`` is the department that handles it, ``post`` a post within it, ``joint`` those that help; ``until`` the
    last day; ``evidence`` names what the report must bring; ``verifier`` the department that checks it.
    """

    title: str
    text: str
    area: str
    owner: str
    until: date | None
    evidence: tuple[str, ...]
    verifier: str
    indicator: str = ""
    slot: str = ""
    milestone: int = 0
    post: str = ""
    joint: tuple[str, ...] = ()
    effect: Effect | None = None


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to choose from; ``first`` is the first day that a limit may fall on."""

    indicators: Collection[str]
    slots: Collection[str]
    areas: Collection[str]
    departments: Collection[str]
    frequency: str = ""
    first: date


class Fault(msgspec.Struct, frozen=True):
    """One thing wrong: the form's field and what to do."""

    field: str
    message: Text


def faults(*, proposal: Proposal, known: Known) -> list[Fault]:
    """Everything that keeps ``proposal`` from being opened, all at once."""
    wrong: list[tuple[bool, str, Text]] = [
        (not proposal.title.strip(), "title", Text(zh="请填写事项名称。", en="Enter the title.")),
        (not proposal.text.strip(), "text", Text(zh="请写明要做什么。", en="Say what is to be done.")),
        (
            proposal.indicator not in known.indicators and proposal.slot not in known.slots,
            "indicator",
            Text(zh="请选择指标或工程。", en="Choose the indicator or the project."),
        ),
        (proposal.area not in known.areas, "area", Text(zh="请选择区域。", en="Choose the area.")),
        (proposal.owner not in known.departments, "owner", Text(zh="请选择责任单位。", en="Choose the owner.")),
        (
            any(name not in known.departments or name == proposal.owner for name in proposal.joint),
            "joint",
            Text(zh="协办单位有误或与责任单位相同。", en="A joint department is unknown or the owner itself."),
        ),
        (
            proposal.verifier not in known.departments,
            "verifier",
            Text(zh="请选择核验单位。", en="Choose who verifies."),
        ),
        (
            proposal.verifier in {proposal.owner, *proposal.joint},
            "verifier",
            Text(
                zh="核验单位不能是责任单位或协办单位；请另选。",
                en="Who handles it cannot verify it; choose another department.",
            ),
        ),
        (
            not 1 <= len(proposal.evidence) <= EVIDENCE or len(set(proposal.evidence)) < len(proposal.evidence),
            "evidence",
            Text(zh=f"请列出一至{EVIDENCE}项佐证材料，每项一行。", en=f"List one to {EVIDENCE} proofs, one a line."),
        ),
    ]
    found = [Fault(field, message) for is_wrong, field, message in wrong if is_wrong]
    if proposal.until is None or proposal.until < known.first:
        found.append(Fault("until", Text(zh="办结期限须晚于今天。", en="The last day must lie after today.")))
    return found + (_effect_faults(proposal.effect, known) if proposal.effect else [])


def _effect_faults(effect: Effect, known: Known) -> list[Fault]:
    found = []
    if effect.indicator not in known.indicators or effect.area not in known.areas:
        found.append(
            Fault("effect", Text(zh="预期效果的指标或区域有误。", en="The effect names no indicator or area."))
        )
    try:
        fits = periods.frequency(effect.period) == known.frequency
    except periods.PeriodUnreadable:
        fits = False
    if not fits:
        text = Text(zh="时期须与指标频率一致，如 2020-06。", en="Give a period of the indicator, such as 2020-06.")
        found.append(Fault("period", text))
    if not -inf < effect.low <= effect.high < inf:  # false for what is no number, too
        text = Text(zh="预期区间的下限须不大于上限。", en="The low end must not exceed the high end.")
        found.append(Fault("low", text))
    if not effect.source.strip():
        found.append(Fault("source", Text(zh="请写明预期的依据。", en="Say on what the expectation rests.")))
    return found


def verdict(*, effect: Effect, observed: Seen | None) -> Verdict:
    """Where the observed reading lies against the expected interval; nothing about why."""
    if observed is None or observed.value is None:
        return "awaited"
    if observed.value < effect.low:
        return "below"
    return "above" if observed.value > effect.high else "within"


VERDICTS = {
    "awaited": Text(zh="尚无该期读数", en="no reading of that period yet"),
    "below": Text(zh="低于预期区间", en="below the expected interval"),
    "within": Text(zh="在预期区间内", en="within the expected interval"),
    "above": Text(zh="高于预期区间", en="above the expected interval"),
}
NO_CAUSE = Text(
    zh="读数变化可能有多种原因；并列显示不表示由本行动引起。",
    en="A reading can change for many causes; standing side by side does not say that the action brought it about.",
)
