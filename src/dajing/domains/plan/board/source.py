"""Reads the stored readings that the pages show; nothing is computed for a page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from dajing.domains.plan.board.contents import Board, Figure, Vintage, compose
from dajing.domains.plan.pack import Plan


def vintage(*, plan: Plan, as_of: datetime | None) -> Vintage | None:
    """The stored state known at ``as_of``; None where none has been computed yet."""
    return None


def figures(
    *,
    plan: Plan,
    vintage: Vintage | None,
    indicators: Sequence[str] | None = None,
    areas: Sequence[str] | None = None,
    variants: Sequence[str] = ("official",),
) -> list[Figure]:
    """Stored figures of one vintage."""
    return []


def board(*, plan: Plan, as_of: datetime | None) -> Board:
    """The city's board as of a time."""
    shown = vintage(plan=plan, as_of=as_of)
    found = figures(plan=plan, vintage=shown, areas=(plan.area,), variants=("official", "companion", "weighted"))
    return compose(plan=plan, vintage=shown, figures=found)


def area_board(*, plan: Plan, vintage: Vintage | None, area: str) -> Board:
    """The same board for one county unit."""
    found = figures(plan=plan, vintage=vintage, areas=(area,))
    return compose(plan=plan, vintage=vintage, figures=found)


class SlotLine(msgspec.Struct, frozen=True):
    """One slot: what it is called now and what is known about it."""

    id: str
    title: str
    detail: str


def slots(*, plan: Plan, as_of: datetime | None) -> list[SlotLine]:
    """Every slot of the plan."""
    return [SlotLine(slot.id, str(slot.title), "") for slot in plan.slots]
