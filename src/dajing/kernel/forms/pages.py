"""The pages of forms: begin, save and come back, mend, send once."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dajing.kernel.forms import attachments, service
from dajing.kernel.forms.contents import asked_fields, said_fields
from dajing.kernel.forms.definition import Form, forms
from dajing.kernel.forms.judging import Fault
from dajing.kernel.forms.models import Draft, Submission
from dajing.kernel.forms.reading import is_file, read
from dajing.kernel.forms.refusals import AnswersRefused, DraftChanged, DraftGone, FormUnknown
from dajing.kernel.identity.api import Actor, actor_of, audience
from dajing.kernel.text import Refusal


@audience("signed-in")
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """The forms that the visitor may fill, drafts that wait, and what was sent."""
    at = datetime.now(UTC)
    by = actor_of(request=request, at=at)
    known = forms()
    context = {
        "forms": [form for form in known.values() if by.roles.intersection(form.layout.roles)],
        "drafts": [(row, known[row.form]) for row in service.drafts_of(by=by, at=at) if row.form in known],
        "sent": [(row, known.get(row.form)) for row in service.sent_by(by=by)],
        "moment_control": False,
    }
    return render(request, "forms/overview.html", context)


@audience("signed-in")
@require_http_methods(["GET", "POST"])
def fill(request: HttpRequest, form: str, draft: int | None = None) -> HttpResponse:
    """One form, empty or as its draft has it."""
    at = datetime.now(UTC)
    by = actor_of(request=request, at=at)
    try:
        found = service.form_of(id=form, by=by)
    except FormUnknown as refusal:
        raise Http404(str(refusal)) from refusal
    key = request.POST.get("key", "")[:32]
    if request.method == "POST" and (done := service.sent_with(form=found, key=key, by=by)):
        return HttpResponseRedirect(reverse("form-sent", args=[done.pk]))
    try:
        row = service.draft_of(draft=draft, by=by, at=at) if draft is not None else None
    except DraftGone as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("forms"))
    if request.method == "POST":
        return _posted(request, found, row, by, at)
    answers = service.answers_of(draft=row) if row else {}
    return _page(request, found, row, answers, [], version=row.version if row else 0)


def _posted(request: HttpRequest, form: Form, row: Draft | None, by: Actor, at: datetime) -> HttpResponse:
    """Save first, whatever is wanted next: what was written and brought must not be lost with a refusal."""
    answers, act = read(form=form, posted=request.POST), request.POST.get("act", "send")
    brought = any(request.FILES.getlist(field) for field in _files(form))
    version = _whole(request.POST.get("version", ""))
    faults: list[Fault] = []
    draft = row.pk if row else 0
    try:
        if row is not None:
            row = service.save(draft=row, form=form, answers=answers, by=by, at=at, version=version)
        elif act != "send" or brought:
            row = service.begin(form=form, answers=answers, by=by, at=at, shared=request.POST.get("shared") == "yes")
    except DraftChanged as refusal:
        return _overtaken(request, form, draft, answers, refusal, by)
    if row is not None:
        faults = _bring(request, form, row, by, at)
    if not faults and act == "send":
        return _send(request, form, row, answers, by, at)
    if faults or row is None:
        return _page(request, form, row, answers, faults, status=422, version=row.version if row else 0)
    if act == "save":
        messages.success(request, gettext("草稿已保存，可稍后继续。"))
    return HttpResponseRedirect(reverse("form-draft", args=[form.id, row.pk]))


def _overtaken(
    request: HttpRequest, form: Form, draft: int, answers: dict[str, Any], refusal: DraftChanged, by: Actor
) -> HttpResponse:
    """Somebody was faster: the same request sent twice leads to what it sent, else both sides are kept."""
    done = service.sent_with(form=form, key=request.POST.get("key", "")[:32], by=by)
    row = Draft.objects.filter(pk=draft).first()
    if done is not None or row is None:
        if done is None:
            messages.error(request, str(DraftGone()))
        return HttpResponseRedirect(reverse("form-sent", args=[done.pk]) if done else reverse("forms"))
    return _page(request, form, row, answers, [Fault("", refusal.message)], status=409, version=row.version)


def _bring(request: HttpRequest, form: Form, row: Draft, by: Actor, at: datetime) -> list[Fault]:
    """Take off what is to go, keep what was brought; what was refused, by field."""
    owner, faults = f"draft:{row.pk}", []
    for text in request.POST.getlist("remove"):
        if text.isascii() and text.isdecimal() and len(text) < 19:
            attachments.remove(attachment=int(text), owner=owner, by=by, at=at)
    for field in _files(form):
        try:
            files = [file for file in request.FILES.getlist(field) if file is not None]
            _, refused = attachments.keep_uploaded(files=files, owner=owner, by=by, at=at, field=field)
        except Refusal as refusal:
            refused = [refusal.message]
        faults += [Fault(field, message) for message in refused]
    return faults


def _send(
    request: HttpRequest, form: Form, row: Draft | None, answers: dict[str, Any], by: Actor, at: datetime
) -> HttpResponse:
    key = request.POST.get("key", "")[:32]
    try:
        sent = service.send(form=form, answers=answers, by=by, at=at, key=key, draft=row)
    except AnswersRefused as refusal:
        faults = list(refusal.faults)
    except Refusal as refusal:
        faults = [Fault("", refusal.message)]
    else:
        return HttpResponseRedirect(reverse("form-sent", args=[sent.pk]))
    return _page(request, form, row, answers, faults, status=422, version=row.version if row else 0)


@audience("signed-in")
@require_POST
def discard(request: HttpRequest, draft: int) -> HttpResponse:
    """Throw a draft away."""
    at = datetime.now(UTC)
    try:
        service.drop(draft=service.draft_of(draft=draft, by=actor_of(request=request, at=at), at=at), at=at)
    except DraftGone as refusal:
        messages.error(request, str(refusal))
    return HttpResponseRedirect(reverse("forms"))


@audience("signed-in")
@require_safe
def sent(request: HttpRequest, submission: int) -> HttpResponse:
    """What was sent, for who sent it and for those who may read what came of it."""
    at = datetime.now(UTC)
    by = actor_of(request=request, at=at)
    row = Submission.objects.filter(pk=submission).first()
    if row is None or not service.may_read(submission=row, by=by):
        raise Http404(str(submission))
    form = forms().get(row.form)
    answers = service.answers_sent(submission=row)
    context = {
        "row": row,
        "form": form,
        "said": said_fields(form=form, answers=answers) if form else [],
        "files": attachments.of_owner(owner=row.subject or f"submission:{row.pk}"),
        "case": row.subject.removeprefix("case:") if row.subject.startswith("case:") else "",
        "own": row.by == by.id,
        "moment_control": False,
    }
    return render(request, "forms/sent.html", context)


def _files(form: Form) -> list[str]:
    return [field for field, about in form.schema["properties"].items() if is_file(about=about)]


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _page(
    request: HttpRequest, form: Form, row: Draft | None, answers: dict[str, Any], faults: list[Fault], *,
    version: int, status: int = 200,
) -> HttpResponse:  # fmt: skip
    held = attachments.of_owner(owner=f"draft:{row.pk}") if row else []
    context = {
        "form": form,
        "draft": row,
        "version": version,
        "sections": asked_fields(form=form, answers=answers, faults=faults, held=held),
        "errors": [
            {"field": f"f-{fault.field}" if fault.field else "form", "message": fault.message} for fault in faults
        ],
        "key": request.POST.get("key", "")[:32] or secrets.token_hex(16),
        "limits": (attachments.MOST_FILES, attachments.MOST_BYTES >> 20),
        "moment_control": False,
    }
    address = reverse("form-draft", args=[form.id, row.pk]) if row else reverse("form", args=[form.id])
    return render(request, "forms/form.html", context | {"address": address}, status=status)
