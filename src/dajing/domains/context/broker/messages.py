"""The content of notifications (clause 5.3.1): which entities, in which form, with which changes shown."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from dajing.domains.context.broker.exchange import GEO_JSON, LD_JSON, encode, link
from dajing.domains.context.ngsi import projection
from dajing.domains.context.ngsi.context import CORE_URL
from dajing.domains.context.ngsi.forms import LOCATION, Form, feature, flat, render
from dajing.domains.context.ngsi.merge import Change
from dajing.domains.context.ngsi.subscription import STYLES, Subscription
from dajing.domains.context.ngsi.terms import NULL, PREVIOUS, VALUE_OF

type Json = dict[str, Any]
type Touched = list[tuple[str, str, Json | None, Json | None]]


def form_of(*, subscription: Subscription, lookup: Callable[[str], Json | None]) -> Form:
    """The representation that a subscription asks for."""
    given, context = subscription.notification, subscription.context
    pick = projection.parse(text=given["pick"], context=context, what="pick") if given.get("pick") else None
    omit = projection.parse(text=given["omit"], context=context, what="omit") if given.get("omit") else None
    names = given.get("attributes")
    join = given.get("join") or ""
    return Form(
        context=subscription.rendering or context, style=STYLES[given.get("format", "normalized")],
        system=bool(given.get("sysAttrs")),
        language=subscription.document.get("lang"), pick=pick, omit=omit,
        attributes=frozenset(context.expand(n) for n in names) if names else None, datasets=subscription.datasets,
        join="" if join == "@none" else join, level=int(given.get("joinLevel", 1)), lookup=lookup,
    )  # fmt: skip


def payload(
    *, subscription: Subscription, change: Change, wanted: Touched, lookup: Callable[[str], Json | None]
) -> list[Json]:
    """The entities of one notification in their form; empty when nothing of the entity is asked for."""
    form = subscription.form
    if form is None or form.join:
        form = subscription.form = form_of(subscription=subscription, lookup=lookup)
    entity = shown(change=change, wanted=wanted, previous=bool(subscription.notification.get("showChanges")))
    if subscription.endpoint.get("accept") == GEO_JSON:
        return [feature(entity=entity, form=form, geometry=LOCATION)]
    if form.join == "flat":
        return flat(entities=[entity], form=form)
    return [render(entity=entity, form=form)]


def shown(*, change: Change, wanted: Touched, previous: bool) -> Json:
    """The entity as it is now; deleted attributes stand as NGSI-LD Null, former values where changes are shown."""
    if change.new is None:
        gone: Json = change.old or {}
        attrs = {iri: [_deleted(i, change.at, previous) for i in v] for iri, v in gone["attrs"].items()}
        chosen = {iri for _, iri, _, _ in wanted}
        kept = {iri: v for iri, v in attrs.items() if iri in chosen}
        return {**gone, "attrs": kept, "deletedAt": change.at}
    if not wanted or not (previous or any(trigger == "attributeDeleted" for trigger, *_ in wanted)):
        return change.new
    now = {iri: list(instances) for iri, instances in change.new["attrs"].items()}
    for trigger, iri, old, new in wanted:
        if trigger == "attributeDeleted" and old is not None:
            now.setdefault(iri, []).append(_deleted(old, change.at, previous))
        elif previous and old is not None and new is not None:
            now[iri] = [_with_previous(i, old) if i is new else i for i in now[iri]]
    left = change.new["attrs"]
    return {**change.new, "attrs": {iri: v if iri in left else _gone(v) for iri, v in now.items()}}


def _gone(instances: list[Json]) -> list[Json]:
    """An attribute of which nothing is left: one deletion stands for those of all of its instances."""
    if len(instances) == 1:
        return instances
    first = min(instances, key=lambda i: "datasetId" in i)
    return [{k: v for k, v in first.items() if k != "datasetId"}]


def _with_previous(new: Json, old: Json) -> Json:
    member = VALUE_OF[old["type"]]
    return {**new, PREVIOUS[member]: old[member]} if member in old else new


def _deleted(old: Json, at: str, previous: bool) -> Json:
    member = VALUE_OF[old["type"]]
    kept = {k: v for k, v in old.items() if k in ("type", "datasetId", "createdAt", "modifiedAt")}
    found = {**kept, member: {"@none": NULL} if member == "languageMap" else NULL, "deletedAt": at}
    return {**found, PREVIOUS[member]: old[member]} if previous and member in old else found


def message(*, subscription: Subscription, data: list[Json], at: str) -> tuple[bytes, dict[str, str]]:
    """The body of a notification and its headers."""
    endpoint = subscription.endpoint
    accept = endpoint.get("accept", "application/json")
    source = subscription.document.get("jsonldContext") or subscription.source or CORE_URL
    headers = {"Content-Type": accept}
    document: Any = {
        "id": f"urn:ngsi-ld:Notification:{uuid.uuid4()}",
        "type": "Notification",
        "subscriptionId": subscription.id,
        "notifiedAt": at,
        "data": {"type": "FeatureCollection", "features": data} if accept == GEO_JSON else data,
    }
    if accept == LD_JSON:
        shown_source = source[0] if isinstance(source, list) and len(source) == 1 else source
        document["data"] = [{**entity, "@context": shown_source} for entity in data]
    else:
        headers["Link"] = link(source if isinstance(source, str) else _first(source))
    if subscription.tenant:
        headers["NGSILD-Tenant"] = subscription.tenant
    for pair in endpoint.get("receiverInfo", []):
        headers[pair["key"]] = pair["value"]
    return encode(document), headers


def _first(source: Any) -> str:
    parts = source if isinstance(source, list) else []
    return next((p for p in parts if isinstance(p, str)), CORE_URL)
