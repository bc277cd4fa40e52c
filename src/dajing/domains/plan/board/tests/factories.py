"""Figures for tests of pages and files; their values are plainly made up and are used nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from dajing.domains.plan.board.contents import Board, Figure, compose
from dajing.domains.plan.pack import Indicator, Plan
from dajing.domains.plan.readings.structs import SnapshotInfo
from dajing.kernel.measures.reading import Kind, Reading
from dajing.kernel.text import Text

COMPUTED = datetime(2018, 7, 1, 2, 0, tzinfo=UTC)
STATUSES = ("met", "on_track", "at_risk", "behind", "missed", "unknown")


def vintage(*, synthetic: bool = True) -> SnapshotInfo:
    return SnapshotInfo(
        id=1,
        plan="zjk-135",
        as_of=COMPUTED,
        computed_at=COMPUTED,
        watermark=datetime(2018, 6, 29, tzinfo=UTC),
        synthetic=synthetic,
        forecast=False,
    )


def figure(
    *,
    indicator: str = "iptv",
    area: str = "130700",
    period: str = "2018-06",
    value: float | None = 61.25,
    status: str = "behind",
    variant: str = "official",
    kind: Kind = Kind.SYNTHETIC,
    latest: bool = False,
) -> Figure:
    missing = Text(zh="缺 2 个县区的报表", en="two areas have not reported")
    reason = Text(zh="按现有进度到期达不到目标", en="at this pace the target is not reached in time")
    return Figure(
        indicator=indicator,
        variant=variant,
        reading=Reading(
            measure="ratio",
            area=area,
            period=period,
            value=value,
            numerator=None if value is None else value * 1000,
            denominator=None if value is None else 100_000,
            completeness=0.89 if value is None else 1.0,
            kind=None if value is None else kind,
            method="ratio",
            version="1",
            evidence="0f" * 32,
            watermark=datetime(2018, 6, 29, tzinfo=UTC),
            reason=missing if value is None else None,
        ),
        status=status,
        status_reason=reason,
        latest=latest,
    )


def series(*, indicator: Indicator, area: str = "130700", offset: float = 0.0) -> list[Figure]:
    months = [f"{year}-{month:02d}" for year in (2016, 2017, 2018) for month in range(1, 13)][:30]
    goal = indicator.target.value
    status = STATUSES[indicator.order % len(STATUSES)]
    return [
        figure(
            indicator=indicator.id,
            area=area,
            period=month,
            value=None if n % 11 == 5 else goal * (0.4 + n * 0.014 + offset),
            status=status,
            latest=n == len(months) - 1,
        )
        for n, month in enumerate(months)
    ]


def figures(*, plan: Plan, areas: Sequence[str]) -> list[Figure]:
    return [
        found
        for n, area in enumerate(areas)
        for indicator in plan.indicators
        for found in series(indicator=indicator, area=area, offset=n * 0.01)
    ]


def board(*, plan: Plan, synthetic: bool = True) -> Board:
    return compose(plan=plan, vintage=vintage(synthetic=synthetic), figures=figures(plan=plan, areas=(plan.area,)))
