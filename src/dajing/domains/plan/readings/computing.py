"""All readings of a plan as of a time, with statuses; nothing is stored here."""

from __future__ import annotations

import functools
import hashlib
from datetime import date, datetime
from typing import Any

import msgspec

from dajing.domains.plan import periods
from dajing.domains.plan.pack import Field, Frequency, Indicator, Plan
from dajing.domains.plan.readings.forming import Frame, form, variants
from dajing.domains.plan.readings.rules import Goal, Point, Verdict, judge
from dajing.domains.plan.readings.structs import IndicatorReading, Status, Variant
from dajing.domains.plan.readings.uses import uses_of
from dajing.domains.plan.streams import REPORTS
from dajing.kernel.areas.api import Area, areas, units
from dajing.kernel.measures.evaluating import evaluate
from dajing.kernel.measures.reading import Reading
from dajing.kernel.measures.registry import Input
from dajing.kernel.text import Text

OF_THE_SUM = Text(
    zh="目标是对全市合计而言，单个单位没有自己的目标值",
    en="the target is for the city's total; a unit has none of its own",
)


_digests: dict[int, tuple[Plan, str]] = {}


def goal_of(*, indicator: Indicator) -> Goal:
    """The indicator's target for the rules."""
    due = periods.of_day(indicator.target.deadline, indicator.frequency)
    return Goal(
        value=indicator.target.value,
        strict=indicator.target.strict,
        direction=indicator.direction,
        deadline=periods.index(due),
        decimals=indicator.decimals,
        unit=indicator.unit,
    )


def definition(*, plan: Plan) -> str:
    """A digest of what readings depend on in the pack: they are computed anew when it changes.

    Kept for the last plan objects asked for, because every page asks; a pack that is loaded again is another object.
    """
    if id(plan) not in _digests or _digests[id(plan)][0] is not plan:
        _digests[id(plan)] = (plan, _definition(plan))
    return _digests[id(plan)][1]


def _definition(plan: Plan) -> str:
    from dajing.kernel.measures.registry import measures

    versions = {id: measure.version for id, measure in measures().items()}
    parts = (plan.indicators, plan.fields, plan.first_year, plan.last_year, versions, eras(plan=plan))
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


def partition(*, period: str) -> list[Area]:
    """The units that reported at the end of ``period``: the city's figure is the sum of exactly these.

    Never of GB/T 2260 divisions, and never of today's units for a time when others stood.
    """
    return list(units(hierarchy="reporting", on=periods.last_day(period)))


def eras(*, plan: Plan) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    """The plan's periods grouped by the partition that held at their end, oldest first."""
    kinds = tuple(sorted({indicator.frequency for indicator in plan.indicators}))
    return _eras(plan.base_year, plan.last_year, kinds)


@functools.lru_cache(maxsize=8)
def _eras(
    first_year: int, last_year: int, kinds: tuple[Frequency, ...]
) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    """``eras``, kept: every page asks, and the pack's areas do not change while a process runs."""
    found: dict[tuple[str, ...], list[str]] = {}
    for kind in kinds:
        for period in periods.between(date(first_year, 1, 1), date(last_year, 12, 31), kind):
            found.setdefault(tuple(unit.code for unit in partition(period=period)), []).append(period)
    return tuple((codes, tuple(within)) for codes, within in found.items())


def streams_of(*, plan: Plan) -> list[str]:
    """The fact streams that the plan's measures read: the reports, and those of records beside them."""
    return sorted({use.measure.stream or REPORTS for use in uses_of(plan=plan)} | {REPORTS})


def fields_of(*, plan: Plan) -> dict[str, Field | Input]:
    """Everything that the plan's measures read, by id: the forms' fields and the inputs of measures over records."""
    found: dict[str, Field | Input] = {field.id: field for field in plan.fields}
    for use in uses_of(plan=plan):
        found |= use.measure.inputs
    return found


