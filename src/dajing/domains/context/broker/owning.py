"""Whose a subscription is: the client of the token that created it, and its department.

Only its department (a client without one: only itself) changes it and sees its secrets. Without tokens, and for
subscriptions of before, everything belongs to everybody of the tenant.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from urllib.parse import unquote, urlsplit

from dajing.domains.context.broker.exchange import Request
from dajing.domains.context.ngsi.errors import Forbidden
from dajing.domains.context.ngsi.subscription import Subscription

type Json = dict[str, Any]
HIDDEN = "***"
PAIRS = ("receiverInfo", "notifierInfo")


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
    for name in PAIRS:
        if isinstance(endpoint.get(name), list):
            endpoint[name] = [{**pair, "value": HIDDEN} for pair in endpoint[name]]
    if urlsplit(endpoint["uri"]).password:
        endpoint["uri"] = _with_password(endpoint["uri"], HIDDEN)
    return {**notification, "endpoint": endpoint}


def with_secrets(*, new: Json, old: Json) -> Json:
    """A checked member ``notification`` in which the old secret stands wherever the mark for it was sent back.

    A mark that stands for nothing (a key that was not there) stays what was sent.
    """
    endpoint, known = dict(new["endpoint"]), old["endpoint"]
    for name in PAIRS:
        if name in endpoint:
            endpoint[name] = _pairs(endpoint[name], known.get(name, []))
    secret = urlsplit(known["uri"]).password
    # some libraries escape the stars of an address
    if secret and unquote(urlsplit(endpoint["uri"]).password or "") == HIDDEN:
        endpoint["uri"] = _with_password(endpoint["uri"], secret)
    return {**new, "endpoint": endpoint}


def _pairs(new: list[Json], old: list[Json]) -> list[Json]:
    """Pairs whose marks are replaced; a key that stands several times takes its old values in their order."""
    values: dict[str, list[str]] = defaultdict(list)
    for pair in old:
        values[pair["key"]].append(pair["value"])
    found = []
    for pair in new:
        value = values[pair["key"]].pop(0) if values[pair["key"]] else HIDDEN
        found.append({**pair, "value": value} if pair["value"] == HIDDEN else pair)
    return found


def _with_password(uri: str, password: str) -> str:
    """An address with another password in the place of the one that it has."""
    return uri.replace(f":{urlsplit(uri).password}@", f":{password}@", 1)
