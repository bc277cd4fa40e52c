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
