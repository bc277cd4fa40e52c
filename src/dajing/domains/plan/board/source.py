"""Reads stored readings for the pages; only a past state that nobody asked for yet is computed, once."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import datetime

import msgspec

from dajing.domains.plan.board.contents import Board, Figure, compose
from dajing.domains.plan.forecast.service import forecasts
from dajing.domains.plan.loading import plan as load_plan
from dajing.domains.plan.pack import Plan
from dajing.domains.plan.readings.api import IndicatorReading, SnapshotInfo, Variant, readings, snapshot
from dajing.domains.plan.register.service import SlotView, entries
from dajing.domains.plan.register.service import slots as register_slots
from dajing.kernel.text import Text

VARIANTS: tuple[Variant, ...] = ("official", "companion", "predicted", "weighted")
NO_JUDGEMENT = Text(zh="对照数不判定状态", en="a figure beside the official one decides no status")


def figures(
    *,
    vintage: SnapshotInfo | int,
    indicators: Sequence[str] | None = None,
    areas: Sequence[str] | None = None,
    periods: Sequence[str] | None = None,
    variants: Sequence[Variant] = ("official",),
    latest: bool = False,
) -> list[Figure]:
    """Stored figures of one vintage; ``latest`` restricts them to those that a board shows."""
    return [
        _figure(found)
        for variant in variants
        for found in readings(
            snapshot=vintage, indicators=indicators, areas=areas, periods=periods, variant=variant, latest=latest
        )
    ]


def _figure(found: IndicatorReading) -> Figure:
    return Figure(
        indicator=found.indicator,
        variant=found.variant,
        reading=found.reading,
        status=str(found.status or "not_measurable"),
        status_reason=found.status_reason or NO_JUDGEMENT,
        latest=found.latest,
    )


def board(*, plan: Plan, as_of: datetime | None) -> Board:
    """The city's board as of a time."""
    vintage = snapshot(plan=plan, as_of=as_of)
    composed = _board(plan.id, vintage.id, vintage.computed_at, vintage.forecast)
    return msgspec.structs.replace(composed, vintage=vintage)


@functools.lru_cache(maxsize=16)
def _board(plan: str, number: int, _computed_at: datetime, forecast: bool) -> Board:
    """A stored state changes only once, when its forecasts are added, so its composed board is kept.

    The time of computing tells reused numbers apart.
    """
    loaded = load_plan(id=plan)
    found = figures(vintage=number, areas=(loaded.area,), variants=VARIANTS)
    made = forecasts(snapshot=number) if forecast else []
    chances = {item.indicator: item.probability for item in made if item.probability is not None}
    return compose(plan=loaded, vintage=None, figures=found, probabilities=chances)


def area_board(*, plan: Plan, vintage: SnapshotInfo, area: str) -> Board:
    """The same board for one county unit, without its history."""
    found = figures(vintage=vintage, areas=(area,), variants=VARIANTS, latest=True)
    return compose(plan=plan, vintage=vintage, figures=found)


class SlotLine(msgspec.Struct, frozen=True):
    """One slot: what it is called now and what is known about it."""

    id: str
    title: str
    detail: str


def slots(*, plan: Plan, as_of: datetime | None) -> list[SlotLine]:
    """Every slot of the plan as an officer filled it, known at ``as_of``."""
    return [_line(view) for view in register_slots(plan=plan, as_of=as_of)]


def slots_version(*, plan: Plan) -> int:
    """Grows with every entry that an officer makes."""
    return entries(plan=plan)


def _line(view: SlotView) -> SlotLine:
    if view.entry is None:
        return SlotLine(view.slot.id, str(view.slot.title), "")
    return SlotLine(view.slot.id, view.entry.title, view.entry.approval)
