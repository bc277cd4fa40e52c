"""The plan's pages: they read stored readings and never compute one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from dajing.domains.plan.actions import contents as actions
from dajing.domains.plan.actions.rules import NO_CAUSE
from dajing.domains.plan.addressing import indicator_or_404, plan_or_404
from dajing.domains.plan.board import details, reports, source
from dajing.domains.plan.board.contents import Board
from dajing.domains.plan.exports.api import FORMATS, MIME, write
from dajing.domains.plan.exports.composing import compose_report
from dajing.domains.plan.loading import plan as load_plan
from dajing.domains.plan.pack import Indicator, Plan
from dajing.domains.plan.past import moment_of
from dajing.domains.plan.periods import PeriodUnreadable, frequency
from dajing.kernel.areas.api import AreaUnknown, areas, units
from dajing.kernel.areas.api import area as find_area
from dajing.kernel.identity.api import actor_of
from dajing.kernel.settings import settings
from dajing.kernel.ui.kept import part
from dajing.kernel.ui.moment import as_of

TITLES = {"xlsx": "XLSX", "docx": "DOCX", "pdf": "PDF"}


@require_safe
def default(request: HttpRequest) -> HttpResponse:
    """The city's default plan."""
    query = request.META.get("QUERY_STRING", "")
    address = reverse("plan-board", args=[load_plan().id])
    return HttpResponseRedirect(f"{address}?{query}" if query else address)


@require_safe
def board(request: HttpRequest, plan: str) -> HttpResponse:
    """规划总览: goals, indicators with status and reason, aims, slots, one indicator by county."""
    found = plan_or_404(id=plan)
    moment = moment_of(request=request, plan=found)
    shown = source.board(plan=found, as_of=moment)
    state = (found.id, shown.vintage and (shown.vintage.id, shown.vintage.computed_at), as_of(request).text)
    frame = {"plan": found, "board": shown, "vintage": shown.vintage}
    chosen = (request.GET.get("indicator", ""), request.GET.get("period", ""), request.user.is_authenticated)
    context = {
        "action_counts": actions.counts(plan=found, at=datetime.now(UTC)),
        "body": part(
            template="plan/_board.html",
            key=(*state, source.slots_version(plan=found)),
            context=lambda: frame | {"formats": TITLES.items(), "slots": source.slots(plan=found, as_of=moment)},
            request=request,
        ),
        "map": part(
            template="plan/_map.html",
            key=(*state, *chosen),
            context=lambda: frame | _spread(request, shown),
            request=request,
        ),
    }
    return _page(request, "plan/board.html", shown, context)


@require_safe
def indicator(request: HttpRequest, plan: str, indicator: str) -> HttpResponse:
    """One indicator: definition, traps, series with target and forecast, counties, gap, what stands beside it."""
    found = plan_or_404(id=plan)
    chosen = indicator_or_404(plan=found, id=indicator)
    moment = moment_of(request=request, plan=found)
    shown = source.board(plan=found, as_of=moment)
    row = next(row for row in shown.rows if row.indicator.id == chosen.id)
    spread = _spread(request, shown, chosen)
    outlook = details.outlook(board=shown, indicator=chosen)
    context = {
        "indicator": chosen,
        "row": row,
        "chart": details.series_chart(row=row, outlook=outlook),
        "outlook": outlook,
        "chart_data": details.chart_data(row=row, mark=gettext("模拟数据") if settings().synthetic else ""),
        "objections": reports.objections(plan=found, indicator=chosen, as_of=moment),
        "areas": areas(),
        "gap": details.gap(board=shown, indicator=chosen, as_of=moment),
        **_actions(request, found, chosen),
        **spread,
    }
    return _page(request, "plan/indicator.html", shown, context)


def _actions(request: HttpRequest, plan: Plan, indicator: Indicator) -> dict[str, Any]:
    """Everybody sees how many actions there are; what they are, who may read them."""
    at = datetime.now(UTC)
    by = actor_of(request=request, at=at)
    moment = moment_of(request=request, plan=plan)
    return {
        "action_count": actions.count(plan=plan, indicator=indicator.id, at=at),
        "action_lines": actions.lines(plan=plan, by=by, at=at, indicator=indicator.id, as_of=moment),
        "may_open": by.may("plan.officer"),
        "no_cause": NO_CAUSE,
    }


