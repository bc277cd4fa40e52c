"""Forecasts of a stored state: computed once, kept with it, and taken into its statuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec
from django.db import transaction
from django.utils import timezone

from dajing.domains.plan.forecast.forecasting import forecast as forecast_series
from dajing.domains.plan.forecast.structs import Forecast
from dajing.domains.plan.loading import plan as plan_of
from dajing.domains.plan.models.readings import ForecastRow, ReadingRow, Snapshot
from dajing.domains.plan.pack import Indicator, Plan
from dajing.domains.plan.readings.computing import goal_of, judged, points_of
from dajing.domains.plan.readings.explaining import indicator_of
from dajing.domains.plan.readings.snapshots import info, readings, rows_of, snapshot
from dajing.domains.plan.readings.structs import SnapshotInfo

Seen = Callable[[int, int], None]


def forecasts(*, snapshot: SnapshotInfo | int) -> list[Forecast]:
    """The stored forecasts of a state; empty while the job has not run or where nothing is left to forecast."""
    number = snapshot if isinstance(snapshot, int) else snapshot.id
    rows = ForecastRow.objects.filter(snapshot_id=number).order_by("indicator").values_list("content", flat=True)
    return [msgspec.convert(row, Forecast) for row in rows]


def forecast(*, plan: Plan | str, indicator: str, as_of: datetime | None = None) -> Forecast:
    """The forecast of one indicator of the city as known at ``as_of``; computed now if the job has not done it yet.

    Raises ``IndicatorUnknown``. A forecast that cannot be made has ``method`` None and a reason.
    """
    plan = plan_of(id=plan) if isinstance(plan, str) else plan
    asked = indicator_of(plan=plan, id=indicator)
    kept = snapshot(plan=plan, as_of=as_of)
    row = ForecastRow.objects.filter(snapshot_id=kept.id, indicator=indicator).first()
    return msgspec.convert(row.content, Forecast) if row else _compute(plan, asked, kept.id)


def foresee(*, snapshot: int, seen: Seen | None = None) -> SnapshotInfo:
    """Compute every forecast of the stored state ``snapshot``, keep them, and judge the city's readings with them.

    ``seen`` is told how many of how many are done. Running it again gives the same.
    """
    kept = Snapshot.objects.get(id=snapshot)
    plan = plan_of(id=kept.plan)
    made: dict[str, Forecast] = {}
    for done, indicator in enumerate(plan.indicators, start=1):
        made[indicator.id] = _compute(plan, indicator, snapshot)
        if seen is not None:
            seen(done, len(plan.indicators))
    with transaction.atomic():
        if not Snapshot.objects.select_for_update().filter(id=snapshot).exists():
            return info(kept)  # replaced meanwhile: its successor has a job of its own
        ForecastRow.objects.filter(snapshot_id=snapshot).delete()
        ForecastRow.objects.bulk_create(
            ForecastRow(snapshot_id=snapshot, indicator=id, content=msgspec.to_builtins(found))
            for id, found in made.items()
        )
        _judge_again(plan, kept, {id: f.probability for id, f in made.items() if f.probability is not None})
        kept.forecast = True
        kept.save(update_fields=["forecast"])
    return info(kept)


def _compute(plan: Plan, indicator: Indicator, number: int) -> Forecast:
    series = [r.reading for r in readings(snapshot=number, indicators=[indicator.id], areas=[plan.area])]
    return forecast_series(
        indicator=indicator.id,
        points=points_of(series=series),
        goal=goal_of(indicator=indicator),
        frequency=indicator.frequency,
        limits=(indicator.limits.min, indicator.limits.max),
    )


def _judge_again(plan: Plan, kept: Snapshot, chances: Mapping[str, float]) -> None:
    """The city's official series once more, the latest reading now with its probability."""
    day = timezone.localdate(kept.as_of or kept.computed_at)
    chosen = ReadingRow.objects.filter(snapshot=kept, variant="official", area=plan.area)
    for indicator in plan.indicators:
        if indicator.id not in chances:
            continue
        series = [r.reading for r in readings(snapshot=kept.id, indicators=[indicator.id], areas=[plan.area])]
        again = judged(
            indicator=indicator,
            variant="official",
            series=series,
            closed=day > indicator.target.deadline,
            whole=True,
            chance=chances[indicator.id],
        )
        (row,) = rows_of(kept, again)
        chosen.filter(indicator=indicator.id).update(body=row.body, latest=row.latest)
