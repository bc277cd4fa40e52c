"""Pages of reporting: the desk's lists, one report with its acts, the form to fill, uploads with their preview."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dajing.domains.plan.loading import PlanUnknown
from dajing.domains.plan.loading import plan as load_plan
from dajing.domains.plan.models.reporting import Objection, Report
from dajing.domains.plan.pack import Plan
from dajing.domains.plan.reporting import desk, rules, service
from dajing.domains.plan.reporting.periods import FREQUENCIES, PeriodUnreadable, frequency_of, previous
from dajing.domains.plan.reporting.refusals import FormUnknown
from dajing.domains.plan.reporting.scope import covered, fields_of, form_of, heirs
from dajing.domains.plan.reporting.typed import read_typed
from dajing.kernel.identity.api import Actor, actor_of, audience
from dajing.kernel.text import Refusal, Text

DONE = Text(zh="已办理，并记入台账。", en="Done and recorded in the ledger.")


@audience("signed-in")
@require_safe
def reports(request: HttpRequest, plan: str) -> HttpResponse:
    """What waits for the visitor, what their office owes, and its last uploads."""
    found, at = plan_of(plan), datetime.now(UTC)
    by = actor_of(request=request, at=at)
    context = {
        "plan": found,
        "by": by,
        "waiting": [(row, form_of(plan=found, form=row.form), rules.STATES[row.state]) for row in desk.waiting(
            plan=found, by=by
        )],
        "owed": desk.owed_by(plan=found, by=by, at=at),
        "uploads": desk.uploads_of(plan=found, by=by),
        "forms": desk.forms_of(plan=found, by=by),
        "scope": desk.scope_of(plan=found, by=by),
        "moment_control": False,
    }  # fmt: skip
    return render(request, "plan/reporting/desk.html", context)


@audience("signed-in")
@require_safe
def go(request: HttpRequest, plan: str) -> HttpResponse:
    """Open the form chosen on the desk."""
    found = plan_of(plan)
    form, period, scope = (request.GET.get(name, "").strip() for name in ("form", "period", "scope"))
    try:
        declared = form_of(plan=found, form=form)
    except FormUnknown as refusal:
        raise Http404(str(refusal)) from refusal
    if frequency_of(period=period) != declared.frequency:
        messages.error(request, str(PeriodUnreadable(
            given=period, frequency=FREQUENCIES[declared.frequency].zh
        )))  # fmt: skip
        return HttpResponseRedirect(reverse("plan-reports", args=[found.id]))
    return HttpResponseRedirect(reverse("plan-sheet", args=[found.id, form, scope or found.area, period]))


@audience("signed-in")
@require_safe
def sheet(request: HttpRequest, plan: str, form: str, scope: str, period: str) -> HttpResponse:
    """One report: its figures beside those of the period before, its acts, objections and what may be done now."""
    found, at = plan_of(plan), datetime.now(UTC)
    by = actor_of(request=request, at=at)
    place = place_of(found, form, scope, period)
    report = (
        desk.concerns(plan=found, by=by).filter(form=form, scope=scope, period=period).order_by("-revision").first()
    )
    figures = desk.figures(report=report)
    values = {key: desk.written(number=number) for key, number in figures.items()}
    own = form_of(plan=found, form=form).department == by.department or scope in by.areas - {found.area}
    context = place | {
        "report": report,
        "state": rules.STATES[report.state] if report else None,
        "lines": desk.sheet(**_key(place), values=values, last=desk.before(**_key(place))),
        "acts": report.acts.order_by("version") if report else (),
        "revisions": Report.objects.filter(plan=found.id, form=form, scope=scope, period=period).count(),
        "objections": desk.objections(plan=found, form=form, period=period),
        "steps": _steps(report, by, own),
        "may_fill": own and by.may("plan.fill") and (report is None or report.state in rules.EDITABLE),
        "may_revise": own and by.may("plan.fill") and report is not None and report.state == rules.LOCKED,
        "may_object": by.may("plan.object"),
        "may_answer": by.may("plan.officer"),
        "key": secrets.token_hex(16),
        "moment_control": False,
    }
    return render(request, "plan/reporting/sheet.html", context)


def _steps(report: Report | None, by: Actor, own: bool) -> list[rules.Step]:
    if report is None:
        return []
    steps = (s for s in rules.STEPS if report.state in s.sources and by.may(s.role))
    return [s for s in steps if own or s.role == "plan.lock"]


@audience("signed-in")
@require_http_methods(["GET", "POST"])
def fill(request: HttpRequest, plan: str, form: str, scope: str, period: str) -> HttpResponse:
    """The form, filled with the last period's figures at first; saving keeps a draft, submitting sends it on."""
    found, at = plan_of(plan), datetime.now(UTC)
    by, place = actor_of(request=request, at=at), place_of(found, form, scope, period)
    try:
        with transaction.atomic():
            report = service.open_report(plan=found, form=form, scope=scope, period=period, by=by, at=at)
            transaction.set_rollback(True)  # neither looking at a form nor a mistake in it begins a report
        if request.method == "POST":
            return _filled(request, place, scope, by, at)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("plan-reports", args=[found.id]))
    figures = desk.figures(report=report) if report.version else desk.before(**_key(place))
    return _form(request, place, report.version, {k: desk.written(number=n) for k, n in figures.items()}, [],
                 prefilled=not report.version)  # fmt: skip


