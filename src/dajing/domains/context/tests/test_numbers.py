"""Numbers beyond what a machine holds: refused or left out, never an internal error and never null."""

from __future__ import annotations

import httpx
import pytest

DIGITS = "9" * 5_000


@pytest.mark.parametrize(
    "address",
    [
        f"/entities?type=T&q=a=={DIGITS}", f"/entities?type=T&limit={DIGITS}", f"/entities?type=T&offset={DIGITS}",
        f"/entities?type=T&join=inline&joinLevel={DIGITS}", f"/temporal/entities/urn:x:1?lastN={DIGITS}",
        f"/temporal/entities/urn:x:1?options=aggregatedValues&aggrMethods=sum&aggrPeriodDuration=P{DIGITS}D",
    ],
)  # fmt: skip
async def test_a_number_of_thousands_of_digits_is_refused(city: httpx.AsyncClient, address: str) -> None:
    await city.post("/entities", json={"id": "urn:x:1", "type": "T", "a": 1})
    answer = await city.get(address)
    assert answer.status_code == 400, answer.text


async def test_an_aggregate_beyond_a_double_is_left_out_and_the_others_are_given(city: httpx.AsyncClient) -> None:
    values = (1e308, 1e308, 10**400, -(10**400))
    power = [
        {"type": "Property", "value": value, "observedAt": f"2026-01-01T00:00:0{n}Z"} for n, value in enumerate(values)
    ]
    assert (await city.post("/temporal/entities", json={"id": "urn:x:1", "type": "T", "power": power})).is_success
    for time in ({}, {"timerel": "after", "timeAt": "2025-01-01T00:00:00Z", "aggrPeriodDuration": "PT2S"}):
        query = {"options": "aggregatedValues", "aggrMethods": "sum,avg,min,max,stddev,sumsq,totalCount", **time}
        answer = await city.get("/temporal/entities/urn:x:1", params=query)
        assert answer.status_code == 200, answer.text
        found = answer.json()["power"]
        assert sum(count for count, *_ in found["totalCount"]) == 4
        assert all(value is not None for method in ("sum", "avg", "min", "max", "sumsq") for value, *_ in found[method])


async def test_the_latest_n_are_aggregated_in_the_order_of_time(city: httpx.AsyncClient) -> None:
    times = ("2024-01-31", "2024-02-29", "2024-03-31", "2025-02-28")
    power = [{"type": "Property", "value": n, "observedAt": f"{day}T00:00:00Z"} for n, day in enumerate(times, 1)]
    assert (await city.post("/temporal/entities", json={"id": "urn:x:1", "type": "T", "power": power})).is_success
    query = {
        "options": "aggregatedValues", "aggrMethods": "sum", "aggrPeriodDuration": "P1M", "lastN": 2,
        "timerel": "after", "timeAt": "2024-01-01T00:00:00Z",
    }  # fmt: skip
    found = (await city.get("/temporal/entities/urn:x:1", params=query)).json()["power"]["sum"]
    assert found == [
        [3.0, "2024-03-01T00:00:00Z", "2024-04-01T00:00:00Z"], [4.0, "2025-02-01T00:00:00Z", "2025-03-01T00:00:00Z"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("geometry", "coordinates"),
    [("Point", "[179.9995,0]"), ("Point", "[-179.9995,0]"), ("LineString", "[[179.999,0],[179.9995,0]]")],
)
async def test_what_is_near_is_near_across_the_date_line_whatever_its_shape(
    city: httpx.AsyncClient, geometry: str, coordinates: str
) -> None:
    shapes = {
        "west": {"type": "Point", "coordinates": [-179.999, 0]}, "east": {"type": "Point", "coordinates": [179.999, 0]},
        "line": {"type": "LineString", "coordinates": [[-179.999, 0.001], [-179.99, 0.001]]},
        "far": {"type": "LineString", "coordinates": [[-179.9, 0.001], [-179.8, 0.001]]},
    }  # fmt: skip
    for name, shape in shapes.items():
        await city.post("/entities", json={"id": f"urn:x:{name}", "type": "T", "location": shape})
    query = {"type": "T", "georel": "near;maxDistance==1000", "geometry": geometry, "coordinates": coordinates}
    found = {entity["id"] for entity in (await city.get("/entities", params=query)).json()}
    assert found == {"urn:x:west", "urn:x:east", "urn:x:line"}
