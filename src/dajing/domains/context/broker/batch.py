"""/entityOperations: create, upsert, update, merge, delete, purge, query (clauses 5.6.7–5.6.10, 5.6.20, 5.7.2)."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import apsw
import msgspec

from dajing.domains.context.broker.entities import answer_query, selection_of
from dajing.domains.context.broker.exchange import LD_JSON, Answer, Request, decode, encode
from dajing.domains.context.broker.reading import (
    Meta,
    need_source,
    offered_with_geo,
    plainly,
    reading,
    wanted_of,
    writing,
)
from dajing.domains.context.broker.state import Broker
from dajing.domains.context.ngsi import merge, plain
from dajing.domains.context.ngsi.context import Context
from dajing.domains.context.ngsi.errors import AlreadyExists, BadRequestData, NoRoom, Problem, ResourceNotFound
from dajing.domains.context.ngsi.model import Reader as Model
from dajing.domains.context.ngsi.plain import Fragment
from dajing.domains.context.ngsi.terms import need_uri
from dajing.domains.context.store.transaction import Transaction

type Json = dict[str, Any]
type Refusals = list[tuple[str, Problem]]  # by the id of the entity
MOST = 5_000
SHORT_BATCH = 100  # entities that may be written on the event loop: some milliseconds
SLICE = 250  # plain ones of which the same is true
LONG_BATCH = 1024 * 1024  # bytes that may be read on the event loop where they are plain


async def _entities(broker: Broker, request: Request, *, patch: bool = False) -> tuple[list[Json], Refusals]:
    """The entities of a batch that can be read, and the refusals of the others."""
    body, context, _ = await writing(request, broker.contexts)
    if not isinstance(body, list) or not body:
        raise BadRequestData("A batch is a JSON array of at least one entity.")
    if len(body) > MOST:
        raise BadRequestData(f"A batch holds at most {MOST} entities.")
    if any(item is None for item in body):
        raise BadRequestData("A batch cannot hold null.")
    read: list[Json] = []
    refused: Refusals = []
    for item in body:
        try:
            read.append(await _entity(broker, request, item, context, patch=patch))
        except Problem as error:
            refused.append((str(item.get("id", "")) if isinstance(item, dict) else "", error))
    return read, refused


async def _entity(broker: Broker, request: Request, item: Any, context: Context, *, patch: bool) -> Json:
    """One entity of a batch, under its own @context where the media type asks for one."""
    if isinstance(item, dict) and request.media() == LD_JSON:
        if "@context" not in item:
            raise BadRequestData("application/ld+json needs a member @context in every entity.")
        need_source(item["@context"])
        context = await broker.contexts.resolve(item["@context"], tenant=request.tenant)
    elif isinstance(item, dict) and "@context" in item:
        raise BadRequestData("application/json carries no @context in the body; use a Link header.")
    model = Model(context=context, patch=patch, deep=patch)
    if patch and isinstance(item, dict):
        return {"id": need_uri(item.get("id"), what="The id of an entity"), **model.fragment(item)}
    return model.entity(item)


async def _mixed(broker: Broker, request: Request) -> tuple[Sequence[Json | Fragment], Refusals]:
    """The same, where what sensors send stays as typed records."""
    context = await plainly(request, broker.contexts)
    body = await request.body()
    if context is None:
        return await _entities(broker, request)
    try:
        # of a long body others must not wait for the reading
        reads = functools.partial(plain.batch, body=body, context=context)
        found = reads() if len(body) < LONG_BATCH else await asyncio.to_thread(reads)
    except msgspec.DecodeError:
        found = []
    if not found or len(found) > MOST:
        return await _entities(broker, request)  # which says what is wrong
    read: list[Json | Fragment] = []
    refused: Refusals = []
    for item in found:
        if isinstance(item, Fragment):
            read.append(item)
            continue
        given = decode(item)
        if given is None:
            raise BadRequestData("A batch cannot hold null.")
        try:
            read.append(await _entity(broker, request, given, context, patch=False))
        except Problem as error:
            refused.append((str(given.get("id", "")) if isinstance(given, dict) else "", error))
    return read, refused


async def _run[Item: (Json, Json | Fragment)](
    broker: Broker, entities: Sequence[Item], refused: Refusals, one: Callable[[Transaction, Item], bool]
) -> tuple[list[str], list[str], Refusals]:
    """Run ``one`` for each entity: created ids, changed ids, refusals.

    Plain ones are written in slices, between which others are served. Where the store fails after the first of them,
    the rest is refused and what is on disk counts.
    """
    plain_ones = all(isinstance(entity, Fragment) for entity in entities)
    size = SLICE if plain_ones else len(entities) or 1
    created: list[str] = []
    changed: list[str] = []
    failed = list(refused)
    for first in range(0, len(entities), size):
        part = entities[first : first + size]
        try:
            done = await broker.write(_act(part, one), heavy=not plain_ones and len(part) > SHORT_BATCH)
        except apsw.Error:
            if first == 0:
                raise
            failed += [(_id(entity), NoRoom("The store cannot be written now.")) for entity in entities[first:]]
            break
        created += done[0]
        changed += done[1]
        failed += done[2]
    return created, changed, failed


def _act[Item: (Json, Json | Fragment)](
    entities: Sequence[Item], one: Callable[[Transaction, Item], bool]
) -> Callable[[Transaction], tuple[list[str], list[str], Refusals]]:
    def act(tx: Transaction) -> tuple[list[str], list[str], Refusals]:
        created: list[str] = []
        changed: list[str] = []
        failed: Refusals = []
        for entity in entities:
            try:
                (created if one(tx, entity) else changed).append(_id(entity))
            except Problem as error:
                failed.append((_id(entity), error))
        return created, changed, failed

    return act


def _id(entity: Json | Fragment) -> str:
    return entity.id if isinstance(entity, Fragment) else str(entity["id"])


def _result(success: list[str], failed: Refusals) -> Answer:
    errors = [{"entityId": identifier, "error": error.document()} for identifier, error in failed]
    return Answer(status=207, body=encode({"success": success, "errors": errors}))


async def create(broker: Broker, request: Request) -> Answer:
    """POST /entityOperations/create."""
    request.only(("local",))
    entities, refused = await _entities(broker, request)
    at, tenant = broker.now(), request.tenant

    def one(tx: Transaction, entity: Json) -> bool:
        if tx.entity(tenant, entity["id"]) is not None:
            raise AlreadyExists(f"The entity {entity['id']} exists already.")
        tx.create(tenant, merge.created(entity, at=at))
        return True

    created, _, failed = await _run(broker, entities, refused, one)
    return _result(created, failed) if failed else Answer(status=201, body=encode(created))


async def upsert(broker: Broker, request: Request) -> Answer:
    """POST /entityOperations/upsert; options=update merges, otherwise what exists is replaced."""
    request.only(("options", "local"))
    entities, refused = await _mixed(broker, request)
    at, tenant = broker.now(), request.tenant
    update = "update" in request.parameters.get("options", "").split(",")

    def one(tx: Transaction, entity: Json | Fragment) -> bool:
        if isinstance(entity, Fragment):
            done = _upserted(tx, tenant, entity, update=update, at=at)
            if done is not None:
                return done
            entity = plain.opened(fragment=entity)
        present = tx.entity(tenant, entity["id"])
        if present is None:
            tx.create(tenant, merge.created(entity, at=at))
            return True
        key, old = present
        new = merge.appended(old, entity, overwrite=True, at=at)[0] if update else merge.replaced(old, entity, at=at)
        tx.change(tenant, key, old, new)
        return False

    created, changed, failed = await _run(broker, entities, refused, one)
    if failed:
        return _result(created + changed, failed)
    return Answer(status=201, body=encode(created)) if created else Answer(status=204)


def _upserted(tx: Transaction, tenant: str, given: Fragment, *, update: bool, at: str) -> bool | None:
    """Whether a plain entity was created; None where one is there that is not plain, or of other types."""
    known = tx.record(tenant, given.id)
    if known is None:
        if tx.entity(tenant, given.id) is not None:
            return None
        tx.create_plain(tenant, plain.created(fragment=given, at=at))
        return True
    key, old = known
    if old.type != given.type:
        return None
    change = plain.put if update else plain.replaced
    tx.change_plain(tenant, key, change(old=old, fragment=given, at=at))
    return False


async def update(broker: Broker, request: Request) -> Answer:
    """POST /entityOperations/update; options=noOverwrite only adds."""
    request.only(("options", "local"))
    entities, refused = await _entities(broker, request, patch=True)
    at, tenant = broker.now(), request.tenant
    overwrite = "noOverwrite" not in request.parameters.get("options", "").split(",")

    def one(tx: Transaction, entity: Json) -> bool:
        key, old = _present(tx, tenant, entity["id"])
        new, done, kept = merge.appended(old, entity, overwrite=overwrite, at=at)
        if done:
            tx.change(tenant, key, old, new)
        if kept:
            raise BadRequestData(f"Not overwritten: {', '.join(kept)}.")
        return False

    _, changed, failed = await _run(broker, entities, refused, one)
    return _result(changed, failed) if failed else Answer(status=204)


def _present(tx: Transaction, tenant: str, identifier: str) -> tuple[int, Json]:
    found = tx.entity(tenant, identifier)
    if found is None:
        raise ResourceNotFound(f"There is no entity {identifier}.")
    return found


async def merge_all(broker: Broker, request: Request) -> Answer:
    """POST /entityOperations/merge."""
    request.only(("options", "format", "lang", "observedAt", "local"))
    entities, refused = await _entities(broker, request, patch=True)
    at, tenant = broker.now(), request.tenant

    def one(tx: Transaction, entity: Json) -> bool:
        key, old = _present(tx, tenant, entity["id"])
        tx.change(tenant, key, old, merge.merged(old, entity, at=at))
        return False

    _, changed, failed = await _run(broker, entities, refused, one)
    return _result(changed, failed) if failed else Answer(status=204)


async def delete(broker: Broker, request: Request) -> Answer:
    """POST /entityOperations/delete: a list of ids."""
    request.only(("local",))
    body, _, _ = await writing(request, broker.contexts)
    if not isinstance(body, list) or not body:
        raise BadRequestData("A batch deletion is a JSON array of at least one id.")
    at, tenant = broker.now(), request.tenant
    valid, refused = [], []
    for identifier in body:
        try:
            valid.append({"id": need_uri(identifier, what="The id of an entity")})
        except BadRequestData as error:
            refused.append((str(identifier), error))

    def one(tx: Transaction, entity: Json) -> bool:
        key, old = _present(tx, tenant, entity["id"])
        tx.delete(tenant, key, old, at)
        return False

    _, gone, failed = await _run(broker, valid, list(refused), one)
    return _result(gone, failed) if failed else Answer(status=204)


async def query(broker: Broker, request: Request) -> Answer:
    """POST /entityOperations/query: a Query document (5.2.23)."""
    request.only(
        ("limit", "offset", "count", "options", "format", "local", "lang", "geometryProperty", "joinLevel", "join")
    )
    body, context, source = await writing(request, broker.contexts)
    meta = await reading(request, broker.contexts, offered=offered_with_geo())
    meta = Meta(context=context, source=source or meta.source, media=meta.media)
    given = query_document(body)
    for name in ("options", "format", "lang", "local"):
        if name in request.parameters:
            given.setdefault(name, request.parameters[name])
    given["wanted"] = selected(given, meta, tenant=request.tenant, lenient=broker.lenient)
    return await answer_query(broker, request, meta, given)


def query_document(body: Any, *, temporal: bool = False) -> Json:
    """The members of a Query as if they were parameters; refuses what 5.2.23 excludes."""
    if not isinstance(body, dict) or body.get("type") != "Query":
        raise BadRequestData("The body must be an object of type Query.")
    given = {k: v for k, v in body.items() if k not in ("type", "@context")}
    if "temporalQ" in given and not temporal:
        raise BadRequestData("temporalQ belongs to a temporal query.")
    _texts(given)
    if "geoQ" in given:
        geo = given.pop("geoQ")
        if not isinstance(geo, dict):
            raise BadRequestData("geoQ must be an object.")
        given.update({k: v for k, v in geo.items() if k in ("georel", "geometry", "coordinates", "geoproperty")})
    if "ordering" in given:
        _ordering(given.pop("ordering"), given)
    if "entities" in given:
        selectors = given["entities"]
        if not isinstance(selectors, list) or not selectors or not all(isinstance(s, dict) for s in selectors):
            raise BadRequestData("entities must be a list of at least one entity selector.")
    return given


def _ordering(ordering: Any, given: Json) -> None:
    """The member ``ordering`` (5.2.43) as parameters."""
    if not isinstance(ordering, dict) or not isinstance(ordering.get("orderBy"), list) or not ordering["orderBy"]:
        raise BadRequestData("ordering needs orderBy, a list of sort keys.")
    given["orderBy"] = ",".join(str(key) for key in ordering["orderBy"])
    if "collation" in ordering:
        given["collation"] = ordering["collation"]
    if "coordinates" in ordering:
        if not isinstance(ordering["coordinates"], list):
            raise BadRequestData("ordering.coordinates must be an array.")
        given["orderFrom"] = ordering["coordinates"]
    if not isinstance(ordering.get("geometry", "Point"), str):
        raise BadRequestData("ordering.geometry must be a text.")
    given["orderGeometry"] = ordering.get("geometry", "Point")


def _texts(given: Json) -> None:
    """Lists of names become texts with commas; texts must be texts."""
    for name in ("attrs", "pick", "omit", "orderBy", "datasetId"):
        value = given.get(name)
        if isinstance(value, list):
            if not value or not all(isinstance(v, str) for v in value):
                raise BadRequestData(f"{name} must be a list of at least one text.")
            given[name] = ",".join(value)
        elif value is not None and not isinstance(value, str):
            raise BadRequestData(f"{name} must be a text or a list of texts.")
    for name in ("q", "csf", "scopeQ", "lang", "join"):
        if name in given and not isinstance(given[name], str):
            raise BadRequestData(f"{name} must be a text.")


def selected(given: Json, meta: Meta, *, tenant: str, lenient: bool) -> Any:
    """The selection of a Query: each selector is an alternative, the other members hold for all."""
    common = {k: v for k, v in given.items() if k != "entities"}
    base = None
    if "entities" not in given or any(common.get(k) for k in ("attrs", "q", "georel", "scopeQ", "datasetId")):
        base = wanted_of(common if "entities" not in given else {**common, "type": "*"}, meta.context, tenant=tenant)
    if "entities" not in given:
        return base
    alternatives = []
    for selector in given["entities"]:
        if "type" not in selector:
            raise BadRequestData("Every entity selector names a type.")
        identifiers = selector.get("id", "")
        if not all(isinstance(i, str) for i in (identifiers if isinstance(identifiers, list) else [identifiers])):
            raise BadRequestData("The id of an entity selector is a URI or a list of URIs.")
        plain = {
            "id": ",".join(identifiers) if isinstance(identifiers, list) else identifiers,
            "idPattern": selector.get("idPattern"),
            "type": selector["type"],
        }
        alternatives.append(wanted_of(plain, meta.context, tenant=tenant, lenient=lenient))
    one = selection_of(alternatives, tenant)
    return one if base is None else replace(base, types=None, alternatives=tuple(alternatives))


async def purge(broker: Broker, request: Request) -> Answer:
    """POST /entityOperations/purge: a Query whose matches are deleted."""
    request.only(("local",))
    body, context, source = await writing(request, broker.contexts)
    meta = Meta(context=context, source=source or "", media=LD_JSON)
    wanted = selected(query_document(body), meta, tenant=request.tenant, lenient=True)
    listed = await broker.read(lambda: [e["id"] for e in broker.reader.find(wanted=wanted)])
    at, tenant = broker.now(), request.tenant

    def act(tx: Transaction) -> None:
        for identifier in listed:
            if (present := tx.entity(tenant, identifier)) is not None:
                tx.delete(tenant, *present, at)

    await broker.write(act, heavy=True)
    return Answer(status=204)
