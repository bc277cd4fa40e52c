"""What a page's script exchanges with the server while a passkey is added or signs somebody in, as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from dajing.kernel.identity import entering
from dajing.kernel.identity.api import actor_of, audience
from dajing.kernel.identity.entering import ours, recently
from dajing.kernel.identity.factors import ceremony, passkeys
from dajing.kernel.identity.factors.pages import _person
from dajing.kernel.identity.factors.place import here, keep, take
from dajing.kernel.identity.factors.standing import recovery_left
from dajing.kernel.identity.refusals import PasskeyRefused
from dajing.kernel.text import Refusal

LARGEST = 64 * 1024  # bytes; answers of authenticators have a few thousand
ADDING, SIGNING_IN = "adding", "signing-in"
Exchange = Callable[..., dict[str, Any]]


def _as_json(view: Exchange) -> Callable[..., HttpResponse]:
    """Answer what the view returns, or the words of its refusal."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return JsonResponse(view(request, *args, **kwargs))
        except Refusal as refusal:
            return JsonResponse({"message": str(refusal)}, status=getattr(refusal, "status", 422))

    return answered


def _answer(request: HttpRequest) -> dict[str, Any]:
    """The JSON object in the body. Raises ``PasskeyRefused``."""
    if len(request.body) > LARGEST:
        raise PasskeyRefused
    try:
        found = json.loads(request.body)
    except (ValueError, RecursionError):
        raise PasskeyRefused from None
    if not isinstance(found, dict) or not isinstance(found.get("answer"), dict):
        raise PasskeyRefused
    return found


@never_cache
@audience("signed-in")
@require_POST
@recently
@_as_json
def begin_adding(request: HttpRequest) -> dict[str, Any]:
    """Options for a new passkey of the visitor."""
    options, state = passkeys.begin(person=_person(request), place=here(request=request))
    keep(request=request, purpose=ADDING, state=state, at=datetime.now(UTC))
    return dict(options)


@never_cache
@audience("signed-in")
@require_POST
@recently
@_as_json
def finish_adding(request: HttpRequest) -> dict[str, Any]:
    """Keep the new passkey under the name given."""
    now, person, given = datetime.now(UTC), _person(request), _answer(request)
    state = take(request=request, purpose=ADDING, at=now)
    name = "".join(c for c in str(given.get("name", "")) if c.isprintable()).strip()[:60] or now.date().isoformat()
    by = actor_of(request=request, at=now)
    passkeys.add(
        person=person, place=here(request=request), state=state, answer=given["answer"], name=name, by=by, at=now
    )
    return {"go": reverse("account" if recovery_left(person=person) else "account-recovery")}


@never_cache
@require_POST
@_as_json
def begin_signing_in(request: HttpRequest) -> dict[str, Any]:
    """Options for signing in: as the second step only with the person's own passkeys, else with any."""
    now = datetime.now(UTC)
    found = entering.waiting(request=request, at=now) if request.GET.get("step") == "second" else None
    known = passkeys.known_to(person=found[0] if found else None)
    options, state = ceremony.begin_signing_in(place=here(request=request), known=known)
    keep(request=request, purpose=SIGNING_IN, state=state, at=now)
    return dict(options)


@never_cache
@require_POST
@_as_json
def finish_signing_in(request: HttpRequest) -> dict[str, Any]:
    """Sign in whose passkey answered."""
    now, given = datetime.now(UTC), _answer(request)
    state = take(request=request, purpose=SIGNING_IN, at=now)
    person = passkeys.person_of(place=here(request=request), state=state, answer=given["answer"], at=now)
    wanted = ours(str(given.get("next", "")))
    return {"go": entering.enter(request=request, person=person, by=entering.PASSKEY, wanted=wanted, at=now)}
