"""Reads what an officer typed about an action; what cannot be read is a fault at its field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from django.http import QueryDict

from dajing.domains.plan.actions.rules import Effect, Fault, Proposal
from dajing.kernel.text import Text

EVIDENCE = "evidence-"


def read_proposal(*, posted: QueryDict) -> tuple[Proposal, list[Fault]]:
    """The proposal as typed, and what in it is no date or number."""
    found: list[Fault] = []
    effect = _effect(posted, found)
    until = _date(posted.get("until", ""), found)
    milestone = posted.get("milestone", "")
    proposal = Proposal(
        title=_text(posted, "title", 200),
        text=_text(posted, "text", 5000),
        area=_text(posted, "area", 20),
        owner=_text(posted, "owner", 60),
        until=until,
        evidence=tuple(line.strip() for line in posted.get("evidence", "").splitlines() if line.strip()),
        verifier=_text(posted, "verifier", 60),
        indicator=_text(posted, "indicator", 60),
        slot=_text(posted, "slot", 60),
        milestone=int(milestone) if milestone.isdecimal() and len(milestone) < 4 else 0,
        joint=tuple(dict.fromkeys(name for name in posted.getlist("joint") if name)),
        effect=effect,
    )
    return proposal, found


def _text(posted: Mapping[str, str], name: str, limit: int) -> str:
    return str(posted.get(name, "")).strip()[: limit + 1]  # one more, so that what is too long is refused as such


def _effect(posted: QueryDict, found: list[Fault]) -> Effect | None:
    names = ("period", "low", "high", "source")
    if not any(posted.get(name, "").strip() for name in names):
        return None
    return Effect(
        indicator=_text(posted, "indicator", 60),
        area=_text(posted, "area", 20),
        period=_text(posted, "period", 10),
        low=_number(posted.get("low", ""), "low", found),
        high=_number(posted.get("high", ""), "high", found),
        source=_text(posted, "source", 1000),
    )


def _number(text: str, field: str, found: list[Fault]) -> float:
    try:
        return float(text.strip().replace(",", "").replace("，", ""))
    except ValueError:
        found.append(Fault(field, Text(zh="请填写数字。", en="Enter a number.")))
        return 0.0


def _date(text: str, found: list[Fault]) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        found.append(Fault("until", Text(zh="请写成 2026-06-30 这样的日期。", en="Write a date such as 2026-06-30.")))
        return None


def read_evidence(*, posted: QueryDict, wanted: Sequence[str]) -> dict[str, str]:
    """The reference typed for each piece of evidence asked for; an address cannot carry its name, so it is numbered."""
    given = {name: posted.get(f"{EVIDENCE}{number}", "").strip() for number, name in enumerate(wanted)}
    return {name: reference[:500] for name, reference in given.items() if reference}
