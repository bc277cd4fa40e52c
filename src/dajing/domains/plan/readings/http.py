"""``/api/v1/plan/status`` and ``/readings``: the same stored readings as the board, for machines."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import HttpRequest
from ninja import Router

from dajing.domains.plan.loading import plan as load_plan
from dajing.domains.plan.pack import Plan
from dajing.domains.plan.past import moment_of
from dajing.domains.plan.readings.api import IndicatorReading, readings, snapshot
from dajing.kernel.ui.moment import UnableToReadMoment, as_of

ROUTER = Router()


@ROUTER.get("/status")
def status(request: HttpRequest, plan: str | None = None, area: str | None = None) -> dict[str, Any]:
    """Every target's reading that the board shows, for the city or one unit, as known at ``as_of`` (a day)."""
    return _answer(request, load_plan(id=plan), area=area, indicator=None, latest=True)


@ROUTER.get("/readings/{indicator}")
def series(request: HttpRequest, indicator: str, plan: str | None = None, area: str | None = None) -> dict[str, Any]:
    """All periods of one indicator, for the city or one unit, as known at ``as_of`` (a day)."""
    return _answer(request, load_plan(id=plan), area=area, indicator=indicator, latest=False)


def _answer(
    request: HttpRequest, plan: Plan, *, area: str | None, indicator: str | None, latest: bool
) -> dict[str, Any]:
    asked = as_of(request)
    if asked.refused:
        raise UnableToReadMoment(given=request.GET.get("as_of", "")[:40])
    state = snapshot(plan=plan, as_of=moment_of(request=request, plan=plan))
    wanted = [indicator] if indicator else None
    found: list[IndicatorReading] = readings(
        snapshot=state, areas=[area or plan.area], indicators=wanted, latest=latest
    )
    return {
        "plan": plan.id,
        "area": area or plan.area,
        "snapshot": msgspec.to_builtins(state),
        "readings": [msgspec.to_builtins(reading) for reading in found],
    }
