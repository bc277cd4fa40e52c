"""Pages where officers fill slots and confirm definitions, and the page of real figures with their sources."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dajing.domains.plan.addressing import indicator_or_404, plan_or_404
from dajing.domains.plan.pack import Indicator, Plan
from dajing.domains.plan.register import service
from dajing.domains.plan.register.forms import MILESTONES, read_entry
from dajing.domains.plan.register.rules import Entry, Fault, Milestone
from dajing.kernel.identity.api import actor_of, requires
from dajing.kernel.packs.api import city
from dajing.kernel.text import Refusal, Text
from dajing.kernel.ui.moment import as_of


@require_safe
def slots(request: HttpRequest, plan: str) -> HttpResponse:
    """Key projects and policy measures: what officers have entered, and what is still empty."""
    found = plan_or_404(id=plan)
    shown = service.slots(plan=found, as_of=as_of(request).moment)
    may_fill = actor_of(request=request, at=datetime.now(UTC)).may(service.ROLE)
    context = {"plan": found, "slots": shown, "may_fill": may_fill}
    return render(request, "plan/slots.html", context)


@requires(service.ROLE)
@require_http_methods(["GET", "POST"])
def slot(request: HttpRequest, plan: str, slot: str) -> HttpResponse:
    """One slot's form; saving makes a new version."""
    found = plan_or_404(id=plan)
    view = next((v for v in service.slots(plan=found) if v.slot.id == slot), None)
    if view is None:
        raise Http404(slot)
    if request.method != "POST":
        return _form(request, found, view, view.entry, view.version, [])
    entry, faults = read_entry(posted=request.POST.dict(), targets=request.POST.getlist("targets"))
    expected = _whole(request.POST.get("version", ""))
    if faults:
        return _form(request, found, view, entry, expected, faults, status=422)
    now = datetime.now(UTC)
    by = actor_of(request=request, at=now)
    try:
        service.fill(plan=found, slot=slot, entry=entry, expected=expected, by=by, at=now)
    except service.UnableToFillSlot as refusal:
        return _form(request, found, view, entry, expected, list(refusal.faults), status=422)
    except service.ChangedMeanwhile as refusal:
        return _form(request, found, view, entry, expected, [Fault("title", refusal.message)], status=409)
    return HttpResponseRedirect(reverse("plan-slots", args=[found.id]))


@requires(service.ROLE)
@require_POST
def confirm(request: HttpRequest, plan: str, indicator: str) -> HttpResponse:
    """Confirm an indicator's definition with the document that holds it, or take the confirmation back."""
    found = plan_or_404(id=plan)
    now = datetime.now(UTC)
    try:
        service.confirm(
            plan=found,
            indicator=indicator,
            confirmed=request.POST.get("confirmed") == "yes",
            document=request.POST.get("document", ""),
            note=request.POST.get("note", ""),
            by=actor_of(request=request, at=now),
            at=now,
        )
    except Refusal as refusal:
        return _definition(request, found, indicator_or_404(plan=found, id=indicator), refusal.message, status=422)
    return HttpResponseRedirect(reverse("plan-definition", args=[found.id, indicator]))


@require_safe
def definition(request: HttpRequest, plan: str, indicator: str) -> HttpResponse:
    """Who confirmed a definition, when and by which document; officers may confirm it here."""
    found = plan_or_404(id=plan)
    return _definition(request, found, indicator_or_404(plan=found, id=indicator), None)


@require_safe
def figures(request: HttpRequest, plan: str) -> HttpResponse:
    """Real figures from cited publications, and the contradictions between sources that a reader must know."""
    found = plan_or_404(id=plan)
    groups = [(goal.title, [f for f in found.facts if f.goal == goal.id]) for goal in found.goals]
    rest = [f for f in found.facts if f.goal not in {g.id for g in found.goals}]
    groups.append((Text(zh="其他", en="Other"), rest))
    context = {"plan": found, "groups": [g for g in groups if g[1]], "notes": city().notes}
    return render(request, "plan/figures.html", context)


def _definition(
    request: HttpRequest, plan: Plan, indicator: Indicator, error: Text | None, status: int = 200
) -> HttpResponse:
    state, latest = service.confirmation(plan=plan, indicator=indicator, as_of=as_of(request).moment)
    context = {
        "plan": plan,
        "indicator": indicator,
        "state": state,
        "latest": latest,
        "may_confirm": actor_of(request=request, at=datetime.now(UTC)).may(service.ROLE),
        "errors": [{"field": "document", "message": str(error)}] if error else [],
    }
    return render(request, "plan/definition.html", context, status=status)


def _form(
    request: HttpRequest, plan: Plan, view: service.SlotView, entry: Entry | None, version: int, faults: list[Fault],
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    entry = entry or Entry(title="", approval="", money_wan=None)
    blank: list[Milestone | None] = [*entry.milestones, *[None] * MILESTONES]
    context: dict[str, Any] = {
        "plan": plan,
        "view": view,
        "entry": entry,
        "version": version,
        "milestones": list(enumerate(blank[: max(3, len(entry.milestones) + 1)])),
        "targets": [(i.id, i.title, i.id in entry.targets) for i in plan.indicators],
        "errors": [{"field": f.field, "message": str(f.message)} for f in faults],
        "moment_control": False,
    }
    return render(request, "plan/slot.html", context, status=status)


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1
