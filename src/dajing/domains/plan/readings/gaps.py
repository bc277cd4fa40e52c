"""The gap of one indicator from stored readings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from dajing.domains.plan.gap import Part, Share, split
from dajing.domains.plan.loading import plan as plan_of
from dajing.domains.plan.pack import Indicator, Plan
from dajing.domains.plan.readings.computing import partition
from dajing.domains.plan.readings.explaining import NothingToExplain, indicator_of
from dajing.domains.plan.readings.snapshots import readings, snapshot
from dajing.domains.plan.readings.structs import IndicatorReading
from dajing.domains.plan.readings.uses import sources, uses_of
from dajing.kernel.areas.api import area as area_of
from dajing.kernel.text import Refusal, Text


class NoGap(Refusal):
    """The city has no reading to compare with the target."""

    text = Text(
        zh="{indicator} 没有可比较的全市读数：{reason}",
        en="{indicator} has no reading of the city to compare: {reason}",
    )


class GapShare(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the gap, in the indicator's unit. ``area`` None is what belongs to no unit; ``share`` None is unknown
    (not reported) and outside the sum; ``rank`` counts from 1 at the greatest share."""

    area: str | None
    share: float | None
    of_gap: float | None
    numerator: float | None
    denominator: float | None
    note: Text | None
    rank: int | None


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """The city's gap of one period and its lines, which add up to it. ``towards``: the target or the path."""

    indicator: str
    period: str
    unit: str
    value: float
    towards: float
    gap: float
    lines: tuple[GapShare, ...]


def gap(
    *,
    plan: Plan | str,
    indicator: str,
    period: str | None = None,
    as_of: datetime | None = None,
    to: Literal["target", "path"] = "target",
) -> list[GapShare]:
    """The lines of ``gap_of``."""
    return list(gap_of(plan=plan, indicator=indicator, period=period, as_of=as_of, to=to).lines)


def gap_of(
    *,
    plan: Plan | str,
    indicator: str,
    period: str | None = None,
    as_of: datetime | None = None,
    to: Literal["target", "path"] = "target",
) -> Gap:
    """The gap to the target (or to the path's value of that period), by unit; by default of the period a board shows.

    Raises ``IndicatorUnknown``, ``NothingToExplain`` for a period without readings, ``NoGap`` where the city's reading
    is unknown.
    """
    plan = plan_of(id=plan) if isinstance(plan, str) else plan
    asked = indicator_of(plan=plan, id=indicator)
    kept = snapshot(plan=plan, as_of=as_of)
    city = _city(plan, asked, kept.id, period)
    reading = city.reading
    if reading.value is None:
        raise NoGap(indicator=indicator, reason=reading.reason or "—")
    units = [unit.code for unit in partition(period=reading.period)]
    found = readings(snapshot=kept, indicators=[indicator], areas=units, periods=[reading.period])
    terms = {r.reading.area: (r.reading.numerator, r.reading.denominator) for r in found}
    nothing = (None, None)
    parts = [
        Part(area=u, numerator=above, denominator=below) for u in units for above, below in [terms.get(u, nothing)]
    ]
    source, _ = sources(indicator=asked, variant="weighted", top=True)
    use = next(use for use in uses_of(plan=plan) if use.id == source)
    towards = asked.target.value if to == "target" or city.required is None else city.required
    shares = split(
        target=towards,
        direction=asked.direction,
        scale=use.params.numbers().get("scale", 1.0),
        parts=parts,
        divided=use.params.divides(),
        city=reading.value if asked.aggregation == "official" else None,
    )
    lines = _lines(shares, terms)
    return Gap(
        indicator=indicator,
        period=reading.period,
        unit=asked.unit,
        value=reading.value,
        towards=towards,
        gap=(towards - reading.value) * (1 if asked.direction == "up" else -1),
        lines=lines,
    )


def _city(plan: Plan, indicator: Indicator, kept: int, period: str | None) -> IndicatorReading:
    wanted = None if period is None else [period]
    found = readings(snapshot=kept, indicators=[indicator.id], areas=[plan.area], periods=wanted, latest=period is None)
    if not found:
        name = area_of(plan.area).name
        raise NothingToExplain(indicator=indicator.id, area=name, period=period or "—", frequency=indicator.frequency)
    return found[0]


def _lines(shares: list[Share], terms: Mapping[str, tuple[float | None, float | None]]) -> tuple[GapShare, ...]:
    total = sum(share.amount for share in shares if share.amount is not None)
    lines = []
    for rank, share in enumerate(shares, start=1):
        numerator, denominator = terms.get(share.area or "", (None, None))
        amount = share.amount
        lines.append(
            GapShare(
                area=share.area,
                share=None if amount is None else float(amount),
                of_gap=None if amount is None or total == 0 else float(amount / total),
                numerator=numerator,
                denominator=denominator,
                note=share.note,
                rank=None if amount is None else rank,
            )
        )
    return tuple(lines)
