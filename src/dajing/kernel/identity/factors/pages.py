"""The visitor's own passkeys, one-time codes and recovery codes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import segno
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from dajing.kernel.identity.api import actor_of, audience
from dajing.kernel.identity.entering import recently
from dajing.kernel.identity.factors import codes, passkeys, recovery
from dajing.kernel.identity.factors.place import place
from dajing.kernel.identity.factors.standing import has_codes, needs_second, recovery_left
from dajing.kernel.identity.models import Passkey, Person
from dajing.kernel.text import Refusal


def factors_of(*, request: HttpRequest) -> dict[str, Any]:
    """What the account page shows of the visitor's second factors."""
    person = _person(request)
    return {
        "passkeys": Passkey.objects.filter(person=person, ended_at=None).order_by("pk"),
        "passkeys_here": place(request=request),
        "has_codes": has_codes(person=person),
        "needs_second": needs_second(person=person),
        "recovery_left": recovery_left(person=person),
    }


@never_cache
@audience("signed-in")
@require_POST
@recently
def remove_passkey(request: HttpRequest, passkey: int) -> HttpResponse:
    """Remove one of the visitor's passkeys."""
    now = datetime.now(UTC)
    found = get_object_or_404(Passkey, pk=passkey, person=_person(request), ended_at=None)
    passkeys.remove(passkey=found, by=actor_of(request=request, at=now), at=now)
    return HttpResponseRedirect(reverse("account"))


@never_cache
@audience("signed-in")
@require_POST
@recently
def begin_codes(request: HttpRequest) -> HttpResponse:
    """Draw a new key for one-time codes."""
    person = _person(request)
    if not has_codes(person=person):
        codes.new_key(person=person, at=datetime.now(UTC))
    return HttpResponseRedirect(reverse("account-codes"))


@never_cache
@audience("signed-in")
@require_http_methods(["GET", "POST"])
@recently
def set_codes(request: HttpRequest) -> HttpResponse:
    """Show the new key to the authenticator app; take it into use with the first code."""
    person, now = _person(request), datetime.now(UTC)
    key = codes.waiting_key(person=person)
    if key is None:
        return HttpResponseRedirect(reverse("account"))
    errors = []
    if request.method == "POST":
        given = "".join(request.POST.get("code", "").split())
        try:
            codes.confirm(person=person, code=given, by=actor_of(request=request, at=now), at=now)
            return HttpResponseRedirect(reverse("account" if recovery_left(person=person) else "account-recovery"))
        except Refusal as refusal:
            errors = [{"field": "code", "message": str(refusal)}]
    picture = segno.make(codes.address_of_key(person=person), micro=False).svg_data_uri(scale=5, border=4, light="#fff")
    grouped = " ".join(key[i : i + 4] for i in range(0, len(key), 4))
    shown = {"key": grouped, "picture": picture, "errors": errors, "moment_control": False}
    return render(request, "identity/factors/codes.html", shown, status=422 if errors else 200)


@never_cache
@audience("signed-in")
@require_POST
@recently
def remove_codes(request: HttpRequest) -> HttpResponse:
    """Ask the visitor for no codes any more."""
    now = datetime.now(UTC)
    codes.remove(person=_person(request), by=actor_of(request=request, at=now), at=now)
    return HttpResponseRedirect(reverse("account"))


@never_cache
@audience("signed-in")
@require_http_methods(["GET", "POST"])
@recently
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """How many recovery codes are left; making new ones shows them once."""
    person, now = _person(request), datetime.now(UTC)
    if not needs_second(person=person):
        return HttpResponseRedirect(reverse("account"))
    made = []
    if request.method == "POST":
        made = recovery.renew(person=person, by=actor_of(request=request, at=now), at=now)
    shown = {"codes": made, "left": recovery_left(person=person), "moment_control": False}
    return render(request, "identity/factors/recovery.html", shown)


def _person(request: HttpRequest) -> Person:
    from django.core.exceptions import PermissionDenied

    if not isinstance(request.user, Person):
        raise PermissionDenied  # the bearer of an API token has no account
    return request.user
