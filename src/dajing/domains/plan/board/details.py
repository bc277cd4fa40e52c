"""What single pages need beside the board: the spread by county, the series chart, what is late."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from dajing.domains.plan.board import source
from dajing.domains.plan.board.contents import Board, Figure, Row
from dajing.domains.plan.board.spread import Spread
from dajing.domains.plan.board.spread import spread as make_spread
from dajing.domains.plan.forecast.service import forecasts
from dajing.domains.plan.forecast.structs import Forecast
from dajing.domains.plan.pack import Indicator
from dajing.domains.plan.readings.api import NothingToExplain, explain
from dajing.domains.plan.readings.gaps import Gap, NoGap, gap_of
from dajing.domains.plan.roles import ROLES
from dajing.kernel.areas.api import AreaUnknown, areas, units
from dajing.kernel.areas.boundaries import boundaries, may_draw_map
from dajing.kernel.identity.actor import Actor
from dajing.kernel.ledger.api import record
from dajing.kernel.packs.api import city
from dajing.kernel.settings import settings
from dajing.kernel.ui.drawing.series import Ahead, Chart, chart
from dajing.kernel.ui.templatetags.ui import figure, period
from dajing.kernel.units import unit_name


def may_draw_shapes(*, signed_in: bool) -> bool:
    """Real shapes: on a public page only with a map review; signed-in people of a demo see them with a note."""
    return may_draw_map() or (signed_in and settings().synthetic)


def spread(*, board: Board, indicator: Indicator, wanted: str | None, real_shapes: bool) -> dict[str, Any]:
    """Variables of the map section and the county table: one period of one indicator by county unit."""
    reporting = units(hierarchy="reporting")
    row = next(row for row in board.rows if row.indicator.id == indicator.id)
    listed = [f.reading.period for f in reversed(row.series) if f.reading.value is not None]
    period_ = wanted if wanted in listed else (listed[0] if listed else None)
    found = _of_period(board, indicator, period_, [unit.code for unit in reporting])
    review = city().map_review
    made = make_spread(
        indicator=indicator,
        names={unit.code: unit.name for unit in reporting},
        polygons={code: boundary.polygon for code, boundary in boundaries().items()},
        figures=found,
        period=period_,
        real=real_shapes,
        reviewed=f"{review.number} {review.issuer}" if review else None,
    )
    kept = {figure.reading.area: figure for figure in found}
    return {
        "spread": made,
        "map_indicators": [(i.id, i.title) for i in board.plan.indicators],
        "map_periods": [(p, period(p)) for p in listed],
        "map_legend": _legend(made),
        "table": [(unit, kept.get(unit.code)) for unit in reporting],
    }


def _of_period(board: Board, indicator: Indicator, period_: str | None, areas: list[str]) -> list[Figure]:
    if board.vintage is None or period_ is None:
        return []
    return source.figures(vintage=board.vintage, indicators=(indicator.id,), areas=areas, periods=(period_,))


def _legend(made: Spread) -> list[tuple[str, str]]:
    decimals, limits = made.indicator.decimals, made.classes.limits
    pairs = zip(limits, limits[1:], strict=False)
    return [
        (str(level), f"{figure(low, decimals)}–{figure(high, decimals)} {unit_name(made.indicator.unit)}")
        for level, (low, high) in enumerate(pairs)
    ]


def series_chart(*, row: Row, outlook: Forecast | None = None) -> Chart | None:
    """The chart of one indicator's own series and its forecast; None where nothing is known yet.

    The band is the 80 % prediction interval.
    """
    if not any(f.reading.value is not None for f in row.series):
        return None
    unit, decimals = unit_name(row.indicator.unit), row.indicator.decimals
    ahead = outlook.ahead if outlook else ()
    series = list(row.series)
    if outlook and outlook.origin:
        series = [f for f in row.series if f.reading.period <= outlook.origin]
    return chart(
        labels=[f.reading.period for f in series],
        values=[f.reading.value for f in series],
        titles=[f"{period(f.reading.period)} {figure(f.reading.value, decimals)} {unit}" for f in series],
        goal=row.indicator.target.value,
        ahead=[Ahead(step.low80, step.value, step.high80) for step in ahead],
        ahead_labels=[step.period for step in ahead],
    )


def outlook(*, board: Board, indicator: Indicator) -> Forecast | None:
    """The stored forecast of one indicator for the shown state; None after the deadline or while it is not computed."""
    if board.vintage is None:
        return None
    return next((f for f in forecasts(snapshot=board.vintage) if f.indicator == indicator.id), None)


def chart_data(*, row: Row, mark: str) -> dict[str, Any]:
    """The same series for the interactive chart; ``mark`` is the watermark, empty for real data."""
    return {
        "labels": [f.reading.period for f in row.series],
        "values": [f.reading.value for f in row.series],
        "goal": row.indicator.target.value,
        "goalLabel": gettext("目标"),
        "unit": unit_name(row.indicator.unit),
        "mark": mark,
    }


def gap(*, board: Board, indicator: Indicator, as_of: datetime | None) -> Gap | None:
    """The city's gap by unit; None where the city's reading is unknown."""
    try:
        return gap_of(plan=board.plan, indicator=indicator.id, as_of=as_of)
    except (NoGap, NothingToExplain):
        return None


def evidence(
    *, board: Board, indicator: Indicator, area: str, period: str, as_of: datetime | None, by: Actor, at: datetime
) -> dict[str, Any]:
    """What is behind one number. Everyone sees counts, formula and digest; record content is for holders of a role of
    the plan, and that they opened it is recorded."""
    try:
        found = explain(plan=board.plan, indicator=indicator.id, area=area, period=period, as_of=as_of)
    except (NothingToExplain, AreaUnknown) as refusal:
        return {"explanation": None, "refusal": refusal.message}
    opened = any(by.may(role) for role in ROLES)
    if opened:
        subject = f"plan:{board.plan.id}/indicator:{indicator.id}/{area}/{period}"
        with transaction.atomic():
            record(act="plan.evidence.opened", by=by, at=at, subject=subject, detail={"records": len(found.rows)})
    return {"explanation": found, "opened": opened, "figure": found.reading, "areas": areas()}


def supervision(*, board: Board) -> dict[str, Any]:
    """督办: indicators behind, missed or unknown with the department that owns each."""
    from dajing.kernel.packs.api import departments

    names = {department.id: department.name for department in departments()}
    wanted = {"missed", "behind", "at_risk", "unknown"}
    pressing = [(row, names.get(row.indicator.department)) for row in board.rows if row.status in wanted]
    return {"pressing": pressing}
