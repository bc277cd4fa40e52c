"""Typed records and the general way give the same: reading, changing, index rows, history."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dajing.domains.context.ngsi import merge, plain
from dajing.domains.context.ngsi.context import core
from dajing.domains.context.ngsi.errors import Problem
from dajing.domains.context.ngsi.model import Reader as Model
from dajing.domains.context.store.index import rows
from dajing.domains.context.store.schema import Location
from dajing.domains.context.store.transaction import Transaction
from dajing.domains.context.store.writer import Writer
from dajing.domains.context.tests.conftest import fresh

type Json = dict[str, Any]
NAMES = ["power", "state", "area", "location", "name"]
VALUES = st.one_of(
    st.sampled_from([0, 1, 1.0, True, False, -0.0, 2**53 + 1, 2**70, "on", "off", "", "x" * 300, "urn:ngsi-ld:null"]),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
)
TIMES = st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-02T00:00:00.5Z", "2026-01-02T08:00:00+08:00", "soon", 5])
EXTRAS = st.fixed_dictionaries(
    {},
    optional={
        "observedAt": TIMES,
        "unitCode": st.sampled_from(["WTT", 3, "urn:ngsi-ld:null"]),
        "datasetId": st.just("urn:d:1"),
        "createdAt": st.just("2020-01-01T00:00:00Z"),
        "accuracy": st.just({"type": "Property", "value": 2}),
    },
)
PLAIN = st.fixed_dictionaries({}, optional={"observedAt": TIMES, "unitCode": st.just("WTT")})
NUMBERS = st.one_of(st.integers(-200, 200), st.floats(-200, 200), st.just(True))


def _attributes() -> st.SearchStrategy[Any]:
    def of(kind: str, member: str, value: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        base = st.fixed_dictionaries({"type": st.just(kind), member: value})
        return st.tuples(base, st.one_of(PLAIN, EXTRAS)).map(lambda pair: {**pair[0], **pair[1]})

    point = st.lists(NUMBERS, min_size=1, max_size=3).map(lambda c: {"type": "Point", "coordinates": c})
    line = st.just({"type": "LineString", "coordinates": [[114, 40], [115, 41]]})
    return st.one_of(
        of("Property", "value", VALUES),
        of("Property", "value", st.lists(st.integers(), max_size=2)),
        of("Relationship", "object", st.sampled_from(["urn:x:1", "no uri", "urn:ngsi-ld:null", 7])),
        of("GeoProperty", "value", st.one_of(point, point, line)),
        of("LanguageProperty", "languageMap", st.just({"zh": "灯"})),
        VALUES,
    )


ENTITIES = st.builds(
    lambda head, attrs: {**head, **attrs},
    st.fixed_dictionaries(
        {
            "id": st.sampled_from(["urn:x:1", "urn:x:2", "no uri", 5]),
            "type": st.sampled_from(["Lamp", "Lamp", "Bin", ["Lamp", "Bin"], "bad name"]),
        },
        optional={"scope": st.just("/a")},
    ),
    st.dictionaries(st.sampled_from([*NAMES, "bad name", "unitCode"]), _attributes(), max_size=4),
)


def _taught() -> Any:
    """The core, with the names known that a broker has read once."""
    context = core()
    for kind in ("Lamp", "Bin"):
        Model(context=context).entity({"id": "urn:x:0", "type": kind, **dict.fromkeys(NAMES[:3], 1), "name": "n"})
    Model(context=context).entity(
        {"id": "urn:x:0", "type": "Bin", "location": {"type": "Point", "coordinates": [1, 2]}}
    )
    return context


def _general(item: Any) -> Json | None:
    try:
        return Model(context=core()).entity(item)
    except Problem:
        return None


@settings(max_examples=400)
@given(st.lists(ENTITIES, min_size=1, max_size=3))
def test_what_is_read_as_a_record_is_what_the_general_way_reads(items: list[Json]) -> None:
    body = json.dumps(items).encode()
    found = plain.batch(body=body, context=_taught())
    assert len(found) == len(items)
    for read, item in zip(found, items, strict=True):
        if isinstance(read, plain.Fragment):
            assert plain.opened(fragment=read) == _general(item)
        else:
            assert _general(msgspec.json.decode(read)) == _general(item)


def _fragment(rng: random.Random, identifier: str) -> Json:
    """A plain entity of some attributes, as a sensor would send it."""
    body: Json = {"id": identifier, "type": "Lamp"}
    if rng.random() < 0.7:
        body["power"] = {"type": "Property", "value": rng.choice([1, 1.0, True, "1", 2**60, 3.5])}
    if rng.random() < 0.7:
        at = f"2026-01-0{rng.randint(1, 4)}T00:00:00Z"
        body["level"] = {"type": "Property", "value": rng.randint(0, 3), "observedAt": at, "unitCode": "P1"}
    if rng.random() < 0.5:
        body["area"] = {"type": "Relationship", "object": f"urn:x:area:{rng.randint(1, 2)}"}
    if rng.random() < 0.5:
        place = [114 + rng.random() / 100, 40 + rng.random() / 100]
        body["location"] = {"type": "GeoProperty", "value": {"type": "Point", "coordinates": place}}
    return body


@pytest.mark.parametrize("seed", range(20))
def test_a_change_of_records_is_the_change_of_the_general_way(seed: int) -> None:
    rng, context = random.Random(seed), core()
    model = Model(context=context)
    model.entity({"id": "urn:x:1", "type": "Lamp", "power": 1, "level": 1, "area": 1})
    model.entity({"id": "urn:x:1", "type": "Lamp", "location": {"type": "Point", "coordinates": [1, 2]}})
    record, entity = None, None
    for n in range(12):
        at = f"2026-02-01T00:00:{n:02}.000Z"
        item = _fragment(rng, "urn:x:1")
        (fragment,) = plain.batch(body=json.dumps([item]).encode(), context=context)
        assert isinstance(fragment, plain.Fragment)
        read = model.entity(item)
        if record is None or entity is None:
            change, expected = plain.created(fragment=fragment, at=at), merge.created(read, at=at)
        elif rng.random() < 0.3:
            change, expected = plain.replaced(old=record, fragment=fragment, at=at), merge.replaced(entity, read, at=at)
        else:
            change = plain.put(old=record, fragment=fragment, at=at)
            expected = merge.appended(entity, read, overwrite=True, at=at)[0]
        known = merge.Change(old=entity, new=expected, at=at)
        record, entity = change.after, expected
        assert plain.general(record) == entity
        assert plain.stored(plain.encode(record)) == record
        assert _sorted(change.attributes()) == _sorted(known.attributes())
        assert (change.old, change.new, change.scope()) == (known.old, known.new, known.scope())


def _sorted(attributes: list[Any]) -> list[Any]:
    return sorted(attributes, key=repr)


NAMED = "JOIN term t ON t.n=x.{} JOIN entity e ON e.k=x.k"
TABLES = {
    "kind": f"SELECT t.iri, e.id FROM kind x {NAMED.format('type')}",
    "has": f"SELECT t.iri, e.id FROM has x {NAMED.format('attr')}",
    "number": f"SELECT t.iri, e.id, x.value FROM number x {NAMED.format('attr')}",
    "word": f"SELECT t.iri, e.id, x.value FROM word x {NAMED.format('attr')}",
    "cell": f"SELECT t.iri, e.id, x.cell, x.east, x.north FROM place x {NAMED.format('attr')}",
}
HISTORY = (
    "SELECT c.id, t.iri, i.dataset, i.observed, i.created, i.modified, i.deleted, i.value, i.doc FROM instance i "
    "JOIN chronicle c ON c.k=i.k JOIN term t ON t.n=i.attr"
)


def _generally(tx: Transaction, item: Json, model: Model, at: str, update: bool) -> None:
    entity = model.entity(item)
    present = tx.entity("", entity["id"])
    if present is None:
        tx.create("", merge.created(entity, at=at))
        return
    key, old = present
    new = merge.appended(old, entity, overwrite=True, at=at)[0] if update else merge.replaced(old, entity, at=at)
    tx.change("", key, old, new)


def _by_records(tx: Transaction, item: Json, model: Model, at: str, update: bool) -> None:
    (fragment,) = plain.batch(body=json.dumps([item]).encode(), context=model.context)
    known = tx.record("", item["id"])
    if not isinstance(fragment, plain.Fragment) or (known is None and tx.entity("", item["id"]) is not None):
        _generally(tx, item, model, at, update)
    elif known is None:
        tx.create_plain("", plain.created(fragment=fragment, at=at))
    else:
        way = plain.put if update else plain.replaced
        tx.change_plain("", known[0], way(old=known[1], fragment=fragment, at=at))


def _tell(tx: Transaction) -> dict[str, Any]:
    """Everything that a store holds of entities and of their history, by names."""
    run = tx._connection.execute
    found: dict[str, Any] = {name: sorted(run(sql).fetchall(), key=repr) for name, sql in TABLES.items()}
    found["entity"] = sorted(
        ((i, e, msgspec.json.decode(d)) for i, e, d in run("SELECT id, expires, doc FROM entity")), key=repr
    )
    found["history"] = sorted(((*row[:-1], msgspec.json.decode(row[-1])) for row in run(HISTORY)), key=repr)
    return found


async def _run(store: Location, keep: Any, steps: list[Any], way: Callable[..., None]) -> dict[str, Any]:
    writer = Writer(path=store, committed=lambda *_: None)
    await writer.start()
    model = Model(context=core())
    try:
        await writer.submit(lambda tx: setattr(tx.chronicle, "keep", keep))
        waiting = []
        for at, item, update in steps:
            if item is None:

                def remove(tx: Transaction, at: str = at) -> None:
                    if (present := tx.entity("", "urn:x:1")) is not None:
                        tx.delete("", *present, at)

                waiting.append(writer.submit(remove))
            else:
                waiting.append(
                    writer.submit(lambda tx, i=item, a=at, u=update: way(tx, i, model, a, u))  # type: ignore[misc]
                )
            if len(waiting) >= 5:  # several acts a transaction
                await asyncio.gather(*waiting)
                waiting.clear()
        await asyncio.gather(*waiting)
        return await writer.submit(_tell)
    finally:
        await writer.stop()


@pytest.mark.store_both
@pytest.mark.parametrize("keep", ["observed", "all"])
async def test_the_store_holds_the_same_whichever_way_was_taken(tmp_path: Path, keep: str) -> None:
    for seed in range(6):
        rng = random.Random(seed)
        steps = []
        for n in range(60):
            item: Json | None = _fragment(rng, f"urn:x:{rng.randint(1, 4)}")
            if item and rng.random() < 0.15:  # not plain: the entity leaves the way of records, and may come back
                item["power"] = [
                    {"type": "Property", "value": 1},
                    {"type": "Property", "value": 2, "datasetId": "urn:d:1"},
                ]
            steps.append((f"2026-02-01T00:{n:02}:00.000Z", item if rng.random() > 0.05 else None, rng.random() < 0.7))
        (tmp_path / f"g{seed}").mkdir(exist_ok=True)
        general = await _run(fresh(tmp_path / f"g{seed}"), keep, steps, _generally)
        (tmp_path / f"r{seed}").mkdir(exist_ok=True)
        records = await _run(fresh(tmp_path / f"r{seed}"), keep, steps, _by_records)
        assert records == general
        wanted = {
            (table, iri, identifier, *(() if value is None else value if isinstance(value, tuple) else (value,)))
            for identifier, _, doc in general["entity"]
            for iri, instances in doc["attrs"].items()
            for table, iri, value in rows(iri=iri, instances=instances)
        }
        held = {(table, row[0], row[1], *row[2:]) for table in TABLES if table != "kind" for row in general[table]}
        assert held == wanted