def frame_of(*, plan: Plan, as_of: datetime | None, url: str | None = None) -> Frame:
    """Every computed row of the plan's measures as known at ``as_of``."""
    uses = uses_of(plan=plan)
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    partitions: dict[str, tuple[str, ...]] = {}
    grouped = eras(plan=plan)
    for codes, within in grouped:
        only = within if len(grouped) > 1 else None
        for stream in streams_of(plan=plan):
            mine = [use for use in uses if (use.measure.stream or REPORTS) == stream]
            table = evaluate(stream=stream, uses=mine, units=codes, top=plan.area, as_of=as_of, url=url, periods=only)
            found |= {(row["use"], row["area"], row["period"]): row for row in table.to_pylist()}
        partitions |= dict.fromkeys(within, codes)
    return Frame(
        top=plan.area,
        partitions=partitions,
        names={code: area.name for code, area in areas().items()},
        fields=fields_of(plan=plan),
        uses={use.id: use for use in uses},
        rows=found,
    )


def grid(*, plan: Plan, indicator: Indicator, on: date) -> list[str]:
    """The periods of an indicator that have ended by ``on``: from the base year to the plan's end."""
    last = min(on, max(date(plan.last_year, 12, 31), indicator.target.deadline))
    return periods.between(date(plan.base_year, 1, 1), last, indicator.frequency)


def compute(*, plan: Plan, frame: Frame, on: date) -> list[IndicatorReading]:
    """Every reading of ``frame``, judged on the day ``on``, without forecasts."""
    found: list[IndicatorReading] = []
    for indicator in plan.indicators:
        due = grid(plan=plan, indicator=indicator, on=on)
        closed = on > indicator.target.deadline
        for variant in variants(indicator=indicator):
            for area in (frame.top, *frame.units()):
                if variant == "weighted" and area != frame.top:
                    continue  # a unit has one figure; only the city has an own one and a weighted one
                series = [
                    form(frame=frame, indicator=indicator, variant=variant, area=area, period=period)
                    for period in due
                    if area == frame.top or area in frame.partitions[period]
                ]
                whole = area == frame.top
                found += judged(indicator=indicator, variant=variant, series=series, closed=closed, whole=whole)
    return found


def judged(
    *,
    indicator: Indicator,
    variant: Variant,
    series: list[Reading],
    closed: bool,
    whole: bool,
    chance: float | None = None,
) -> list[IndicatorReading]:
    """One series of readings with statuses; only the official variant has any.

    ``whole``: it is the city's; ``chance``: the forecast probability from its latest reading.
    """
    points = points_of(series=series)
    shown = latest(points=points, closed=closed, deadline=goal_of(indicator=indicator).deadline)
    made = []
    for at, reading in enumerate(series):
        verdict = None
        if variant == "official":
            verdict = _verdict(indicator, points, at, closed, chance if at == shown else None, whole)
        made.append(
            IndicatorReading(
                indicator=indicator.id,
                variant=variant,
                reading=reading,
                status=verdict.status if verdict else None,
                status_reason=verdict.reason if verdict else None,
                latest=at == shown,
                required=verdict.required if verdict else None,
                first_met=verdict.first_met if verdict else None,
            )
        )
    return made


def points_of(*, series: list[Reading]) -> list[Point]:
    """The series as the rules see it."""
    return [
        Point(index=periods.index(r.period), period=r.period, value=r.value, completeness=r.completeness)
        for r in series
    ]


def latest(*, points: list[Point], closed: bool, deadline: int) -> int | None:
    """Which point a board shows: the deadline's once that is final, else the newest that decides, else the newest."""
    if closed:
        return next((at for at, point in enumerate(points) if point.index == deadline), None)
    deciding = [at for at, point in enumerate(points) if point.decides]
    return deciding[-1] if deciding else (len(points) - 1 if points else None)


def _verdict(
    indicator: Indicator, points: list[Point], at: int, closed: bool, chance: float | None, whole: bool
) -> Verdict:
    if indicator.aggregation == "sum" and not whole:
        return Verdict(status=Status.NOT_MEASURABLE, reason=OF_THE_SUM)
    return judge(goal=goal_of(indicator=indicator), points=points, at=at, closed=closed, probability=chance)
