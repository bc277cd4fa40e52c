"""People and their accounts: made, let in once by a link, closed."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from dajing.kernel.identity import service
from dajing.kernel.identity.administration.frame import PAGE, acting, next_page, shown, whole
from dajing.kernel.identity.api import requires
from dajing.kernel.identity.models import Person
from dajing.kernel.identity.roles import SYSTEM
from dajing.kernel.text import Refusal


@never_cache
@requires(SYSTEM)
@require_http_methods(["GET", "POST"])
def people(request: HttpRequest) -> HttpResponse:
    """All accounts; making one shows its one-time link once."""
    if request.method == "GET":
        return shown(request, "people", _listed(request))
    by, now = acting(request)
    try:
        person = service.create_person(
            login=request.POST.get("login", ""), name=request.POST.get("name", ""), by=by, at=now
        )
        secret = service.link_for(person=person, by=by, at=now)
    except Refusal as refusal:
        return shown(request, "people", _listed(request), refused=refusal, field="login")
    return _link(request, person, secret)


@never_cache
@requires(SYSTEM)
@require_POST
def new_link(request: HttpRequest, person: int) -> HttpResponse:
    """Another one-time link for somebody who lost theirs, or their password."""
    by, now = acting(request)
    found = get_object_or_404(Person, pk=person)
    try:
        secret = service.link_for(person=found, by=by, at=now)
    except Refusal as refusal:
        return shown(request, "people", _listed(request), refused=refusal)
    return _link(request, found, secret)


@requires(SYSTEM)
@require_POST
def close(request: HttpRequest, person: int) -> HttpResponse:
    """Close an account; its appointments end with it."""
    by, now = acting(request)
    try:
        service.close_account(person=get_object_or_404(Person, pk=person), by=by, at=now)
    except Refusal as refusal:
        return shown(request, "people", _listed(request), refused=refusal)
    return HttpResponseRedirect(reverse("admin-people"))


def _link(request: HttpRequest, person: Person, secret: str) -> HttpResponse:
    address = request.build_absolute_uri(reverse("sign-in-link", args=[secret]))
    return shown(request, "link", {"person": person, "address": address})


def _listed(request: HttpRequest) -> dict[str, Any]:
    rows = Person.objects.order_by("pk")
    wanted, after = request.GET.get("q", "").strip()[:100], whole(request.GET.get("after"))
    if wanted:
        rows = rows.filter(Q(name__icontains=wanted) | Q(login__icontains=wanted))
    if after is not None:
        rows = rows.filter(pk__gt=after)
    found = list(rows[: PAGE + 1])
    _, now = acting(request)
    administrators = service.administrators(at=now)
    return {
        "administrators": administrators,
        "people": found[:PAGE],
        "q": wanted,
        "next_url": next_page(request, found, "pk"),
    }
