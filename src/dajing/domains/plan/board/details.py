"""What single pages need beside the board: the spread by county, the series chart, what is late."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dajing.domains.plan.board import source
from dajing.domains.plan.board.contents import Board, Figure, Row, Vintage
from dajing.domains.plan.board.spread import Spread
from dajing.domains.plan.board.spread import spread as make_spread
from dajing.domains.plan.pack import Indicator, Plan
from dajing.kernel.areas.api import units
from dajing.kernel.areas.boundaries import boundaries, may_draw_map
from dajing.kernel.packs.api import city
from dajing.kernel.settings import settings
from dajing.kernel.ui.drawing.series import Chart, chart
from dajing.kernel.ui.templatetags.ui import figure, period


def may_draw_shapes(*, signed_in: bool) -> bool:
    """Real shapes: on a public page only with a map review; signed-in people of a demo see them with a note."""
    return may_draw_map() or (signed_in and settings().synthetic)


def spread(
    *, plan: Plan, indicator: Indicator, vintage: Vintage | None, wanted: str | None, real_shapes: bool
) -> dict[str, Any]:
    """Variables of the map section: the drawing with a mark per county unit, and its legend."""
    reporting = units(hierarchy="reporting")
    found = source.figures(
        plan=plan, vintage=vintage, indicators=(indicator.id,), areas=tuple(unit.code for unit in reporting)
    )
    review = city().map_review
    made = make_spread(
        indicator=indicator,
        names={unit.code: unit.name for unit in reporting},
        polygons={code: boundary.polygon for code, boundary in boundaries().items()},
        figures=found,
        period=wanted,
        real=real_shapes,
        reviewed=f"{review.number} {review.issuer}" if review else None,
    )
    return {
        "spread": made,
        "map_indicators": [(i.id, i.title) for i in plan.indicators],
        "map_periods": [(p, period(p)) for p in made.periods],
        "map_legend": _legend(made),
        "units": reporting,
    }


def _legend(made: Spread) -> list[tuple[str, str]]:
    decimals, limits = made.indicator.decimals, made.classes.limits
    pairs = zip(limits, limits[1:], strict=False)
    return [
        (str(level), f"{figure(low, decimals)}–{figure(high, decimals)} {made.indicator.unit}")
        for level, (low, high) in enumerate(pairs)
    ]


def series_chart(*, row: Row) -> Chart | None:
    """The chart of one indicator's own series; None where nothing is known yet."""
    if not any(f.reading.value is not None for f in row.series):
        return None
    unit, decimals = row.indicator.unit, row.indicator.decimals
    return chart(
        labels=[f.reading.period for f in row.series],
        values=[f.reading.value for f in row.series],
        titles=[f"{period(f.reading.period)} {figure(f.reading.value, decimals)} {unit}" for f in row.series],
        goal=row.indicator.target.value,
    )


def table(*, plan: Plan, made: Spread, vintage: Vintage | None) -> list[tuple[Any, Figure | None]]:
    """Every county unit with its figure of the period shown, in the order of codes."""
    found = source.figures(plan=plan, vintage=vintage, indicators=(made.indicator.id,))
    kept = {f.reading.area: f for f in found if f.reading.period == made.period}
    return [(unit, kept.get(unit.code)) for unit in units(hierarchy="reporting")]


def supervision(*, board: Board, as_of: datetime | None) -> dict[str, Any]:
    """督办: indicators behind, missed or unknown with the department that owns each."""
    from dajing.kernel.packs.api import departments

    names = {department.id: department.name for department in departments()}
    wanted = {"missed", "behind", "at_risk", "unknown"}
    pressing = [(row, names.get(row.indicator.department)) for row in board.rows if row.status in wanted]
    return {"pressing": pressing}
