"""/temporal/entities: history written, changed, asked (clauses 5.6.11–5.6.16, 5.7.3, 5.7.4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from dajing.domains.context.broker import scoping
from dajing.domains.context.broker.answers import finish, page_links
from dajing.domains.context.broker.batch import query_document
from dajing.domains.context.broker.entities import BASE
from dajing.domains.context.broker.exchange import Answer, Request
from dajing.domains.context.broker.reading import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    PAGING,
    SELECTING,
    Meta,
    form_of,
    names,
    reading,
    wanted_of,
    writing,
)
from dajing.domains.context.broker.slicing import Attributes, cut, partial
from dajing.domains.context.broker.state import Broker
from dajing.domains.context.ngsi import merge, order
from dajing.domains.context.ngsi.errors import BadRequestData, InvalidRequest, ResourceNotFound, TooManyResults
from dajing.domains.context.ngsi.evolution import Aggregate, Span, aggregate_of, evolution, span_of
from dajing.domains.context.ngsi.forms import Form
from dajing.domains.context.ngsi.model import Reader as Model
from dajing.domains.context.ngsi.scope import SCOPE, need_scope_instances
from dajing.domains.context.ngsi.terms import VALUE_OF, need_name, need_uri
from dajing.domains.context.store.history import MOST, History
from dajing.domains.context.store.sums import aggregated
from dajing.domains.context.store.transaction import Transaction
from dajing.domains.context.store.wanted import Wanted

type Json = dict[str, Any]
TIMES = ("timerel", "timeAt", "endTimeAt", "timeproperty", "lastN", "aggrMethods", "aggrPeriodDuration")
SHAPE = ("attrs", "options", "format", "lang", "pick", "omit", "datasetId", "local", "jsonKeys")


class TemporalModel(Model):
    """Reads temporal entities: an attribute may have many instances of one dataset."""

    def attribute(self, name: str, value: Any, depth: int = 0) -> tuple[str, list[Json]]:
        """The IRI and all instances of one attribute."""
        if depth or not isinstance(value, list):
            return super().attribute(name, value, depth)
        need_name(name, what="The attribute name")
        return self.context.expand(name), [self.instance(v, name, depth) for v in value]

    def scope(self, given: Any) -> Any:
        """The instances of the scope."""
        return need_scope_instances(given)

    def fragment(self, body: Any) -> Json:
        """As of an entity; the scope is one more attribute."""
        found = super().fragment(body)
        if (scopes := found.pop("scope", None)) is not None:
            found["attrs"][SCOPE] = scopes
        return found


@dataclass(frozen=True)
class Asked:
    """How the history is to be shown."""

    form: Form
    style: str
    span: Span
    aggregate: Aggregate | None


def asked(given: Json, meta: Meta, *, needed: bool = False) -> Asked:
    """The temporal query and representation of parameters."""
    options = [o for o in str(given.get("options", "")).split(",") if o]
    chosen = given.get("format") or next(
        (o for o in options if o in ("temporalValues", "aggregatedValues")), "normalized"
    )
    if chosen not in ("normalized", "temporalValues", "aggregatedValues", "simplified", "concise"):
        raise InvalidRequest("format must be normalized, concise, temporalValues or aggregatedValues.")
    style = "temporalValues" if chosen == "simplified" or "keyValues" in options else chosen
    plain = {k: v for k, v in given.items() if k != "format"}
    form = form_of(plain, meta.context)
    aggregate = aggregate_of(given) if style == "aggregatedValues" else None
    return Asked(form=form, style=style, span=span_of(given, needed=needed), aggregate=aggregate)


async def create(broker: Broker, request: Request) -> Answer:
    """POST /temporal/entities: 201 where a history begins, 204 where it goes on."""
    request.only(("local",))
    body, context, _ = await writing(request, broker.contexts)
    if not isinstance(body, dict) or not body:
        raise InvalidRequest("A temporal entity is a JSON object.")
    entity = TemporalModel(context=context, patch=True).entity(body)
    if any(not _complete(i) for instances in entity["attrs"].values() for i in instances):
        raise BadRequestData("Every instance of a temporal entity has a type and a value.")
    at, tenant = broker.now(), request.tenant

    def act(tx: Transaction) -> bool:
        begun = tx.chronicle.head(tenant, entity["id"]) is None
        tx.begin_tenant(tenant)
        key = tx.chronicle.begin(tenant, {**entity, "createdAt": at, "modifiedAt": at})
        _append(tx, tenant, key, entity, at)
        _current(tx, tenant, key, entity, at)
        return begun

    if not await broker.write(act, heavy=True):
        return Answer(status=204)
    return Answer(status=201).add("Location", f"{BASE}/temporal/entities/{quote(entity['id'], safe=':')}")


def _complete(instance: Json) -> bool:
    return "type" in instance and VALUE_OF[instance["type"]] in instance


def _append(tx: Transaction, tenant: str, key: int, entity: Json, at: str) -> None:
    if SCOPE in entity["attrs"]:
        tx.chronicle.unfold(tenant, entity["id"])
    for iri, instances in entity["attrs"].items():
        for instance in instances:
            new = scoping.stamped(instance=instance, at=at) if iri == SCOPE else merge.stamp(instance, at=at)
            tx.chronicle.append(tenant, key, iri, new)


def _current(tx: Transaction, tenant: str, history: int, entity: Json, at: str) -> None:
    """The current entity follows its history: the latest observation of each dataset wins, late ones change nothing."""
    given = {iri: instances for iri, instances in entity["attrs"].items() if iri != SCOPE}
    attrs = {iri: _latest(i for i in instances if not merge.is_null(i)) for iri, instances in given.items()}
    attrs = {iri: instances for iri, instances in attrs.items() if instances}
    tx.quiet = True
    try:
        present = tx.entity(tenant, entity["id"])
        before = present[1].get("scope", []) if present else []
        scopes = before
        if SCOPE in entity["attrs"]:
            scopes = scoping.current(tx=tx, tenant=tenant, key=history, present=before)
        head = {"scope": scopes} if scopes else {}
        if present is None:
            tx.create(tenant, merge.created({**entity, **head, "attrs": attrs}, at=at))
            return
        key, old = present
        newer = {}
        for iri, instances in attrs.items():
            known = {i.get("datasetId"): i.get("observedAt", "") for i in old["attrs"].get(iri, [])}
            fresh = [i for i in instances if i.get("observedAt", at) >= known.get(i.get("datasetId"), "")]
            if fresh:
                newer[iri] = fresh
        if newer or scopes != before:
            new = merge.appended(old, {"attrs": newer}, overwrite=True, at=at)[0]
            tx.change(tenant, key, old, {**{k: v for k, v in new.items() if k != "scope"}, **head})
    finally:
        tx.quiet = False


def _latest(instances: Iterable[Json]) -> list[Json]:
    found: dict[str | None, Json] = {}
    for instance in instances:
        key = instance.get("datasetId")
        if key not in found or instance.get("observedAt", "") >= found[key].get("observedAt", ""):
            found[key] = instance
    return list(found.values())


async def append(broker: Broker, request: Request, identifier: str) -> Answer:
    """POST /temporal/entities/{id}/attrs."""
    need_uri(identifier, what="The id of an entity")
    request.only(("local",))
    body, context, _ = await writing(request, broker.contexts)
    if not isinstance(body, dict) or not body:
        raise InvalidRequest("The body must be an object of attributes.")
    fragment = TemporalModel(context=context).fragment(body)
    at, tenant = broker.now(), request.tenant

    def act(tx: Transaction) -> None:
        key, head = _history(tx, tenant, identifier)
        entity = {"id": identifier, "type": head["type"], "attrs": fragment["attrs"]}
        _append(tx, tenant, key, entity, at)
        _, head = _history(tx, tenant, identifier)
        tx.chronicle.save(key, {**head, "modifiedAt": at})
        _current(tx, tenant, key, entity, at)

    await broker.write(act, heavy=True)
    return Answer(status=204)


def _history(tx: Transaction, tenant: str, identifier: str) -> tuple[int, Json]:
    found = tx.chronicle.head(tenant, identifier)
    if found is None:
        raise ResourceNotFound(f"There is no history of {identifier}.")
    return found


async def delete(broker: Broker, request: Request, identifier: str) -> Answer:
    """DELETE /temporal/entities/{id}."""
    need_uri(identifier, what="The id of an entity")
    request.only(("local",))
    broker.need_tenant(request.tenant)
    tenant, at = request.tenant, broker.now()

    def act(tx: Transaction) -> None:
        key, _ = _history(tx, tenant, identifier)
        tx.chronicle.end(tenant, identifier, key)
        if (present := tx.entity(tenant, identifier)) is not None:
            tx.quiet = True
            try:
                tx.delete(tenant, *present, at)
            finally:
                tx.quiet = False

    await broker.write(act, heavy=True)
    return Answer(status=204)


async def delete_attribute(broker: Broker, request: Request, identifier: str, name: str) -> Answer:
    """DELETE /temporal/entities/{id}/attrs/{attr}."""
    need_uri(identifier, what="The id of an entity")
    request.only(("deleteAll", "datasetId", "local"))
    meta = await reading(request, broker.contexts)
    iri = meta.context.expand(need_name(name, what="The attribute name"))
    dataset = request.parameters.get("datasetId") or None
    every = request.flag("deleteAll")
    tenant = request.tenant

    def act(tx: Transaction) -> None:
        key, _ = _history(tx, tenant, identifier)
        if iri == SCOPE:
            tx.chronicle.unfold(tenant, identifier)
        rows = list(tx.chronicle.instances(tenant, key, iri))
        wanted = None if dataset == "@none" else dataset
        gone = [row for row, instance in rows if every or instance.get("datasetId") == wanted]
        archived = tx.chronicle.forget_sealed(tenant, key, iri, wanted, every=every)
        if not gone and not archived:
            raise ResourceNotFound(f"The history of {identifier} has no such attribute.")
        tx.chronicle.forget(gone)

    await broker.write(act, heavy=True)
    return Answer(status=204)


async def change_instance(broker: Broker, request: Request, identifier: str, name: str, instance: str) -> Answer:
    """PATCH /temporal/entities/{id}/attrs/{attr}/{instanceId}."""
    need_uri(identifier, what="The id of an entity")
    need_uri(instance, what="The id of an instance")
    request.only(("local",))
    body, context, _ = await writing(request, broker.contexts, patch=True)
    given = body.get(name, body) if isinstance(body, dict) else body
    if context.expand(name) == SCOPE:
        iri, fragments = SCOPE, need_scope_instances(given)
    else:
        iri, fragments = Model(context=context, patch=True).attribute(name, given)
    at, tenant = broker.now(), request.tenant

    def act(tx: Transaction) -> None:
        row, old = _instance(tx, tenant, identifier, iri, instance)
        fragment = {k: v for k, v in fragments[0].items() if k != "datasetId"}
        new = merge.merged_instance(old, fragment, at=at, deep=False)
        tx.chronicle.replace(row, new)

    await broker.write(act, heavy=True)
    return Answer(status=204)


def _instance(tx: Transaction, tenant: str, identifier: str, iri: str, wanted: str) -> tuple[int, Json]:
    key, _ = _history(tx, tenant, identifier)
    for row, instance in tx.chronicle.instances(tenant, key, iri):
        if instance["instanceId"] == wanted:
            return row, instance
    raise ResourceNotFound(
        f"The history of {identifier} has no instance {wanted} of that attribute, or it is archived already."
    )


async def delete_instance(broker: Broker, request: Request, identifier: str, name: str, instance: str) -> Answer:
    """DELETE /temporal/entities/{id}/attrs/{attr}/{instanceId}."""
    need_uri(identifier, what="The id of an entity")
    need_uri(instance, what="The id of an instance")
    request.only(("local",))
    meta = await reading(request, broker.contexts)
    iri = meta.context.expand(need_name(name, what="The attribute name"))
    tenant = request.tenant

    def act(tx: Transaction) -> None:
        row, _ = _instance(tx, tenant, identifier, iri, instance)
        tx.chronicle.forget([row])

    await broker.write(act, heavy=True)
    return Answer(status=204)


async def retrieve(broker: Broker, request: Request, identifier: str) -> Answer:
    """GET /temporal/entities/{id}."""
    need_uri(identifier, what="The id of an entity")
    request.only((*TIMES, *SHAPE))
    meta = await reading(request, broker.contexts)
    how = asked(request.parameters, meta)
    broker.need_tenant(request.tenant)
    wanted = names(request.parameters["attrs"], meta.context) if request.parameters.get("attrs") else ()

    def work() -> tuple[Json | None, str | None]:
        history = History(reader=broker.reader, archive=broker.archive)
        found = history.head(tenant=request.tenant, identifier=identifier)
        return (None, None) if found is None else _shown(history, found, how, wanted, broker.most_instances)

    body, cut_at = await broker.read(work)
    if body is None or not body:
        raise ResourceNotFound(f"There is no history of {identifier} with what was asked for.")
    if wanted and not any(meta.context.compact(w) in body for w in wanted):
        raise ResourceNotFound(f"The history of {identifier} has none of the attributes asked for.")
    return partial(finish(body, meta, request), cut_at)


def _shown(
    history: History, found: tuple[int, Json], how: Asked, wanted: tuple[str, ...], most: int
) -> tuple[Json, str | None]:
    key, head = found
    attrs: dict[str, list[Json]] = {}
    sums: dict[str, Json] | None = {} if how.form.pick is None and how.form.omit is None else None
    for attr, iri in history.attributes(key=key):
        if wanted and iri not in wanted and iri != SCOPE:
            continue
        if how.aggregate is not None and how.form.datasets is None and sums is not None:
            found_sums = aggregated(reader=history.reader, key=key, attr=attr, span=how.span, aggregate=how.aggregate)
            if found_sums is not None:
                sums[iri] = found_sums
                continue
        instances = history.instances(key=key, attr=attr, span=how.span)
        if how.form.datasets is not None:
            instances = [i for i in instances if i.get("datasetId", "@none") in how.form.datasets]
        if instances:
            attrs[iri] = instances
    cut_at = None
    _whole(attrs, how)
    if how.aggregate is None:
        (attrs,), cut_at = cut(entities=[attrs], span=how.span, most=most)
        attrs = _scoped(scoping.evolution_of(history=history, key=key, head=head), attrs, how)
    body = evolution(head=head, attrs=attrs, form=how.form, style=how.style, span=how.span, aggregate=how.aggregate)
    return body | {how.form.context.compact(iri): found for iri, found in (sums or {}).items()}, cut_at


def _whole(attrs: Attributes, how: Asked) -> None:
    """Refuse to aggregate what was cut: a sum of a part of the observations looks like a sum of all."""
    if how.aggregate is not None and any(len(found) >= MOST for found in attrs.values()):
        raise TooManyResults(f"More than {MOST} instances would be aggregated; ask for a shorter time.")


async def query(broker: Broker, request: Request) -> Answer:
    """GET /temporal/entities."""
    request.only((*TIMES, *SHAPE, *SELECTING, *PAGING))
    meta = await reading(request, broker.contexts)
    return await _query(broker, request, meta, request.parameters)


async def _query(broker: Broker, request: Request, meta: Meta, given: Json) -> Answer:
    how = asked(given, meta, needed=True)
    keys = order.parse(text=given["orderBy"], context=meta.context) if given.get("orderBy") else []
    if any(path != ("id",) for path, _ in keys):
        raise BadRequestData("A temporal query can be ordered by id alone.")
    wanted = given.get("wanted") or wanted_of(given, meta.context, tenant=request.tenant, lenient=broker.lenient)
    limit = request.number("limit", DEFAULT_LIMIT, most=MAX_LIMIT)
    offset = request.number("offset", 0)
    count = request.flag("count")
    if limit == 0 and not count:
        raise BadRequestData("limit=0 asks for nothing unless count=true is given.")
    broker.need_tenant(request.tenant)
    found = await broker.read(lambda: _matching(broker, request.tenant, wanted, how))
    for _, direction in keys[:1]:
        found.sort(key=lambda pair: str(pair[0]["id"]), reverse=direction == "desc")
    page = found[offset : offset + limit]
    series, cut_at = [attrs for _, attrs, _ in page], None
    for attrs in series:
        _whole(attrs, how)
    if how.aggregate is None:
        series, cut_at = cut(entities=series, span=how.span, most=broker.most_instances)
        series = [_scoped(scopes, attrs, how) for (_, _, scopes), attrs in zip(page, series, strict=True)]
    body = [
        evolution(head=head, attrs=attrs, form=how.form, style=how.style, span=how.span, aggregate=how.aggregate)
        for (head, *_), attrs in zip(page, series, strict=True)
    ]
    answer = partial(finish(body, meta, request), cut_at)
    if count:
        answer.add("NGSILD-Results-Count", str(len(found)))
    if limit:
        more = len(found) > offset + limit
        answer.headers += page_links(answer.media, request, offset=offset, limit=limit, more=more)
    return answer


type Found = tuple[Json, Attributes, list[Json]]


def _scoped(scopes: list[Json], attrs: Attributes, how: Asked) -> Attributes:
    """Attributes with the scope first, as far as the time asked for shows it."""
    shown = scoping.carried(instances=scopes, shown=attrs.get(SCOPE, []), span=how.span)
    rest = {iri: instances for iri, instances in attrs.items() if iri != SCOPE}
    return {SCOPE: shown, **rest} if shown else rest


def _matching(broker: Broker, tenant: str, wanted: Wanted, how: Asked) -> list[Found]:
    """(head, chosen attributes, the whole evolution of the scope) of every history that matches."""
    history = History(reader=broker.reader, archive=broker.archive)
    parts = wanted.alternatives or (wanted,)
    heads: dict[int, Json] = {
        key: head
        for part in parts
        for key, head in history.heads(tenant=tenant, types=part.types, ids=part.ids)
        if part.pattern is None or part.pattern.found_in(head["id"])
    }
    found = []
    for key, head in sorted(heads.items()):
        span = scoping.unlimited(span=how.span, scoped=wanted.scope is not None)
        attrs = {iri: history.instances(key=key, attr=attr, span=span) for attr, iri in history.attributes(key=key)}
        if how.form.datasets is not None:
            datasets = how.form.datasets
            attrs = {i: [x for x in v if x.get("datasetId", "@none") in datasets] for i, v in attrs.items()}
        scopes = scoping.evolution_of(history=history, key=key, head=head)
        if wanted.scope is not None:
            attrs = scoping.within_scope(instances=scopes, attrs=attrs, wanted=wanted.scope, span=how.span)
        attrs = {iri: instances for iri, instances in attrs.items() if instances}
        entity = {**head, "attrs": attrs}
        rest = Wanted(tenant=tenant, attributes=wanted.attributes, q=wanted.q, geo=wanted.geo)
        if attrs and broker.reader.judge(wanted=rest, entity=entity):
            chosen = {i: v for i, v in attrs.items() if not wanted.attributes or i in (*wanted.attributes, SCOPE)}
            found.append((head, chosen, scopes))
    return found


async def post_query(broker: Broker, request: Request) -> Answer:
    """POST /temporal/entityOperations/query."""
    from dajing.domains.context.broker.batch import selected

    request.only(("limit", "offset", "count", "options", "format", "local", "lang", *TIMES))
    body, context, source = await writing(request, broker.contexts)
    meta = await reading(request, broker.contexts)
    meta = Meta(context=context, source=source or meta.source, media=meta.media)
    given = query_document(body, temporal=True)
    temporal = given.pop("temporalQ", None)
    if not isinstance(temporal, dict):
        raise BadRequestData("A temporal query needs temporalQ.")
    for name in ("options", "format", "lang", "local"):
        if name in request.parameters:
            given.setdefault(name, request.parameters[name])
    given["wanted"] = selected(given, meta, tenant=request.tenant, lenient=broker.lenient)
    aggregation = given.pop("aggrParams", None) or {}
    merged = {**given, **temporal, **aggregation}
    if "aggrMethods" in merged or "aggrPeriodDuration" in merged:
        merged["format"] = "aggregatedValues"
    return await _query(broker, request, meta, merged)
