"""Uploading a spreadsheet: choose it, see what would happen, explain unknown columns, accept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from dajing.domains.plan.pack import Plan
from dajing.domains.plan.reporting import desk, uploading
from dajing.domains.plan.reporting.originals import keep_shown, shown
from dajing.domains.plan.reporting.originals import original as original_path
from dajing.domains.plan.reporting.pages import found_or_404, plan_of
from dajing.domains.plan.reporting.refusals import ReportRefused
from dajing.domains.plan.reporting.scope import fields_of, form_of
from dajing.domains.plan.reporting.spreadsheet.numbers import bare
from dajing.kernel.identity.api import Actor, actor_of, audience, requires
from dajing.kernel.settings import settings
from dajing.kernel.text import Refusal

SALT, LASTS = "plan.upload", timedelta(hours=2)


@requires("plan.fill")
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest, plan: str) -> HttpResponse:
    """The upload page; a file sent is read and shown, not yet accepted."""
    found, at = plan_of(plan), datetime.now(UTC)
    by = actor_of(request=request, at=at)
    if request.method != "POST":
        return _choose(request, found, by, [])
    file = request.FILES.get("file")
    form, period = request.POST.get("form", ""), request.POST.get("period", "").strip()
    if file is None:
        return _choose(request, found, by, ["file"], status=422)
    body = file.read()
    given = {"form": form, "scope": desk.scope_of(plan=found, by=by), "name": file.name or "upload", "period": period}
    try:
        seen = uploading.preview(plan=found, body=body, by=by, at=at, **_asked(given))
    except Refusal:
        return _refused(request, found, body, by, at, given)
    if _hopeless(seen):
        return _refused(request, found, body, by, at, given)
    token = signing.dumps(given | {"sha256": keep_shown(body=body), "by": by.id}, salt=SALT)
    return _shown(request, found, form, seen, token)


def _asked(given: dict[str, Any]) -> dict[str, Any]:
    """Arguments of ``preview`` and ``accept``; an empty period means the one that the file names."""
    named = {name: given[name] for name in ("form", "scope", "name")}
    return named | {"period": given["period"] or None}


def _hopeless(seen: uploading.Preview) -> bool:
    """Whether the file has faults that no explanation of its columns can mend."""
    unknown = sum(column.role == "unknown" for column in seen.headings)
    return not seen.headings or len(seen.faults) > unknown


def _refused(
    request: HttpRequest, plan: Plan, body: bytes, by: Actor, at: datetime, given: dict[str, Any]
) -> HttpResponse:
    """Keep the file as refused and show every problem with its place and cure."""
    try:
        receipt = uploading.accept(plan=plan, body=body, by=by, at=at, **_asked(given))
    except ReportRefused as refusal:
        context = {"plan": plan, "name": given["name"], "faults": refusal.faults, "moment_control": False}
        return render(request, "plan/reporting/refused.html", context, status=422)
    except Refusal as refusal:
        context = {"plan": plan, "name": given["name"], "message": str(refusal), "moment_control": False}
        return render(request, "plan/reporting/refused.html", context, status=422)
    return HttpResponseRedirect(_sheet(plan, receipt))


def _choose(request: HttpRequest, plan: Plan, by: Actor, missing: list[str], status: int = 200) -> HttpResponse:
    context = {
        "plan": plan,
        "forms": [(form.id, form.title) for form in desk.forms_of(plan=plan, by=by)],
        "limit": settings().upload_limit_mb,
        "missing": missing,
        "moment_control": False,
    }
    return render(request, "plan/reporting/upload.html", context, status=status)


def _shown(request: HttpRequest, plan: Plan, form: str, seen: uploading.Preview, token: str) -> HttpResponse:
    fields = list(fields_of(plan=plan, form=form).values())
    titles = {field.id: field.title for field in fields}
    context = {
        "plan": plan,
        "form": form_of(plan=plan, form=form),
        "seen": seen,
        "columns": [(column, titles.get(column.field or "")) for column in seen.headings if column.heading],
        "unknown": [column for column in seen.headings if column.role == "unknown"],
        "choices": fields,
        "sample": seen.values[:60],
        "titles": titles,
        "token": token,
        "moment_control": False,
    }
    return render(request, "plan/reporting/preview.html", context)


@requires("plan.fill")
@require_POST
def accept(request: HttpRequest, plan: str) -> HttpResponse:
    """Accept the file that was shown, with the officer's word on columns that were unknown."""
    found, at = plan_of(plan), datetime.now(UTC)
    by = actor_of(request=request, at=at)
    try:
        given = signing.loads(request.POST.get("token", ""), salt=SALT, max_age=LASTS)
    except signing.BadSignature:
        given = None
    if given is None or given["by"] != by.id:
        return HttpResponseRedirect(reverse("plan-upload", args=[found.id]))
    path = shown(digest=given["sha256"])
    body = found_or_404(path if path.exists() else None).read_bytes()
    headings, chosen = request.POST.getlist("heading"), request.POST.getlist("stands_for")
    mapping = {bare(heading): target for heading, target in zip(headings, chosen, strict=False) if target}
    try:
        receipt = uploading.accept(plan=found, body=body, by=by, at=at, mapping=mapping or None, **_asked(given))
    except ReportRefused as refusal:
        context = {"plan": found, "name": given["name"], "faults": refusal.faults, "moment_control": False}
        return render(request, "plan/reporting/refused.html", context, status=422)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("plan-reports", args=[found.id]))
    return HttpResponseRedirect(_sheet(found, receipt))


@audience("signed-in")
def original(request: HttpRequest, plan: str, sha256: str) -> HttpResponse:
    """The file as it was sent, for the office that sent it and for those who run the plan."""
    from dajing.domains.plan.models.reporting import Upload

    found = plan_of(plan)
    by = actor_of(request=request, at=datetime.now(UTC))
    rows = Upload.objects.filter(plan=found.id, sha256=sha256)
    if not (by.may("plan.lock") or by.may("plan.officer")):
        rows = rows.filter(department=by.department or "-")
    row = found_or_404(rows.first())
    path = original_path(digest=row.sha256)
    answer = HttpResponse(found_or_404(path if path.exists() else None).read_bytes())
    answer["Content-Type"] = "application/octet-stream"
    answer["Content-Disposition"] = f'attachment; filename="{row.sha256[:12]}.{row.filename.rpartition(".")[2][:5]}"'
    return answer


def _sheet(plan: Plan, receipt: uploading.Receipt) -> str:
    report = receipt.report
    return reverse("plan-sheet", args=[plan.id, report.form, report.scope, report.period])
