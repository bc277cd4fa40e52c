"""The inbox and what a person prefers."""

from __future__ import annotations

from datetime import UTC, datetime, time

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dajing.kernel.identity.api import actor_of, address_of, audience
from dajing.kernel.notify import port, service
from dajing.kernel.notify.models import Notice
from dajing.kernel.settings import settings
from dajing.kernel.text import Refusal, Text


@audience("signed-in")
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """The visitor's notices, newest first."""
    by = actor_of(request=request, at=datetime.now(UTC))
    before = request.GET.get("before", "")
    start = int(before) if before.isascii() and before.isdecimal() and len(before) < 19 else None
    found = service.inbox(by=by, before=start, size=service.PAGE + 1)
    shown = found[: service.PAGE]
    context = {
        "notices": [(row, Text(zh=row.text_zh, en=row.text_en)) for row in shown],
        "next_url": f"?before={shown[-1].pk}" if len(found) > service.PAGE else "",
        "first_url": reverse("notices") if start is not None else "",
        "moment_control": False,
    }
    return render(request, "notify/inbox.html", context)


@audience("signed-in")
@require_safe
def follow(request: HttpRequest, notice: int) -> HttpResponse:
    """Go where a notice leads; it is read then."""
    at = datetime.now(UTC)
    by = actor_of(request=request, at=at)
    row = get_object_or_404(Notice, pk=notice, person=by.id)
    service.read(by=by, at=at, notices=[notice])
    return HttpResponseRedirect(row.link)


@audience("signed-in")
@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark all as read."""
    at = datetime.now(UTC)
    service.read(by=actor_of(request=request, at=at), at=at)
    return HttpResponseRedirect(reverse("notices"))


@audience("signed-in")
@never_cache
@require_safe
def unread(request: HttpRequest) -> HttpResponse:
    """How many are unread, for the mark in the frame."""
    by = actor_of(request=request, at=datetime.now(UTC))
    return JsonResponse({"unread": service.unread(person=by.id)})


@audience("signed-in")
@require_http_methods(["GET", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """Which channels, which number, and when not to disturb."""
    by = actor_of(request=request, at=datetime.now(UTC))
    wishes, errors = service.wishes_of(person=by.id), []
    if request.method == "POST":
        try:
            wishes = _posted(request)
            service.prefer(wishes=wishes, by=by)
        except (Refusal, ValueError) as refusal:
            field = "phone" if isinstance(refusal, Refusal) else "quiet_from"
            told = str(refusal) if isinstance(refusal, Refusal) else gettext("时间应写成 21:00 的样子。")
            errors = [{"field": field, "message": told}]
        else:
            messages.success(request, gettext("已保存。"))
            return HttpResponseRedirect(reverse("notice-preferences"))
    context = {
        "channels": [
            (name, port.TITLES[name], name in wishes.channels) for name in port.configured(settings=settings())
        ],
        "wishes": wishes,
        "mail": address_of(person=by.id),
        "errors": errors,
        "moment_control": False,
    }
    return render(request, "notify/preferences.html", context, status=422 if errors else 200)


def _posted(request: HttpRequest) -> service.Wishes:
    """Raises ``ValueError`` for hours that are no times."""
    return service.Wishes(
        channels=tuple(request.POST.getlist("channels")),
        phone=request.POST.get("phone", "").strip(),
        quiet_from=time.fromisoformat(request.POST.get("quiet_from", "")).replace(tzinfo=None),
        quiet_to=time.fromisoformat(request.POST.get("quiet_to", "")).replace(tzinfo=None),
    )
