"""Who may call: bearer tokens of kernel.identity, each within its tenant, its scopes and its rate."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from dajing.domains.context.broker.exchange import Request, segments
from dajing.domains.context.ngsi.errors import Forbidden, TooManyRequests, Unauthorised
from dajing.domains.context.roles import READ, WRITE
from dajing.kernel.identity.tokenview import TokenView

# these only ask, though they are POSTs
ASKING = (["entityOperations", "query"], ["temporal", "entityOperations", "query"])


class Tokens:
    """Default is deny: a valid token, the scope of the verb, and its own tenant are needed."""

    def __init__(self, *, rows: Path, clock: Callable[[], datetime], url: str = "") -> None:
        self._view = TokenView(path=rows, url=url)
        self._clock = clock
        self._minutes: dict[str, tuple[int, int]] = {}

    def check(self, request: Request) -> None:
        """Raise when the request may not pass."""
        scheme, _, secret = (request.header("authorization") or "").partition(" ")
        found = self._view.find(secret=secret.strip(), at=self._clock()) if scheme.lower() == "bearer" else None
        if found is None:
            raise Unauthorised("Send 'Authorization: Bearer' followed by a valid token of this centre.")
        for needed in _needed(request):
            if needed not in found.scopes:
                raise Forbidden(f"The token of {found.client} lacks the scope {needed}.")
        if found.tenant and not request.tenant:
            request.tenant = found.tenant
        if request.tenant != found.tenant:
            raise Forbidden(f"The token of {found.client} belongs to the tenant {found.tenant or '(default)'!r}.")
        request.caller = found
        self._count(found.client, found.per_minute)

    def readers(self) -> frozenset[str]:
        """The clients that may read now."""
        return self._view.clients(scope=READ, at=self._clock())

    def _count(self, client: str, per_minute: int) -> None:
        minute = int(time.monotonic() // 60)
        known, used = self._minutes.get(client, (minute, 0))
        used = used + 1 if known == minute else 1
        self._minutes[client] = (minute, used)
        if used > per_minute:
            raise TooManyRequests(f"{client} may send {per_minute} requests per minute; go on in the next one.")


def _needed(request: Request) -> tuple[str, ...]:
    """The scopes of a request. A subscription is a write that reads for ever: who may not read may not subscribe."""
    place = segments(request.path)[2:]
    if request.method in ("GET", "HEAD") or (request.method == "POST" and place in ASKING):
        return (READ,)
    return (READ, WRITE) if place[:1] == ["subscriptions"] and request.method != "DELETE" else (WRITE,)