@require_safe
def area(request: HttpRequest, plan: str, area: str) -> HttpResponse:
    """One county unit: all its indicators beside the city's."""
    found = plan_or_404(id=plan)
    try:
        unit = find_area(area)
    except AreaUnknown as refusal:
        raise Http404(str(refusal)) from refusal
    shown = source.board(plan=found, as_of=moment_of(request=request, plan=found))
    assert shown.vintage is not None  # noqa: S101 - a board read from rows has one
    local = source.area_board(plan=found, vintage=shown.vintage, area=unit.code)
    pairs = list(zip(local.rows, shown.rows, strict=True))
    by = actor_of(request=request, at=datetime.now(UTC))
    context = {"unit": unit, "pairs": pairs, "units": units(hierarchy="reporting"), "areas": areas()}
    context |= {"action_lines": actions.lines(plan=found, by=by, at=datetime.now(UTC), area=unit.code, open=True)}
    context |= {"may_open": by.may("plan.officer")}
    return _page(request, "plan/area.html", shown, context)


@require_safe
def evidence(request: HttpRequest, plan: str, indicator: str, area: str, period: str) -> HttpResponse:
    """The records behind one number, its formula and its digest; record content is shown by role."""
    found = plan_or_404(id=plan)
    chosen = indicator_or_404(plan=found, id=indicator)
    try:
        unit, _ = find_area(area), frequency(period)
    except (AreaUnknown, PeriodUnreadable) as refusal:
        raise Http404(str(refusal)) from refusal
    moment, now = moment_of(request=request, plan=found), datetime.now(UTC)
    shown = source.board(plan=found, as_of=moment)
    context = {
        "indicator": chosen,
        "unit": unit,
        "period": period,
        **details.evidence(
            board=shown,
            indicator=chosen,
            area=unit.code,
            period=period,
            as_of=moment,
            by=actor_of(request=request, at=now),
            at=now,
        ),
    }
    return _page(request, "plan/evidence.html", shown, context)


@require_safe
def supervision(request: HttpRequest, plan: str) -> HttpResponse:
    """每周督办: what is late or behind, and who owns it."""
    found = plan_or_404(id=plan)
    moment = moment_of(request=request, plan=found)
    shown = source.board(plan=found, as_of=moment)
    at = datetime.now(UTC)
    context = details.supervision(board=shown) | {"owed": reports.owed(plan=found, at=at, as_of=moment)}
    by = actor_of(request=request, at=at)
    context |= {"action_lines": actions.late(plan=found, by=by, at=at), "areas": areas()}
    context |= {"action_counts": [row for row in actions.counts(plan=found, at=at) if row.late]}
    return _page(request, "plan/supervision.html", shown, context)


@require_safe
def report(request: HttpRequest, plan: str, format: str) -> HttpResponse:
    """The report as a file."""
    if format not in FORMATS:
        raise Http404(format)
    found = plan_or_404(id=plan)
    language = "en" if (request.GET.get("language") or get_language() or "").startswith("en") else "zh"
    asked = as_of(request)
    if asked.refused:  # a page can say that it shows the present instead; a file would only be believed
        return HttpResponse(
            asked.refused.render(language=language), status=422, content_type="text/plain; charset=utf-8"
        )
    at = datetime.now(UTC)
    by = actor_of(request=request, at=at)
    moment = moment_of(request=request, plan=found)
    composed = compose_report(plan=found, as_of=moment, language=language, at=at, by=by)
    written = write(format=format, report=composed)
    answer = HttpResponse(written, content_type=MIME[format])
    name = f"{found.id}-{asked.text[:10] or 'now'}-{language}.{format}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _spread(request: HttpRequest, shown: Board, chosen: Indicator | None = None) -> dict[str, Any]:
    named = {i.id: i for i in shown.plan.indicators}
    picked = chosen or named.get(request.GET.get("indicator", ""), shown.plan.indicators[0])
    return details.spread(
        board=shown,
        indicator=picked,
        wanted=request.GET.get("period"),
        real_shapes=details.may_draw_shapes(signed_in=request.user.is_authenticated),
    )


def _page(request: HttpRequest, template: str, shown: Board, context: dict[str, Any]) -> HttpResponse:
    frame = {"plan": shown.plan, "board": shown, "vintage": shown.vintage}
    return render(request, template, frame | context)
