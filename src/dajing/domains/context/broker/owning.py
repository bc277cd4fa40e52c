"""Whose a subscription is: the client of the token that created it, and its department.

Only its department (a client without one: only itself) changes it and sees its secrets. Without tokens, and for
subscriptions of before, everything belongs to everybody of the tenant.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from dajing.domains.context.broker.exchange import Request
from dajing.domains.context.ngsi.errors import Forbidden
from dajing.domains.context.ngsi.subscription import Subscription

type Json = dict[str, Any]
HIDDEN = "***"


def owner_of(request: Request) -> tuple[str, str] | None:
    """Client and department of who asks."""
    return (request.caller.client, request.caller.department) if request.caller is not None else None


def owns(request: Request, subscription: Subscription) -> bool:
    """Whether who asks may change a subscription and see all of it."""
    asking, owner = owner_of(request), subscription.owner
    if asking is None or owner is None:
        return True
    return asking[1] == owner[1] if owner[1] else asking[0] == owner[0]


def need_owner(request: Request, subscription: Subscription) -> None:
    """Refuse a change by another department."""
    if not owns(request, subscription):
        raise Forbidden(f"The subscription {subscription.id} belongs to another department.")


def without_secrets(notification: Json) -> Json:
    """A member ``notification`` whose endpoint shows neither what receivers are sent to be let in nor a password."""
    endpoint = dict(notification["endpoint"])
    for name in ("receiverInfo", "notifierInfo"):
        if isinstance(endpoint.get(name), list):
            endpoint[name] = [{**pair, "value": HIDDEN} for pair in endpoint[name]]
    if password := urlsplit(endpoint["uri"]).password:
        endpoint["uri"] = endpoint["uri"].replace(f":{password}@", f":{HIDDEN}@", 1)
    return {**notification, "endpoint": endpoint}