def _filled(request: HttpRequest, place: dict[str, Any], scope: str, by: Actor, at: datetime) -> HttpResponse:
    plan, form, period = place["plan"], place["form"].id, place["period"]
    fields, units = fields_of(plan=plan, form=form), covered(plan=plan, scope=scope, period=period)
    values, faults = read_typed(posted=request.POST.dict(), fields=fields, areas=units)
    faults += rules.faults(values=values, fields=fields, areas=units, retired=heirs(period=period))
    version, key = _whole(request.POST.get("version", "")), request.POST.get("key", "")[:60] or secrets.token_hex(16)
    if faults:
        typed = {(f, a): request.POST.get(f"v-{f}-{a}", "") for f in fields for a in units}
        return _form(request, place, version, typed, faults, status=422)
    kept = [msgspec.structs.replace(value, column="") for value in values]
    with transaction.atomic():
        report = service.open_report(plan=plan, form=form, scope=scope, period=period, by=by, at=at)
        report = service.fill(report=report, values=kept, by=by, at=at, version=version, key=key)
    if "submit" in request.POST:
        service.act(report=report, verb="submit", by=by, at=at, version=report.version, key=f"{key}-submit")
    return HttpResponseRedirect(reverse("plan-sheet", args=[plan.id, form, report.scope, period]))


def _form(
    request: HttpRequest, place: dict[str, Any], version: int, values: dict[tuple[str, str], str],
    faults: list[rules.Fault], prefilled: bool = False, status: int = 200,
) -> HttpResponse:  # fmt: skip
    errors = {fault.column: f"{fault.message} → {fault.cure}" for fault in faults}
    context = place | {
        "version": version,
        "lines": desk.sheet(**_key(place), values=values, last=desk.before(**_key(place)), errors=errors),
        "errors": [{"field": name, "message": message} for name, message in errors.items()],
        "prefilled": prefilled,
        "key": secrets.token_hex(16),
        "moment_control": False,
    }
    return render(request, "plan/reporting/fill.html", context, status=status)


@audience("signed-in")
@require_POST
def act(request: HttpRequest, plan: str, form: str, scope: str, period: str) -> HttpResponse:
    """One act on the report: a step, a revision, a late note, an objection or the answer to one."""
    found, at = plan_of(plan), datetime.now(UTC)
    by, place = actor_of(request=request, at=at), place_of(found, form, scope, period)
    try:
        _act(request.POST.dict(), place, by, at)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, str(DONE))
    return HttpResponseRedirect(reverse("plan-sheet", args=[found.id, form, scope, period]))


def _act(posted: dict[str, str], place: dict[str, Any], by: Actor, at: datetime) -> None:
    plan, form, verb, text = place["plan"], place["form"].id, posted.get("verb", ""), posted.get("text", "")
    given: dict[str, Any] = {"by": by, "at": at}
    if verb == "object":
        service.object_to(
            plan=plan, field=posted.get("field", ""), area=min(by.areas, default=""), period=place["period"], text=text,
            document=posted.get("document", ""), **given,
        )  # fmt: skip
        return
    if verb == "answer":
        rows = Objection.objects.filter(plan=plan.id, pk=_whole(posted.get("objection", "")))
        service.answer_objection(objection=found_or_404(rows.first()), answer=text, **given)
        return
    rows = Report.objects.filter(plan=plan.id, form=form, scope=place["scope"], period=place["period"])
    report = found_or_404(rows.order_by("-revision").first())
    given["key"] = posted.get("key", "")[:60] or secrets.token_hex(16)
    if verb == "revise":
        service.revise(report=report, reason=text, **given)
    elif verb == "late":
        service.note_lateness(report=report, text=text, **given)
    else:
        version = _whole(posted.get("version", ""))
        service.act(report=report, verb=verb, version=version, text=text, **given)


def found_or_404[T](row: T | None) -> T:
    """The row, or the page "not found"."""
    if row is None:
        raise Http404
    return row


def plan_of(name: str) -> Plan:
    """The plan of an address."""
    try:
        return load_plan(id=name)
    except PlanUnknown as refusal:
        raise Http404(str(refusal)) from refusal


def place_of(plan: Plan, form: str, scope: str, period: str) -> dict[str, Any]:
    """Which report an address speaks of, for templates; raises ``Http404`` for none."""
    try:
        declared = form_of(plan=plan, form=form)
    except FormUnknown as refusal:
        raise Http404(str(refusal)) from refusal
    if frequency_of(period=period) != declared.frequency:
        raise Http404(period)
    name = covered(plan=plan, scope=scope, period=period).get(scope)
    if name is None:
        raise Http404(scope)
    fields = list(fields_of(plan=plan, form=form).values())
    return {"plan": plan, "form": declared, "scope": scope, "scope_name": name, "period": period, "fields": fields,
            "last_period": previous(period=period)}  # fmt: skip


def _key(place: dict[str, Any]) -> dict[str, Any]:
    return {"plan": place["plan"], "form": place["form"].id, "scope": place["scope"], "period": place["period"]}


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1  # not "²", nor what overflows
