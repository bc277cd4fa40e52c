"""Whatever index leads, a query finds exactly what a look at every entity finds; plain input is read as any other."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dajing.domains.context.ngsi import geoquery, merge, query, quick, selection
from dajing.domains.context.ngsi.context import core
from dajing.domains.context.ngsi.errors import Problem
from dajing.domains.context.ngsi.forms import LOCATION, Form, render
from dajing.domains.context.ngsi.model import Reader as Model
from dajing.domains.context.store.plan import plan
from dajing.domains.context.store.reader import Reader
from dajing.domains.context.store.schema import Location
from dajing.domains.context.store.wanted import Wanted
from dajing.domains.context.store.writer import Writer
from dajing.domains.context.tests.conftest import fresh

type Json = dict[str, Any]
AT = "2026-03-01T00:00:00.000Z"
NUMBERS = [0, 1, 1.0, -3.5, 450, 2**53, 2**60, True, [1, 450], {"@type": "xsd:int", "@value": 450}]
WORDS = ["on", "off", ["on", "off"], "2026-03-01T00:00:00Z", "x" * 400]


def _entity(n: int, rng: random.Random) -> Json:
    body: Json = {"id": f"urn:x:{n}", "type": rng.choice(["Lamp", "Bin", ["Lamp", "Device"]])}
    if rng.random() < 0.8:
        body["power"] = {"type": "Property", "value": rng.choice(NUMBERS)}
    if rng.random() < 0.8:
        body["state"] = {"type": "Property", "value": rng.choice(WORDS)}
    if rng.random() < 0.3:
        body["name"] = {"type": "LanguageProperty", "languageMap": {"zh": "灯", "en": "on"}}
    if rng.random() < 0.3:
        body["area"] = {"type": "Relationship", "object": f"urn:x:area:{n % 3}"}
    east, north = rng.uniform(-180, 180), rng.uniform(-80, 80)
    if rng.random() < 0.5:
        east, north = rng.uniform(114, 115), rng.uniform(40, 41)
    if rng.random() < 0.8:
        body["location"] = {"type": "Point", "coordinates": [east, north]}
    elif rng.random() < 0.7:
        side = rng.choice([0.001, 0.05, 3.0])
        ring = [[east, north], [east + side, north], [east + side, north + side], [east, north]]
        if max(p[0] for p in ring) < 180:
            body["location"] = {"type": "Polygon", "coordinates": [ring]}
    return body


QUERIES = (
    "power>1", "power>=450", "power<0", "power<=1", "power==450", "power==0..450", "power==true", 'state=="on"',
    'state=="2026-03-01T00:00:00Z"', "state", "!state", 'state!="on"', 'state~="o.*"', 'name=="on"', 'name=="灯"',
    "area==urn:x:area:1", 'power>0;state=="on"', 'power>0|state=="on"', f"power=={2**53}", 'name[zh]=="灯"',
)  # fmt: skip
SQUARE = "[[[114.2,40.2],[114.8,40.2],[114.8,40.8],[114.2,40.8],[114.2,40.2]]]"
BOTH = pytest.param("Lamp", marks=pytest.mark.store_both)  # a part of the cases, since the server is slower
PLACES = (
    ("near;maxDistance==20000", "Point", "[114.5,40.5]"),
    ("near;minDistance==20000", "Point", "[114.5,40.5]"),
    ("near;maxDistance==2000000", "Point", "[179.9,10]"),
    ("near;maxDistance==9000000", "Point", "[0,85]"),
    ("near;maxDistance==30000", "Polygon", SQUARE),
    ("within", "Polygon", SQUARE),
    ("intersects", "Polygon", SQUARE),
    ("disjoint", "Polygon", SQUARE),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Location:
    path = fresh(tmp_path_factory.mktemp("plan"))
    rng, number = random.Random(4), 300 if isinstance(path, str) else 1500
    entities = [merge.created(Model(context=core()).entity(_entity(n, rng)), at=AT) for n in range(number)]

    async def fill() -> None:
        writer = Writer(path=path, committed=lambda *_: None)
        await writer.start()
        await writer.submit(lambda tx: [tx.create("", entity) for entity in entities])
        await writer.stop()

    asyncio.run(fill())
    return path


def _all(reader: Reader, wanted: Wanted) -> list[str]:
    """The oracle: every entity of the store, judged by the rules alone."""
    rows = reader.connection.execute("SELECT doc FROM entity ORDER BY k")
    return [e["id"] for (doc,) in rows if reader.judge(wanted=wanted, entity=(e := msgspec.json.decode(doc)))]


@pytest.mark.parametrize("types", [None, BOTH, "Lamp,Bin", "(Lamp;Device)", "Unknown"])
@pytest.mark.parametrize("text", [None, *QUERIES])
def test_a_query_by_type_and_value_finds_what_a_look_at_every_entity_finds(
    store: Location, types: str | None, text: str | None
) -> None:
    wanted = Wanted(
        types=selection.parse(text=types, context=core()) if types else None,
        q=query.parse(text=text, context=core()) if text else None,
    )
    reader = Reader(path=store)
    assert [e["id"] for e in reader.find(wanted=wanted)] == _all(reader, wanted)
    page, total, more = reader.page(wanted=wanted, offset=3, limit=5, count=True)
    expected = _all(reader, wanted)
    assert total == len(expected)
    assert [msgspec.json.decode(d)["id"] for d in page] == expected[3:8]
    assert more is (len(expected) > 8)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("types", [None, "Lamp"])
@pytest.mark.parametrize("many", [0.0, pytest.param(6.0, marks=pytest.mark.store_both), 1e6])
def test_a_geo_query_finds_the_same_whichever_condition_leads(
    store: Location, place: tuple[str, str, str], types: str | None, many: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dajing.domains.context.store.plan.MANY", many)
    georel, geometry, coordinates = place
    geo = geoquery.parse(georel=georel, geometry=geometry, coordinates=coordinates, attribute=LOCATION)
    wanted = Wanted(geo=geo, types=selection.parse(text=types, context=core()) if types else None)
    reader = Reader(path=store)
    found = [e["id"] for e in reader.find(wanted=wanted)]
    assert found == _all(reader, wanted)
    assert found


def test_a_selective_value_leads_and_an_unselective_one_is_tested(store: Location) -> None:
    reader = Reader(path=store)
    lamp = selection.parse(text="Lamp", context=core())

    def first(text: str) -> str:
        wanted = Wanted(types=lamp, q=query.parse(text=text, context=core()))
        return plan(wanted=wanted, term=reader.term, connection=reader.connection).first

    assert "FROM number" in first("power==-3.5")
    assert "FROM kind" in first("power>=0")


_VALUES = st.one_of(
    st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False), st.booleans(),
    st.sampled_from(["on", "urn:ngsi-ld:null", "", "urn:x:1", None]), st.just({"type": "Point", "coordinates": [1, 2]}),
    st.just({"type": "Point", "coordinates": [1, 200]}), st.just([1, 2]),
)  # fmt: skip
_MEMBERS = st.dictionaries(
    st.sampled_from(["type", "value", "object", "observedAt", "unitCode", "datasetId", "colour"]),
    st.one_of(_VALUES, st.sampled_from(["Property", "Relationship", "GeoProperty", "2026-03-01T00:00:00Z", "P1"])),
    max_size=4,
)


@given(attribute=_MEMBERS, name=st.sampled_from(["power", "location", "ngsildproof"]), patch=st.booleans())
def test_a_plain_attribute_is_read_merged_and_shown_as_by_the_general_way(
    attribute: Json, name: str, patch: bool
) -> None:
    def outcome(quickly: bool) -> Any:
        context = core()
        context.plain_names.clear()
        try:
            model = Model(context=context, patch=patch)
            if quickly:
                model.attribute(name, {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [1, 2]}})
            return model.attribute(name, attribute)
        except Problem as error:
            return type(error)

    general, fast = outcome(False), outcome(True)
    assert repr(fast) == repr(general)
    if isinstance(general, tuple) and "type" in general[1][0]:
        instance = merge.stamp(general[1][0], at=AT)
        entity = {"id": "urn:x:1", "type": ["T"], "attrs": {general[0]: [instance]}}
        shown = render(entity=entity, form=Form(context=core()))
        plain = quick.shown_plain([instance])
        if plain is not None:
            assert shown[core().compact(general[0])] == plain
            whole = render(entity=entity, form=Form(context=core(), attributes=frozenset([general[0]])))
            assert whole == shown
