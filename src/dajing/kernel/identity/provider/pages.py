"""Leaving for the city's identity provider and coming back."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from dajing.kernel.identity import entering
from dajing.kernel.identity.factors.place import place
from dajing.kernel.identity.provider import flow
from dajing.kernel.identity.provider.accounts import person_of
from dajing.kernel.identity.provider.settings import Provider, provider, provider_title
from dajing.kernel.settings import settings
from dajing.kernel.text import Refusal

WANTED = "provider-next"


@never_cache
@require_GET
def leave(request: HttpRequest) -> HttpResponse:
    """Send the visitor to the provider."""
    trusted = _trusted()
    request.session[WANTED] = entering.ours(request.GET.get("next", ""))
    path = reverse("sign-in-provider-back")
    public = settings().public_url.rstrip("/")
    back = public + path if public else request.build_absolute_uri(path)
    try:
        return HttpResponseRedirect(flow.address_to_leave_for(request=request, provider=trusted, back=back))
    except Refusal as refusal:
        return _failed(request, refusal)


@never_cache
@require_GET
def back(request: HttpRequest) -> HttpResponse:
    """Sign in whom the provider vouches for, after the second step where they have one."""
    trusted, now = _trusted(), datetime.now(UTC)
    wanted = request.session.pop(WANTED, "/")
    try:
        person = person_of(vouched=flow.vouched(request=request, provider=trusted), at=now)
    except Refusal as refusal:
        return _failed(request, refusal)
    return HttpResponseRedirect(
        entering.enter(request=request, person=person, by=entering.PROVIDER, wanted=wanted, at=now)
    )


def _trusted() -> Provider:
    found = provider()
    if found is None:
        raise Http404
    return found


def _failed(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    errors = [{"field": "login", "message": str(refusal)}]
    shown = {"next": "/", "errors": errors, "provider": provider_title(), "moment_control": False}
    shown["passkey"] = place(request=request)
    return render(request, "identity/sign_in.html", shown, status=403)
