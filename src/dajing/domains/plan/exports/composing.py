"""Composes the report from the plan's stored readings and the city pack."""

from __future__ import annotations

from datetime import datetime

from dajing.domains.plan.actions.contents import late
from dajing.domains.plan.board import source
from dajing.domains.plan.evaluation.service import shown as evaluation
from dajing.domains.plan.exports.report import Report
from dajing.domains.plan.forecast.service import forecasts
from dajing.domains.plan.pack import Plan
from dajing.kernel.areas.api import areas, units
from dajing.kernel.identity.actor import Actor
from dajing.kernel.packs.api import city, departments
from dajing.kernel.text import Text


def compose_report(
    *, plan: Plan, as_of: datetime | None, language: str, at: datetime, by: Actor | None = None
) -> Report:
    """Everything known at ``as_of``, to be written at ``at`` in ``language`` (``zh`` or ``en``).

    Late actions are those that ``by`` may read; a report of the past and one for nobody in particular name none.
    """
    board = source.board(plan=plan, as_of=as_of)
    reporting = tuple(unit.code for unit in units(hierarchy="reporting"))
    counties = source.figures(vintage=board.vintage, areas=reporting, latest=True) if board.vintage else []
    here = city()
    judged = evaluation(plan=plan, state=board.vintage, as_of=as_of, at=at) if board.vintage else None
    ahead = forecasts(snapshot=board.vintage) if board.vintage and judged is None else []
    return Report(
        board=board,
        at=at,
        as_of=as_of,
        language=language,
        time_zone=here.time_zone,
        addressee=Text(zh=f"{here.name.zh}人民政府", en=f"To the People's Government of {here.name.en}"),
        departments={department.id: department.name for department in departments()},
        names={code: area.name for code, area in areas().items()},
        counties=counties,
        forecasts=ahead,
        evaluation=judged,
        late=late(plan=plan, by=by, at=at) if by is not None and as_of is None else (),
    )
