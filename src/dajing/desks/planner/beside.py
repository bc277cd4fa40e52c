"""Reported and predicted figures of the same indicators, each as its own reading."""

from __future__ import annotations

from datetime import datetime

import msgspec

from dajing.domains.plan.api import IndicatorReading, plan, readings, snapshot
from dajing.kernel.text import Text


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """One indicator: what was reported and what the records predict; either may be unknown."""

    id: str
    title: Text
    predicted_title: Text
    unit: str
    reported: IndicatorReading | None
    predicted: IndicatorReading | None


class Pairs(msgspec.Struct, frozen=True, kw_only=True):
    """The pairs of one plan."""

    plan: str
    rows: tuple[Pair, ...]


def side_by_side(*, as_of: datetime | None) -> Pairs:
    """The city's latest reported and predicted figures of every indicator of the default plan that has both."""
    found = plan()
    vintage = snapshot(plan=found, as_of=as_of)
    chosen = [indicator for indicator in found.indicators if indicator.predicted is not None]
    ids = [indicator.id for indicator in chosen]
    reported = {r.indicator: r for r in readings(snapshot=vintage, indicators=ids, areas=[found.area], latest=True)}
    predicted = {
        r.indicator: r
        for r in readings(snapshot=vintage, indicators=ids, areas=[found.area], latest=True, variant="predicted")
    }
    rows = tuple(
        Pair(
            id=i.id, title=i.title, predicted_title=i.predicted.title, unit=i.unit, reported=reported.get(i.id),
            predicted=predicted.get(i.id),
        )
        for i in chosen
        if i.predicted is not None
    )  # fmt: skip
    return Pairs(plan=found.id, rows=rows)
