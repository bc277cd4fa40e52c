"""From the first step to a session: who has a second factor gives it before anything is open, however they came."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import login as begin_session
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from dajing.kernel.identity.actor import Actor
from dajing.kernel.identity.factors.standing import needs_second
from dajing.kernel.identity.models import Person
from dajing.kernel.ledger.api import record

BACKEND = "django.contrib.auth.backends.ModelBackend"
WAITING, PROVED, BY_LINK = "entering", "proved", "by-link"
PATIENCE = timedelta(minutes=10)  # between the first step and the second
RECENT = timedelta(minutes=15)  # how long a proof lasts for changing how one signs in
PASSWORD, LINK, PASSKEY, PROVIDER = "password", "link", "passkey", "provider"


def ours(address: str) -> str:
    """``address`` if it is a page of ours, else home: nobody is led to another site, nor to signing in once more."""
    safe = url_has_allowed_host_and_scheme(address, allowed_hosts=None, require_https=False)
    return address if safe and address.isprintable() and not address.startswith("/sign-in") else "/"


def enter(*, request: HttpRequest, person: Person, by: str, wanted: str, at: datetime) -> str:
    """The address to go on to after a first step: the second step where the person has one, else what was wanted.

    A passkey is both steps at once: the authenticator had to verify its user.
    """
    if by == PASSKEY or not needs_second(person=person):
        return let_in(request=request, person=person, by=[by], wanted=wanted, at=at)
    request.session.cycle_key()
    request.session[WAITING] = {
        "person": person.pk,
        "by": by,
        "next": wanted,
        "at": at.timestamp(),
        "hash": person.get_session_auth_hash(),
    }
    return reverse("sign-in-code")


def waiting(*, request: HttpRequest, at: datetime) -> tuple[Person, dict[str, Any]] | None:
    """Who has taken the first step in this session and how, while it still counts; a changed password undoes it."""
    kept = request.session.get(WAITING)
    if not kept or not 0 <= at.timestamp() - kept["at"] < PATIENCE.total_seconds():
        return None
    person = Person.objects.filter(pk=kept["person"], is_active=True).first()
    return (person, kept) if person and person.get_session_auth_hash() == kept["hash"] else None


def let_in(*, request: HttpRequest, person: Person, by: list[str], wanted: str, at: datetime) -> str:
    """Begin the session under a new key, note it in the ledger, and say where to go."""
    begin_session(request, person, backend=BACKEND)
    request.session.pop(WAITING, None)
    request.session[PROVED] = at.timestamp()
    if LINK in by:
        request.session[BY_LINK] = True  # whoever was let in by a link need not know the old password
    with transaction.atomic():
        who = Actor(id=f"person:{person.pk}", name=person.name)
        record(act="identity.session.begun", by=who, at=at, subject=who.id, detail={"by": by})
    new = LINK in by and not person.has_usable_password() and not person.synthetic
    return reverse("set-password") if new else wanted


def proved_recently(*, request: HttpRequest) -> bool:
    """Whether the visitor proved within ``RECENT`` who they are."""
    ago = datetime.now(UTC).timestamp() - request.session.get(PROVED, 0)
    return 0 <= ago < RECENT.total_seconds()


def prove_first(*, request: HttpRequest) -> str:
    """The address where the visitor proves it, leading back here or, from a form, to the account."""
    after = request.get_full_path() if request.method == "GET" else reverse("account")
    return f"{reverse('confirm')}?{urlencode({'next': after})}"


def recently(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Only somebody who proved who they are within ``RECENT`` reaches the view; others prove it again first."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if proved_recently(request=request):
            return view(request, *args, **kwargs)
        again = prove_first(request=request)
        if "application/json" in request.headers.get("Accept", ""):
            return JsonResponse({"go": again}, status=403)
        return HttpResponseRedirect(again)

    return guarded
