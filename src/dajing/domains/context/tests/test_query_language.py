"""q (4.9), scopeQ (4.19), geo-queries (4.10): the examples of the clauses, and whatever hypothesis finds."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dajing.domains.context.ngsi import geoquery, projection, query, selection
from dajing.domains.context.ngsi.context import core
from dajing.domains.context.ngsi.errors import BadRequestData, Problem
from dajing.domains.context.ngsi.model import Reader
from dajing.domains.context.ngsi.scope import ScopeQuery

LAMP = Reader(context=core()).entity(
    {
        "id": "urn:ngsi-ld:Streetlight:1",
        "type": "Streetlight",
        "power": {"value": 70, "unitCode": "WTT", "accuracy": 2},
        "address": {"type": "Property", "value": {"city": "张家口", "postcode": None}},
        "colour": {"languageMap": {"zh": "红", "en": "red"}},
        "lit": True,
        "managedBy": {"object": "urn:ngsi-ld:Firm:1"},
        "location": {"type": "Point", "coordinates": [114.88, 40.77]},
        "dateLastSwitchingOn": "2026-01-01T18:00:00Z",
    }
)

pytestmark = pytest.mark.store_both
FIRM = Reader(context=core()).entity({"id": "urn:ngsi-ld:Firm:1", "type": "Firm", "name": "大境"})


def matches(text: str) -> bool:
    node = query.parse(text=text, context=core())
    return query.holds(node=node, entity=LAMP, lookup={"urn:ngsi-ld:Firm:1": FIRM}.get)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("power", True), ("!power", False), ("absent", False), ("power==70", True), ("power!=70", False),
        ("power>=70;power<71", True), ("power>70|lit==true", True), ("power==60..80", True),
        ("power==1,70", True), ("power!=1,70", False), ("power.accuracy==2", True), ('address[city]=="张家口"', True),
        ('address[county]=="x"', False), ('colour[en]=="red"', True), ('colour[*]!="red"', False),
        ('managedBy=="urn:ngsi-ld:Firm:1"', True), ('managedBy>"urn:a"', False), ('managedBy{name}=="大境"', True),
        ('managedBy{Firm:name}=="大境"', True), ('managedBy{Road:name}=="大境"', False),
        ("colour[en]~=^re", True), ("colour[en]!~=^re", False),
        ('dateLastSwitchingOn=="2026-01-01T18:00:00.000Z"', True),
        ("(power==70;lit==false)|(power==70;lit==true)", True), ('power=="70"', False),
    ],
)  # fmt: skip
def test_the_query_language_judges_as_clause_4_9_says(text: str, expected: bool) -> None:
    assert matches(text) is expected


@pytest.mark.parametrize("text", ["", "power==", "==7", "(power==70", "power>1..2", "!power==1", "a~=(", "((((" * 50])
def test_a_malformed_query_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(BadRequestData):
        query.parse(text=text, context=core())


@given(st.text(max_size=80))
def test_no_text_breaks_a_parser_otherwise_than_by_a_refusal(text: str) -> None:
    for parse in (
        lambda: query.parse(text=text, context=core()),
        lambda: selection.parse(text=text, context=core()),
        lambda: ScopeQuery(text=text),
        lambda: projection.parse(text=text, context=core(), what="pick"),
    ):
        try:
            parse()
        except Problem:
            continue


PLAIN = st.none() | st.booleans() | st.floats() | st.text(max_size=5)


@given(st.recursive(PLAIN, lambda v: st.lists(v, max_size=4) | st.dictionaries(st.text(max_size=8), v, max_size=4)))
def test_no_document_breaks_the_reader_of_entities_otherwise_than_by_a_refusal(value: object) -> None:
    try:
        Reader(context=core()).entity({"id": "urn:x:1", "type": "T", "a": value})
    except Problem:
        return


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("/Zhangjiakou", False), ("/Zhangjiakou/Qiaodong", True), ("/Zhangjiakou/#", True), ("/+/Qiaodong", True),
     ("/#", True), ("(/Zhangjiakou/Qiaodong;/A)|/B", False), ("/A,/Zhangjiakou/Qiaodong", True)],
)  # fmt: skip
def test_scope_queries_follow_the_examples_of_clause_4_19(pattern: str, expected: bool) -> None:
    assert ScopeQuery(text=pattern).matches(scopes=["/Zhangjiakou/Qiaodong"]) is expected


def test_a_great_circle_quarter_of_the_meridian_has_the_length_of_a_quarter_circumference() -> None:
    quarter = geoquery.great_circle([0, 0], [0, 90])
    assert quarter == pytest.approx(2 * math.pi * 6_371_008.8 / 4)


def test_near_looks_at_a_line_and_not_at_its_middle() -> None:
    asked = geoquery.parse(
        georel="near;maxDistance==2000", geometry="LineString", coordinates=[[0, 60], [10, 60]], attribute="x"
    )
    assert asked.holds(geometry={"type": "Point", "coordinates": [10, 60.009]})
    assert not asked.holds(geometry={"type": "Point", "coordinates": [10, 60.05]})


@given(st.floats(-179, 179), st.floats(-80, 80), st.floats(1, 50_000), st.floats(0, 360))
def test_the_box_that_prunes_never_loses_a_point_within_the_distance(
    x: float, y: float, metres: float, turn: float
) -> None:
    asked = geoquery.parse(
        georel=f"near;maxDistance=={metres}", geometry="Point", coordinates=[x, y], attribute="location"
    )
    away = metres * 0.99 / geoquery.EARTH
    east = x + math.degrees(away * math.sin(math.radians(turn)) / math.cos(math.radians(y)))
    north = y + math.degrees(away * math.cos(math.radians(turn)))
    box = asked.box
    if asked.holds(geometry={"type": "Point", "coordinates": [east, north]}):
        assert box is not None
        assert box[0] <= east <= box[2]
        assert box[1] <= north <= box[3]
