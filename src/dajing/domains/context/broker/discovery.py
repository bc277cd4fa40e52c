"""/types and /attributes: what there is (clauses 5.7.5–5.7.10)."""

from __future__ import annotations

from typing import Any

from dajing.domains.context.broker.answers import finish
from dajing.domains.context.broker.exchange import Answer, Request
from dajing.domains.context.broker.reading import Meta, reading
from dajing.domains.context.broker.state import Broker
from dajing.domains.context.ngsi import selection
from dajing.domains.context.ngsi.errors import ResourceNotFound
from dajing.domains.context.ngsi.terms import need_name
from dajing.domains.context.store.wanted import Wanted

type Json = dict[str, Any]


async def types(broker: Broker, request: Request) -> Answer:
    """GET /types."""
    request.only(("details", "local", "count"))
    meta = await reading(request, broker.contexts)
    broker.need_tenant(request.tenant)
    found = [iri for iri, _ in broker.reader.types(tenant=request.tenant)]
    compact = meta.context.compact
    if not request.flag("details"):
        names = sorted(compact(iri) for iri in found)
        return finish(
            {"id": "urn:ngsi-ld:EntityTypeList:all", "type": "EntityTypeList", "typeList": names}, meta, request
        )
    details = []
    for iri in sorted(found):
        attributes = broker.reader.attributes_of(tenant=request.tenant, type_iri=iri)
        names = sorted(compact(a) for a in attributes)
        details.append({"id": iri, "type": "EntityType", "typeName": compact(iri), "attributeNames": names})
    return finish(details, meta, request)


async def one_type(broker: Broker, request: Request, name: str) -> Answer:
    """GET /types/{type}."""
    request.only(("local",))
    meta = await reading(request, broker.contexts)
    broker.need_tenant(request.tenant)
    iri = meta.context.expand(need_name(name, what="The entity type"))
    counts = dict(broker.reader.types(tenant=request.tenant))
    if iri not in counts:
        raise ResourceNotFound(f"There is no entity of the type {name}.")
    wanted = Wanted(tenant=request.tenant, types=(frozenset([iri]),))
    kinds = await broker.read(lambda: _kinds(broker, wanted))
    details = [
        {
            "id": attribute,
            "type": "Attribute",
            "attributeName": meta.context.compact(attribute),
            "attributeTypes": found,
        }
        for attribute, found in sorted(kinds.items())
    ]
    body = {
        "id": iri, "type": "EntityTypeInfo", "typeName": meta.context.compact(iri), "entityCount": counts[iri],
        "attributeDetails": details,
    }  # fmt: skip
    return finish(body, meta, request)


def _kinds(broker: Broker, wanted: Wanted) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for entity in broker.reader.find(wanted=wanted):
        for iri, instances in entity["attrs"].items():
            known = found.setdefault(iri, [])
            known += [i["type"] for i in instances if i["type"] not in known]
    return found


async def attributes(broker: Broker, request: Request) -> Answer:
    """GET /attributes."""
    request.only(("details", "local", "count"))
    meta = await reading(request, broker.contexts)
    broker.need_tenant(request.tenant)
    found = [iri for iri, _ in broker.reader.attributes(tenant=request.tenant)]
    compact = meta.context.compact
    if not request.flag("details"):
        names = sorted(compact(iri) for iri in found)
        body = {"id": "urn:ngsi-ld:AttributeList:all", "type": "AttributeList", "attributeList": names}
        return finish(body, meta, request)
    details = []
    for iri in sorted(found):
        types = await broker.read(lambda iri=iri: _types(broker, request.tenant, iri))  # type: ignore[misc]
        names = sorted(compact(t) for t in types)
        details.append({"id": iri, "type": "Attribute", "attributeName": compact(iri), "typeNames": names})
    return finish(details, meta, request)


def _types(broker: Broker, tenant: str, iri: str) -> set[str]:
    found = broker.reader.find(wanted=Wanted(tenant=tenant, attributes=(iri,)))
    return {t for entity in found for t in entity["type"]}


async def one_attribute(broker: Broker, request: Request, name: str) -> Answer:
    """GET /attributes/{attribute}."""
    request.only(("local",))
    meta: Meta = await reading(request, broker.contexts)
    broker.need_tenant(request.tenant)
    iri = meta.context.expand(need_name(name, what="The attribute name"))
    entities = await broker.read(
        lambda: list(broker.reader.find(wanted=Wanted(tenant=request.tenant, attributes=(iri,))))
    )
    if not entities:
        raise ResourceNotFound(f"No entity has the attribute {name}.")
    compact = meta.context.compact
    kinds = {i["type"] for e in entities for i in e["attrs"][iri]}
    names = {compact(t) for e in entities for t in e["type"]}
    body = {
        "id": iri, "type": "Attribute", "attributeName": compact(iri), "attributeCount": len(entities),
        "attributeTypes": sorted(kinds), "typeNames": sorted(names),
    }  # fmt: skip
    return finish(body, meta, request)


def matches(*, types: selection.Types, entity: Json) -> bool:
    """Whether an entity is of a selection of types."""
    return selection.matches(types=types, entity=entity["type"])
