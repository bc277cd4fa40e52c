"""Where passkeys work for a request, and the state of a ceremony in its session."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from dajing.kernel.identity.factors.ceremony import Place, State, place_of
from dajing.kernel.identity.refusals import PasskeyRefused, PasskeysElsewhere
from dajing.kernel.settings import settings

CEREMONY, SECONDS = "passkey", 300


def place(*, request: HttpRequest) -> Place | None:
    """Where passkeys are valid if this request came by that address, else None."""
    asked = f"{request.scheme}://{request.get_host()}"
    found = place_of(public_url=settings().public_url, asked=asked)
    return found if found is not None and found.host == request.get_host().partition(":")[0] else None


def here(*, request: HttpRequest) -> Place:
    """As ``place``. Raises ``PasskeysElsewhere``."""
    found = place(request=request)
    if found is None:
        raise PasskeysElsewhere
    return found


def keep(*, request: HttpRequest, purpose: str, state: State, at: datetime) -> None:
    """Remember the challenge of the newest ceremony; an older one is void."""
    request.session[CEREMONY] = {"purpose": purpose, "state": state, "at": at.timestamp()}


def take(*, request: HttpRequest, purpose: str, at: datetime) -> State:
    """The state of the ceremony under way, which is over with this call. Raises ``PasskeyRefused``."""
    kept: dict[str, Any] | None = request.session.pop(CEREMONY, None)
    if not kept or kept["purpose"] != purpose or not 0 <= at.timestamp() - kept["at"] < SECONDS:
        raise PasskeyRefused
    state: State = kept["state"]
    return state
