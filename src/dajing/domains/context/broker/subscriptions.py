"""/subscriptions (clauses 5.8.1–5.8.5)."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import quote, urlsplit

from dajing.domains.context.broker.answers import finish, page_links
from dajing.domains.context.broker.exchange import Answer, Request
from dajing.domains.context.broker.hosting import host
from dajing.domains.context.broker.notifier import stored
from dajing.domains.context.broker.owning import need_owner, owner_of, owns, with_secrets, without_secrets
from dajing.domains.context.broker.reading import DEFAULT_LIMIT, MAX_LIMIT, reading, writing
from dajing.domains.context.broker.state import Broker
from dajing.domains.context.ngsi.context import CORE_URL, Context
from dajing.domains.context.ngsi.errors import AlreadyExists, BadRequestData, InvalidRequest, ResourceNotFound
from dajing.domains.context.ngsi.subscription import (
    DEFAULT_TRIGGERS,
    MEMBERS,
    NOTIFICATION_MEMBERS,
    Subscription,
    read,
)
from dajing.domains.context.ngsi.terms import NULL, need_uri
from dajing.domains.context.store.transaction import Transaction

type Json = dict[str, Any]


async def create(broker: Broker, request: Request) -> Answer:
    """POST /subscriptions."""
    request.only(("local", "via"))
    body, context, source = await writing(request, broker.contexts)
    if not isinstance(body, dict) or not body:
        raise InvalidRequest("A subscription is a JSON object.")
    document = {k: v for k, v in body.items() if k in MEMBERS}
    if isinstance(document.get("notification"), dict):
        # the counters are the broker's own: what a client says of them is dropped (5.2.14.2)
        document["notification"] = {k: v for k, v in document["notification"].items() if k in NOTIFICATION_MEMBERS}
    document.setdefault("id", f"urn:ngsi-ld:Subscription:{uuid.uuid4()}")
    found = read(document=document, context=context, source=source, tenant=request.tenant, at=broker.clock())
    _reachable(broker, found)
    found.owner = owner_of(request)
    if "jsonldContext" in document:
        found.rendering = await broker.contexts.resolve(document["jsonldContext"], tenant=request.tenant)
    elif isinstance(source, list | dict) and source != [CORE_URL] and not _single(source):
        local = await host(broker, request, source, kind="ImplicitlyCreated")
        document["jsonldContext"] = broker.contexts.hosted[request.tenant, local].url

    def act(tx: Transaction) -> None:
        if tx.document("subscription", request.tenant, found.id) is not None:
            raise AlreadyExists(f"The subscription {found.id} exists already.")
        tx.put_document("subscription", request.tenant, found.id, stored(found))

    await broker.write(act)
    _tenant(broker, request)
    broker.notifier.add(found)
    return Answer(status=201).add("Location", f"/ngsi-ld/v1/subscriptions/{quote(found.id, safe=':')}")


def _reachable(broker: Broker, subscription: Subscription) -> None:
    host = urlsplit(subscription.endpoint["uri"]).hostname or ""
    if broker.outgoing.refuses(host=host):
        raise BadRequestData(f"endpoint.uri leads to the private address {host}, which the setting may_call omits.")


def _single(source: Any) -> bool:
    return isinstance(source, list) and len(source) == 1 and isinstance(source[0], str)


def _tenant(broker: Broker, request: Request) -> None:
    if request.tenant:
        broker.tenants.add(request.tenant)


def shown(subscription: Subscription, context: Context, broker: Broker, request: Request) -> Json:
    """A subscription with its names under another @context and its read-only members."""
    found = {k: v for k, v in subscription.document.items() if v is not None}
    own = subscription.context

    def renamed(name: str) -> str:
        return context.compact(own.expand(name))

    if "entities" in found:
        found["entities"] = [{**s, "type": _types(s["type"], renamed)} for s in found["entities"]]
    if "watchedAttributes" in found:
        found["watchedAttributes"] = [renamed(n) for n in found["watchedAttributes"]]
    notification = dict(found["notification"])
    if "attributes" in notification:
        notification["attributes"] = [renamed(n) for n in notification["attributes"]]
    notification.setdefault("format", "normalized")
    status = subscription.status
    counters = ("timesSent", "timesFailed", "lastNotification", "lastFailure", "lastSuccess")
    notification.update({k: status[k] for k in counters if k in status})
    if status.get("timesSent"):
        failed = status.get("lastFailure", "") > status.get("lastSuccess", "")
        notification["status"] = "failed" if failed else "ok"
    found["notification"] = notification if owns(request, subscription) else without_secrets(notification)
    found.setdefault("notificationTrigger", sorted(DEFAULT_TRIGGERS))
    found["status"] = subscription.state(at=broker.clock())
    return found


def _types(text: str, renamed: Any) -> str:
    import re

    return re.sub(r"[^();,|*]+", lambda m: renamed(m.group(0)), text)


async def retrieve(broker: Broker, request: Request, identifier: str) -> Answer:
    """GET /subscriptions/{id}."""
    need_uri(identifier, what="The id of a subscription")
    request.only(("options",))
    meta = await reading(request, broker.contexts)
    broker.need_tenant(request.tenant)
    found = _found(broker, request, identifier)
    return finish(shown(found, meta.context, broker, request), meta, request)


def _found(broker: Broker, request: Request, identifier: str) -> Subscription:
    lane = broker.notifier.lanes.get((request.tenant, identifier))
    if lane is None:
        raise ResourceNotFound(f"There is no subscription {identifier}.")
    return lane.subscription


async def query(broker: Broker, request: Request) -> Answer:
    """GET /subscriptions."""
    request.only(("limit", "offset", "count", "options"))
    meta = await reading(request, broker.contexts)
    broker.need_tenant(request.tenant)
    limit = request.number("limit", DEFAULT_LIMIT, most=MAX_LIMIT)
    offset = request.number("offset", 0)
    count = request.flag("count")
    if limit == 0 and not count:
        raise BadRequestData("limit=0 asks for nothing unless count=true is given.")
    found = [lane.subscription for (tenant, _), lane in broker.notifier.lanes.items() if tenant == request.tenant]
    page = [shown(s, meta.context, broker, request) for s in found[offset : offset + limit]]
    answer = finish(page, meta, request)
    if count:
        answer.add("NGSILD-Results-Count", str(len(found)))
    if limit:
        more = len(found) > offset + limit
        answer.headers += page_links(answer.media, request, offset=offset, limit=limit, more=more)
    return answer


async def update(broker: Broker, request: Request, identifier: str) -> Answer:
    """PATCH /subscriptions/{id}."""
    need_uri(identifier, what="The id of a subscription")
    request.only(("local",))
    body, context, source = await writing(request, broker.contexts, patch=True)
    if not isinstance(body, dict) or not body:
        raise BadRequestData("A fragment of a subscription is a JSON object.")
    old = _found(broker, request, identifier)
    need_owner(request, old)
    fragment = {k: v for k, v in body.items() if k in MEMBERS and k != "id"}
    document = _patched(old.document, fragment)
    if source is None and old.source is not None:
        context, source = await broker.contexts.resolve(old.source, tenant=request.tenant), old.source
    at = broker.clock() if "expiresAt" in fragment else None
    found = read(document=document, context=context, source=source, tenant=request.tenant, at=at)
    _reachable(broker, found)
    if request.caller is not None and old.owner is not None:
        document["notification"] = with_secrets(new=found.notification, old=old.notification)
    found.status, found.rendering, found.owner, found.silenced = old.status, old.rendering, old.owner, old.silenced
    if "jsonldContext" in fragment and document.get("jsonldContext"):
        found.rendering = await broker.contexts.resolve(document["jsonldContext"], tenant=request.tenant)

    def act(tx: Transaction) -> None:
        if tx.document("subscription", request.tenant, identifier) is None:
            raise ResourceNotFound(f"There is no subscription {identifier}.")
        tx.put_document("subscription", request.tenant, identifier, stored(found))

    await broker.write(act)
    broker.notifier.add(found)
    return Answer(status=204)


def _patched(old: Json, fragment: Json) -> Json:
    """Members replaced; null (or NGSI-LD Null) removes an optional one, never a mandatory one."""
    new = dict(old)
    for name, value in fragment.items():
        if value is None or value == NULL:
            if name in ("type", "notification") or (name == "entities" and "watchedAttributes" not in old):
                raise BadRequestData(f"{name} cannot be removed.")
            new.pop(name, None)
        else:
            new[name] = value
    return new


async def delete(broker: Broker, request: Request, identifier: str) -> Answer:
    """DELETE /subscriptions/{id}."""
    need_uri(identifier, what="The id of a subscription")
    request.only(("local",))
    broker.need_tenant(request.tenant)
    need_owner(request, _found(broker, request, identifier))

    def act(tx: Transaction) -> None:
        if not tx.delete_document("subscription", request.tenant, identifier):
            raise ResourceNotFound(f"There is no subscription {identifier}.")
        tx.end_notifications(request.tenant, identifier)

    await broker.write(act)
    broker.notifier.remove((request.tenant, identifier))
    return Answer(status=204)
