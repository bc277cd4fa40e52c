"""The page that answers "will it be met?" while the plan runs and "was it met?" after it; officers seal the answer."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from dajing.domains.plan.addressing import plan_or_404
from dajing.domains.plan.board import source
from dajing.domains.plan.evaluation import service
from dajing.domains.plan.forecast.service import forecasts
from dajing.domains.plan.pack import Plan
from dajing.domains.plan.past import moment_of
from dajing.kernel.identity.api import actor_of, requires
from dajing.kernel.text import Refusal
from dajing.kernel.ui.moment import UnableToReadMoment, read_as_of


@require_safe
def outlook(request: HttpRequest, plan: str) -> HttpResponse:
    """Every target's forecast or final judgement, as of the address's time."""
    return _page(request, plan_or_404(id=plan))


@requires(service.ROLE)
@require_POST
def seal(request: HttpRequest, plan: str) -> HttpResponse:
    """Seal the evaluation of the end of a day; what was known by then decides."""
    found, now = plan_or_404(id=plan), datetime.now(UTC)
    given = request.POST.get("day", "")
    try:
        vintage = read_as_of(given).moment
        if vintage is None:
            raise UnableToReadMoment(given=given)
        service.freeze(plan=found, vintage=vintage, by=actor_of(request=request, at=now), at=now)
    except Refusal as refusal:
        return _page(request, found, given=given, refusal=refusal)
    return HttpResponseRedirect(reverse("plan-outlook", args=[found.id]))


def _page(request: HttpRequest, plan: Plan, *, given: str = "", refusal: Refusal | None = None) -> HttpResponse:
    now = datetime.now(UTC)
    moment = moment_of(request=request, plan=plan)
    board = source.board(plan=plan, as_of=moment)
    assert board.vintage is not None  # noqa: S101 - a board read from rows has one
    evaluation = service.shown(plan=plan, state=board.vintage, as_of=moment, at=now)
    context = {
        "plan": plan,
        "board": board,
        "vintage": board.vintage,
        "indicators": {i.id: i for i in plan.indicators},
        "evaluation": evaluation,
        "sealed": service.frozen(plan=plan.id),
        "forecasts": [] if evaluation else forecasts(snapshot=board.vintage),
        "may_seal": evaluation is not None and actor_of(request=request, at=now).may(service.ROLE),
        "given": given,
        "errors": [{"field": "day", "message": str(refusal.message)}] if refusal else [],
    }
    return render(request, "plan/outlook.html", context, status=422 if refusal else 200)
