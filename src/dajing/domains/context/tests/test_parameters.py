"""The URL parameters of ETSI GS CIM 009 V1.9.1: what its tables list is known, and does what its clauses say."""

from __future__ import annotations

import httpx
import pytest

ID = "urn:ngsi-ld:Lamp:1"
LAMP = {"id": ID, "type": "Lamp", "power": 70}
QUERY = "attrs coordinates csf datasetId expandValues geometry geoproperty georel id idPattern jsonKeys lang omit pick"
PAGES = "q scopeQ type entityMap entityMapLifetime splitEntities collation orderBy"
SHOWN = "attrs containedBy datasetId entityMap entityMapLifetime geometryProperty join joinLevel lang omit pick type"
TIMES = "aggrMethods aggrPeriodDuration endTimeAt lastN timeAt timeproperty timerel"
# table, operation, its parameters
TABLES = [
    ("6.4.3.2-1", "GET /entities",
     f"{QUERY} {PAGES} containedBy geometryProperty join joinLevel orderFrom orderGeometry"),
    ("6.4.3.3-1", "DELETE /entities",
     "coordinates csf drop geometry geometryProperty geoproperty georel id idPattern keep q scopeQ type"),
    ("6.5.3.1-1", f"GET /entities/{ID}", SHOWN),
    ("6.5.3.2-1", f"DELETE /entities/{ID}", "type"),
    ("6.5.3.3-1", f"PUT /entities/{ID}", "type"),
    ("6.5.3.4-1", f"PATCH /entities/{ID}", "format lang observedAt options type"),
    ("6.6.3.1-1", f"POST /entities/{ID}/attrs", "options type"),
    ("6.6.3.2-1", f"PATCH /entities/{ID}/attrs", "type"),
    ("6.7.3.1-1", f"PATCH /entities/{ID}/attrs/power", "type"),
    ("6.7.3.2-1", f"DELETE /entities/{ID}/attrs/power", "datasetId deleteAll type"),
    ("6.7.3.3-1", f"PUT /entities/{ID}/attrs/power", "type"),
    ("6.18.3.2-1", "GET /temporal/entities", f"{QUERY} {PAGES} {TIMES}"),
    ("6.19.3.1-1", f"GET /temporal/entities/{ID}", f"attrs datasetId lang omit pick {TIMES}"),
    ("6.21.3.1-1", f"DELETE /temporal/entities/{ID}/attrs/power", "datasetId deleteAll"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "operation", "names"), TABLES, ids=[t for t, _, _ in TABLES])
async def test_every_parameter_of_a_table_is_known(
    city: httpx.AsyncClient, table: str, operation: str, names: str
) -> None:
    verb, _, path = operation.partition(" ")
    unknown = await city.request(verb, path, params={"nonsense": "1"}, json=LAMP)
    assert "Unknown parameters" in unknown.text
    for name in names.split():
        answer = await city.request(verb, path, params={name: "1"}, json=LAMP)
        assert "Unknown parameters" not in answer.text, f"{name} of table {table}"


@pytest.mark.parametrize("verb", ["PUT", "PATCH"])
async def test_an_entity_of_another_type_is_not_the_one_to_be_changed(city: httpx.AsyncClient, verb: str) -> None:
    """Clauses 5.6.17.4 and 5.6.18.4: an entity whose type the selector does not match is not known."""
    await city.post("/entities", json=LAMP)
    change = {"type": "Lamp", "power": 35}
    other = await city.request(verb, f"/entities/{ID}", params={"type": "Bench"}, json=change)
    assert other.status_code == 404
    same = await city.request(verb, f"/entities/{ID}", params={"type": "Bench,Lamp"}, json=change)
    assert same.status_code == 204
    assert (await city.get(f"/entities/{ID}")).json()["power"]["value"] == 35


async def _ordered(city: httpx.AsyncClient, **parameters: str) -> list[str]:
    answer = await city.get("/entities", params={"type": "Lamp", "local": "true", **parameters})
    assert answer.status_code == 200, answer.text
    return [e["id"].rpartition(":")[2] for e in answer.json()]


async def test_distances_are_taken_from_a_line_where_one_is_named(city: httpx.AsyncClient) -> None:
    """Clause 4.23.3, EXAMPLE 10: the reference line, and one lamp on it, one beside it, one far away."""
    for name, place in {"far": [8, 50], "on": [9, 43.5], "beside": [9.1, 43.5]}.items():
        lamp = {"id": f"urn:x:{name}", "type": "Lamp", "location": {"type": "Point", "coordinates": place}}
        assert (await city.post("/entities", json=lamp)).status_code == 201
    line = {"orderFrom": "[[8,40],[9,42],[9,45],[8,40]]", "orderGeometry": "LineString"}
    assert await _ordered(city, orderBy="location;dist-asc", **line) == ["on", "beside", "far"]
    assert await _ordered(city, orderBy="location;dist-desc", **line) == ["far", "beside", "on"]
    no_geometry = {"type": "Lamp", "orderBy": "location;dist-asc", "orderFrom": "[[8,40]]", "orderGeometry": "Circle"}
    assert (await city.get("/entities", params=no_geometry)).status_code == 400


async def test_values_of_mixed_kinds_stand_in_the_order_of_clause_4_23_2(city: httpx.AsyncClient) -> None:
    values = {
        "datetime": {"@type": "DateTime", "@value": "2026-01-01T00:00:00Z"}, "true": True, "false": False,
        "array": [1, 2], "object": {"a": 1}, "text": "abc", "number": 7,
        "date": {"@type": "Date", "@value": "2026-01-01"}, "time": {"@type": "Time", "@value": "12:00:00Z"},
    }  # fmt: skip
    await city.post("/entities", json={"id": "urn:x:absent", "type": "Lamp"})
    for name, value in values.items():
        lamp = {"id": f"urn:x:{name}", "type": "Lamp", "mark": {"type": "Property", "value": value}}
        assert (await city.post("/entities", json=lamp)).status_code == 201
    expected = ["number", "text", "object", "array", "false", "true", "time", "date", "datetime"]
    assert await _ordered(city, orderBy="mark") == [*expected, "absent"]
    assert await _ordered(city, orderBy="mark;desc") == [*reversed(expected), "absent"]
