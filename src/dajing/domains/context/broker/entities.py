"""/entities and /entities/{id}/attrs: every verb (clauses 5.6.1–5.6.6, 5.6.17–5.6.19, 5.7.1, 5.7.2)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec

from dajing.domains.context.broker.answers import complete, joined, many, needs_geo, older, one, page_links
from dajing.domains.context.broker.exchange import GEO_JSON, LONG_QUERY, Answer, Request, encode
from dajing.domains.context.broker.reading import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    PAGING,
    SELECTING,
    SHAPING,
    Meta,
    form_of,
    offered_with_geo,
    reading,
    wanted_of,
    writing,
)
from dajing.domains.context.broker.state import Broker
from dajing.domains.context.ngsi import merge, order, plain, selection
from dajing.domains.context.ngsi.context import Context
from dajing.domains.context.ngsi.errors import AlreadyExists, BadRequestData, InvalidRequest, ResourceNotFound
from dajing.domains.context.ngsi.forms import Form, render
from dajing.domains.context.ngsi.model import Reader as Model
from dajing.domains.context.ngsi.query import Group, Node, names
from dajing.domains.context.ngsi.selection import Types
from dajing.domains.context.ngsi.terms import SYSTEM, need_name, need_uri
from dajing.domains.context.store.transaction import Transaction
from dajing.domains.context.store.wanted import Wanted

type Json = dict[str, Any]
BASE = "/ngsi-ld/v1"
SHORT = 200  # attributes that one act may write on the event loop
MOST_ASKED = 1_000  # queries whose parsed form is kept


async def create(broker: Broker, request: Request) -> Answer:
    """POST /entities."""
    request.only(("local",))
    body, context, _ = await writing(request, broker.contexts)
    if isinstance(body, list):
        raise InvalidRequest("One entity is a JSON object; a batch goes to /entityOperations/create.")
    entity = merge.created(Model(context=context).entity(body), at=broker.now())
    tenant = request.tenant

    def act(tx: Transaction) -> None:
        if tx.entity(tenant, entity["id"]) is not None:
            raise AlreadyExists(f"The entity {entity['id']} exists already.")
        tx.create(tenant, entity)
        if merge.expired(entity, at=entity["createdAt"]) is None:
            tx.delete(tenant, *found(tx, tenant, entity["id"]), entity["createdAt"])

    await broker.write(act, heavy=len(body) > SHORT)
    return Answer(status=201).add("Location", f"{BASE}/entities/{quote(entity['id'], safe=':')}")


async def retrieve(broker: Broker, request: Request, identifier: str) -> Answer:
    """GET /entities/{id}."""
    need_uri(identifier, what="The id of an entity")
    key = (
        f"{request.scope['query_string']!r}{request.header('accept')}{request.header('link')}{request.header('prefer')}"
    )
    kept = broker.rendered.get((request.tenant, identifier))
    if kept is not None and key in kept:
        return Answer(status=200, body=kept[key], headers=_KEPT_HEADERS[key][1], media=_KEPT_HEADERS[key][0])
    request.only((*SHAPING, "attrs", "datasetId", "local", "entityMap", "entityMapLifetime", "type"))
    meta = await reading(request, broker.contexts, offered=offered_with_geo())
    form = form_of(request.parameters, meta.context, reader=broker.reader, tenant=request.tenant)
    needs_geo(request, meta)
    broker.need_tenant(request.tenant)
    entity = broker.reader.entity(tenant=request.tenant, identifier=identifier)
    types = _types(request, meta.context)
    if entity is None or (types and not selection.matches(types=types, entity=entity["type"])):
        raise ResourceNotFound(f"There is no entity {identifier}.")
    if form.attributes and not any(a in entity["attrs"] for a in form.attributes):
        raise ResourceNotFound(f"The entity {identifier} has none of the attributes asked for.")
    if (form.pick or form.omit) and not render(entity=entity, form=form):
        raise ResourceNotFound(f"The entity {identifier} has nothing of what was asked for.")
    answer = one(entity=entity, form=form, meta=meta, request=request)
    if not form.join and answer.status == 200:
        if len(_KEPT_HEADERS) > 2_000:
            _KEPT_HEADERS.clear()
            broker.rendered.clear()
        _KEPT_HEADERS[key] = (answer.media, answer.headers)
        broker.remember(request.tenant, identifier, key, answer.body)
    return answer


_KEPT_HEADERS: dict[str, tuple[str, list[tuple[bytes, bytes]]]] = {}


async def query(broker: Broker, request: Request) -> Answer:
    """GET /entities."""
    return await _page(broker, request, await _asked_before(broker, request))


async def answer_query(broker: Broker, request: Request, meta: Meta, given: Json) -> Answer:
    """One page of a query, from the members of a Query body."""
    return await _page(broker, request, _asked(broker, request, meta, given))


async def _page(broker: Broker, request: Request, asked: _Asked) -> Answer:
    """One page of a query."""
    broker.need_tenant(request.tenant)
    wanted, form, limit, offset, keys = asked.wanted, asked.form, asked.limit, asked.offset, asked.keys
    plain = bool(asked.name)

    def work() -> tuple[bytes | list[Json], int, bool]:
        if keys is None:
            docs, total, more = broker.reader.page(wanted=wanted, offset=offset, limit=limit, count=asked.count)
            if plain:
                rendered = [broker.pieces.render(doc=d, key=asked.name, form=form) for d in docs]
                return joined(rendered, asked.meta), total, more
            return [msgspec.json.decode(d) for d in docs], total, more
        found = order.ordered(
            entities=list(broker.reader.find(wanted=wanted)),
            keys=keys,
            reference=asked.reference,
            collation=asked.collation,
        )
        return found[offset : offset + limit], len(found), len(found) > offset + limit

    page, total, more = await (broker.ask(work) if plain and limit <= 100 else broker.read(work))
    if isinstance(page, bytes):
        answer = complete(page, asked.meta, request)
    else:
        answer = many(entities=page, form=form, meta=asked.meta, request=request)
    if asked.count:
        answer.add("NGSILD-Results-Count", str(total))
    if asked.links is not None and limit:
        if more not in asked.links:
            asked.links[more] = page_links(answer.media, request, offset=offset, limit=limit, more=more)
        answer.headers += asked.links[more]
    return answer


class _Asked(msgspec.Struct, frozen=True):
    """What a query asks for.

    ``name`` names the form of a plain answer, and is empty for any other; ``links`` to other pages are kept by whether
    more follow, and are None where a body was asked with.
    """

    meta: Meta
    wanted: Wanted
    form: Form
    limit: int
    offset: int
    count: bool
    keys: list[order.Key] | None = None
    reference: Json | None = None
    collation: Any = None
    name: str = ""
    links: dict[bool, list[tuple[bytes, bytes]]] | None = None


def _asked(broker: Broker, request: Request, meta: Meta, given: Json, *, own_links: bool = False) -> _Asked:
    tenant = request.tenant
    wanted = given.get("wanted") or wanted_of(given, meta.context, tenant=tenant, lenient=broker.lenient)
    form = form_of(given, meta.context, reader=broker.reader, tenant=tenant)
    keys = order.parse(text=given["orderBy"], context=meta.context) if given.get("orderBy") else None
    if given.get("collation") is not None:
        order.need_collation(given["collation"])
    reference = order.reference_of(
        coordinates=given.get("orderFrom"), geometry=str(given.get("orderGeometry", "Point"))
    )
    if keys and reference is None and any(direction.startswith("dist") for _, direction in keys):
        raise BadRequestData("Ordering by distance needs orderFrom.")
    limit = request.number("limit", DEFAULT_LIMIT, most=MAX_LIMIT)
    count = request.flag("count")
    if limit == 0 and not count:
        raise BadRequestData("limit=0 asks for nothing unless count=true is given.")
    plain = keys is None and not form.join and meta.media != GEO_JSON and older(request) is None
    return _Asked(
        meta=meta, wanted=wanted, form=form, limit=limit, offset=request.number("offset", 0), count=count, keys=keys,
        reference=reference, collation=given.get("collation"), links={} if own_links else None,
        name=repr((meta.context.key, [given.get(n) for n in _FORMING])) if plain else "",
    )  # fmt: skip


async def _asked_before(broker: Broker, request: Request) -> _Asked:
    """What the parameters ask for, kept for who asks again: boards and maps send one query every few seconds."""
    query: bytes = request.scope["query_string"]
    link = request.header("link")
    key = request.tenant, query, request.header("accept"), link, request.header("prefer")
    found = broker.asked.get(key)
    if found is not None and link is None:
        return found
    meta = await reading(request, broker.contexts, offered=offered_with_geo())
    if found is None or found.meta.context is not meta.context:  # a context may be read anew under its name
        request.only((*SELECTING, *SHAPING, *PAGING))
        needs_geo(request, meta)
        found = _asked(broker, request, meta, request.parameters, own_links=True)
        if found.name and len(query) <= LONG_QUERY:
            if len(broker.asked) >= MOST_ASKED:
                broker.asked.clear()
            broker.asked[key] = found
    return found


_FORMING = ("options", "format", "lang", "pick", "omit", "attrs", "datasetId", "jsonKeys")


async def replace(broker: Broker, request: Request, identifier: str) -> Answer:
    """PUT /entities/{id}."""
    need_uri(identifier, what="The id of an entity")
    request.only(("type", "local"))
    body, context, _ = await writing(request, broker.contexts)
    _same_id(body, identifier)
    fragment = Model(context=context).fragment(body)
    types = _types(request, context)
    at, tenant = broker.now(), request.tenant

    def act(tx: Transaction) -> None:
        key, old = found(tx, tenant, identifier, types)
        tx.change(tenant, key, old, merge.replaced(old, fragment, at=at))

    await broker.write(act, heavy=len(body) > SHORT)
    return Answer(status=204)


def _same_id(body: Any, identifier: str) -> None:
    given = body.get("id", identifier) if isinstance(body, dict) else identifier
    if given != identifier:
        need_uri(given, what="The id of an entity")
        raise BadRequestData(f"The body speaks of {given}, the address of {identifier}.")


def found(tx: Transaction, tenant: str, identifier: str, types: Types | None = None) -> tuple[int, Json]:
    """The entity, or ResourceNotFound; ``types`` must select it where given."""
    present = tx.entity(tenant, identifier)
    if present is None or (types and not selection.matches(types=types, entity=present[1]["type"])):
        raise ResourceNotFound(f"There is no entity {identifier} of the types asked for.")
    return present


def _types(request: Request, context: Context) -> Types | None:
    text = request.parameters.get("type")
    return selection.parse(text=text, context=context) if text else None


async def merge_entity(broker: Broker, request: Request, identifier: str) -> Answer:
    """PATCH /entities/{id}."""
    need_uri(identifier, what="The id of an entity")
    request.only(("options", "format", "lang", "observedAt", "type", "local"))
    body, context, _ = await writing(request, broker.contexts, patch=True)
    _same_id(body, identifier)
    fragment = Model(context=context, deep=True).fragment(body)
    types = _types(request, context)
    at, tenant = broker.now(), request.tenant

    def act(tx: Transaction) -> None:
        key, old = found(tx, tenant, identifier, types)
        new = merge.expired(merge.merged(old, fragment, at=at), at=at)
        if new is None:
            tx.delete(tenant, key, old, at)
        else:
            tx.change(tenant, key, old, new)

    await broker.write(act, heavy=len(body) > SHORT)
    return Answer(status=204)


async def delete(broker: Broker, request: Request, identifier: str) -> Answer:
    """DELETE /entities/{id}."""
    need_uri(identifier, what="The id of an entity")
    request.only(("type", "local"))
    meta = await reading(request, broker.contexts)
    types = _types(request, meta.context)
    at, tenant = broker.now(), request.tenant
    broker.need_tenant(tenant)

    def act(tx: Transaction) -> None:
        key, old = found(tx, tenant, identifier, types)
        tx.delete(tenant, key, old, at)

    await broker.write(act)
    return Answer(status=204)


async def append(broker: Broker, request: Request, identifier: str) -> Answer:
    """POST /entities/{id}/attrs."""
    need_uri(identifier, what="The id of an entity")
    request.only(("options", "type", "local"))
    body, context, _ = await writing(request, broker.contexts, patch=broker.lenient)
    fragment = Model(context=context).fragment(body)
    overwrite = "noOverwrite" not in request.parameters.get("options", "").split(",")
    types = _types(request, context)
    at, tenant = broker.now(), request.tenant

    def act(tx: Transaction) -> tuple[list[str], list[str]]:
        key, old = found(tx, tenant, identifier, types)
        new, done, kept = merge.appended(old, fragment, overwrite=overwrite, at=at)
        if done:
            tx.change(tenant, key, old, new)
        return done, kept

    done, kept = await broker.write(act, heavy=len(body) > SHORT)
    return update_result(done, kept, "The attribute exists already.", context.compact)


def update_result(done: list[str], kept: list[str], reason: str, compact: Any) -> Answer:
    """204, or 207 with what was not updated (5.2.18)."""
    if not kept:
        return Answer(status=204)
    body = {
        "updated": [compact(n) for n in done],
        "notUpdated": [{"attributeName": compact(n), "reason": reason} for n in kept],
    }
    return Answer(status=207, body=encode(body))


async def update(broker: Broker, request: Request, identifier: str) -> Answer:
    """PATCH /entities/{id}/attrs."""
    need_uri(identifier, what="The id of an entity")
    request.only(("options", "type", "local"))
    body, context, _ = await writing(request, broker.contexts, patch=True)
    fragment = Model(context=context, patch=True).fragment(body)
    types = _types(request, context)
    quick = plain.patch(fragment=fragment) if types is None else None
    at, tenant = broker.now(), request.tenant

    def act(tx: Transaction) -> tuple[list[str], list[str]]:
        if quick is not None and (known := tx.record(tenant, identifier)) is not None:
            tx.change_plain(tenant, known[0], plain.put(old=known[1], fragment=quick, at=at))
            return [], []
        key, old = found(tx, tenant, identifier, types)
        new, done, missing = merge.updated(old, fragment, at=at)
        if done or "type" in fragment:
            tx.change(tenant, key, old, new)
        return done, missing

    done, missing = await broker.write(act, heavy=len(body) > SHORT)
    return update_result(done, missing, "The entity has no such attribute.", context.compact)


async def partial(broker: Broker, request: Request, identifier: str, name: str) -> Answer:
    """PATCH /entities/{id}/attrs/{attr}."""
    need_uri(identifier, what="The id of an entity")
    request.only(("type", "local"))
    body, context, _ = await writing(request, broker.contexts, patch=True)
    if name in ("scope", "type", "id"):
        raise BadRequestData(f"{name} cannot be updated partially.")
    iri = context.expand(need_name(name, what="The attribute name"))
    fragment = Model(context=context, patch=True).instance(body, name)
    types = _types(request, context)
    at, tenant = broker.now(), request.tenant

    def act(tx: Transaction) -> None:
        key, old = found(tx, tenant, identifier, types)
        tx.change(tenant, key, old, merge.partially(old, iri, fragment, at=at))

    await broker.write(act)
    return Answer(status=204)


async def replace_attribute(broker: Broker, request: Request, identifier: str, name: str) -> Answer:
    """PUT /entities/{id}/attrs/{attr}."""
    need_uri(identifier, what="The id of an entity")
    request.only(("type", "local"))
    body, context, _ = await writing(request, broker.contexts)
    if name in ("scope", "type", "id"):
        raise BadRequestData(f"{name} cannot be replaced as an attribute.")
    iri, instances = Model(context=context).attribute(name, body)
    types = _types(request, context)
    at, tenant = broker.now(), request.tenant

    def act(tx: Transaction) -> None:
        key, old = found(tx, tenant, identifier, types)
        tx.change(tenant, key, old, merge.attribute_replaced(old, iri, instances, at=at))

    await broker.write(act)
    return Answer(status=204)


async def delete_attribute(broker: Broker, request: Request, identifier: str, name: str) -> Answer:
    """DELETE /entities/{id}/attrs/{attr}."""
    need_uri(identifier, what="The id of an entity")
    request.only(("deleteAll", "datasetId", "type", "local"))
    meta = await reading(request, broker.contexts)
    iri = meta.context.expand(need_name(name, what="The attribute name"))
    dataset = request.parameters.get("datasetId") or None
    if dataset not in (None, "@none"):
        need_uri(dataset, what="datasetId")
    every = request.flag("deleteAll")
    if every and dataset:
        raise InvalidRequest("deleteAll and datasetId exclude each other.")
    types = _types(request, meta.context)
    at, tenant = broker.now(), request.tenant

    def act(tx: Transaction) -> None:
        key, old = found(tx, tenant, identifier, types)
        named = None if dataset == "@none" else dataset
        tx.change(tenant, key, old, merge.without(old, iri, dataset=named, every=every, at=at))

    await broker.write(act)
    return Answer(status=204)


async def purge(broker: Broker, request: Request) -> Answer:
    """DELETE /entities: everything that a selection matches, or of it all but (or only) some attributes (5.6.21)."""
    request.only((*SELECTING, "geometryProperty", "drop", "keep", "pick", "omit"))
    meta = await reading(request, broker.contexts)
    tenant = request.tenant
    given = dict(request.parameters)
    drop, keep = given.pop("drop", None), given.pop("keep", None)
    if drop and keep:
        raise BadRequestData("drop and keep exclude each other.")
    wanted = wanted_of(given, meta.context, tenant=tenant)
    _narrow(wanted, local=given.get("local") == "true")
    broker.need_tenant(tenant)
    listed = await broker.read(lambda: [e["id"] for e in broker.reader.find(wanted=wanted)])
    at = broker.now()
    dropped = _attributes(drop, meta) if drop else None
    kept = _attributes(keep, meta) if keep else None

    def act(tx: Transaction) -> None:
        for identifier in listed:
            if (present := tx.entity(tenant, identifier)) is None:
                continue
            key, old = present
            if dropped is None and kept is None:
                tx.delete(tenant, key, old, at)
                continue
            attrs = {
                iri: i
                for iri, i in old["attrs"].items()
                if (dropped is None or iri not in dropped) and (kept is None or iri in kept)
            }
            tx.change(tenant, key, old, {**old, "attrs": attrs, "modifiedAt": at})

    await broker.write(act)
    return Answer(status=204)


def _narrow(wanted: Wanted, *, local: bool) -> None:
    """Refuse a purge that could hit everything, or that follows linked entities (5.6.21.4)."""
    if wanted.q is not None and _linked(wanted.q):
        raise BadRequestData("A purge cannot follow linked entities.")
    own = [a for a in wanted.attributes if a.rpartition("/")[2] not in SYSTEM]
    asked = [n for n in names(node=wanted.q) if n not in (*SYSTEM, "id")] if wanted.q is not None else []
    if not (local or wanted.types is not None or wanted.geo is not None or own or asked):
        raise BadRequestData("Narrow the purge by type, by attributes of your own, by a geo-query, or by local=true.")


def _linked(node: Node) -> bool:
    if isinstance(node, Group):
        return any(_linked(part) for part in node.parts)
    return node.linked is not None


def _attributes(text: str, meta: Meta) -> frozenset[str]:
    return frozenset(meta.context.expand(need_name(n.strip(), what="The attribute name")) for n in text.split(","))


def selection_of(wanted: list[Wanted], tenant: str) -> Wanted:
    """One selection of alternatives, for queries over several EntitySelectors."""
    return wanted[0] if len(wanted) == 1 else Wanted(tenant=tenant, alternatives=tuple(wanted))
