"""The pages of the first set-up: without JavaScript, one step a page, mistakes summed up at the top."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from dajing.kernel.areas.api import townships, units, villages
from dajing.kernel.identity.first import gate, service
from dajing.kernel.identity.models import Post
from dajing.kernel.identity.refusals import (
    PackWithoutAdministrators,
    PasswordsDiffer,
    SetupClosed,
    SetupLinkInvalid,
    SetupStepDone,
    WeakPassword,
)
from dajing.kernel.identity.roles import known_roles
from dajing.kernel.packs import api as packs
from dajing.kernel.text import Refusal

SEAT = "setup-seat"
FIELDS: dict[type[Refusal], str] = {
    WeakPassword: "password",
    PasswordsDiffer: "again",
    PackWithoutAdministrators: "main",
}


@never_cache
@require_safe
def setup(request: HttpRequest) -> HttpResponse:
    """Where the set-up stands: the step that is due, or, in another browser, how to get a link."""
    if not gate.is_open():
        return _closed(request)
    if not service.seated(seat=request.session.get(SEAT, "")):
        return _shown(request, "identity/setup/shut.html", {})
    return HttpResponseRedirect(reverse("setup-step", args=[service.current_step()]))


@never_cache
@require_http_methods(["GET", "POST"])
def open_link(request: HttpRequest, secret: str) -> HttpResponse:
    """The one-time link; it is spent by the button, so that a preview or a scanner does not spend it."""
    if not gate.is_open():
        return _closed(request)
    if request.method == "GET":
        return _shown(request, "identity/setup/open.html", {})
    try:
        seat = service.take_seat(secret=secret, at=datetime.now(UTC))
    except SetupClosed:
        return _closed(request)
    except SetupLinkInvalid as refusal:
        return _shown(request, "identity/setup/shut.html", {"refused": refusal.message}, status=403)
    request.session.cycle_key()
    request.session[SEAT] = seat
    return HttpResponseRedirect(reverse("setup"))


@never_cache
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, step: str) -> HttpResponse:
    """One step: its form, or what became of it."""
    if not gate.is_open():
        return _closed(request)
    if not service.seated(seat=request.session.get(SEAT, "")):
        return _shown(request, "identity/setup/shut.html", {}, status=403)
    due = service.current_step()
    if request.method == "GET":
        if step != due:
            return HttpResponseRedirect(reverse("setup-step", args=[due]))
        return _step(request, due, [])
    try:
        _act(request, step)
    except SetupClosed:
        return _closed(request)
    except SetupStepDone as refusal:
        return _step(request, service.current_step(), [{"field": "main", "message": str(refusal)}], status=409)
    except Refusal as refusal:
        return _step(request, due, [_fault(refusal)], status=422)
    return HttpResponseRedirect(reverse("sign-in" if step == service.NEXT else "setup"))


def _act(request: HttpRequest, step: str) -> None:
    now = datetime.now(UTC)
    if step == service.PACK:
        service.confirm_pack(city=packs.city().code, at=now)
    elif step == service.NEXT:
        service.finish(at=now)
        request.session.flush()
    else:
        password = request.POST.get("password", "")
        if password != request.POST.get("again", ""):
            raise PasswordsDiffer
        given = {name: request.POST.get(name, "") for name in ("login", "name")}
        service.make_administrator(step=step, password=password, at=now, **given)


def _step(request: HttpRequest, step: str, errors: list[dict[str, str]], status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {
        "step": step,
        "number": service.STEPS.index(step) + 1,
        "total": len(service.STEPS),
        "errors": errors,
        "holders": service.holders(),
    }
    if step == service.PACK:
        return _shown(request, "identity/setup/pack.html", context | _pack(), status=status)
    if step == service.NEXT:
        return _shown(request, "identity/setup/next.html", context, status=status)
    role = service.ADMINISTRATORS[step]
    context |= {"role": known_roles()[role], "post": service.post_of(role=role)}
    context |= {name: request.POST.get(name, "") if errors else "" for name in ("login", "name")}
    return _shown(request, "identity/setup/administrator.html", context, status=status)


def _pack() -> dict[str, Any]:
    offices = [d for d in packs.departments() if d.valid_to is None or d.valid_to > date.today()]
    return {
        "pack": packs.city(),
        "divisions": len(units(hierarchy="gbt2260")),
        "reporting": len(units(hierarchy="reporting")),
        "townships": len(townships()),
        "villages": len(villages()),
        "offices": offices,
        "inferred": [d for d in offices if d.status == "inferred"],
        "posts": Post.objects.count(),
    }


def _shown(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    return render(request, template, context | {"moment_control": False}, status=status)


def _closed(request: HttpRequest) -> HttpResponse:
    return _shown(request, "identity/setup/closed.html", {"refused": SetupClosed().message}, status=410)


def _fault(refusal: Refusal) -> dict[str, str]:
    return {"field": FIELDS.get(type(refusal), "login"), "message": str(refusal)}
