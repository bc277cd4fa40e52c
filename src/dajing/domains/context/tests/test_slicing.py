"""A temporal answer that would be too long is cut at a time, and the next one goes on from there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx

from dajing.domains.context.broker.state import Broker

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def _text(minute: int) -> str:
    return (NOW + timedelta(minutes=minute)).isoformat().replace("+00:00", "Z")


async def _fill(city: httpx.AsyncClient) -> None:
    for number in (1, 2):
        rows = {
            name: [{"type": "Property", "value": m, "observedAt": _text(m)} for m in range(first, first + 10)]
            for name, first in (("speed", 0), ("fuel", 20))
        }
        body = {"id": f"urn:x:{number}", "type": "Vehicle", **rows}
        assert (await city.post("/temporal/entities", json=body)).status_code == 201


async def test_a_whole_answer_is_200_and_a_cut_one_names_the_range_that_it_covers(
    city: httpx.AsyncClient, broker: Broker
) -> None:
    await _fill(city)
    whole = await city.get("/temporal/entities/urn:x:1")
    assert whole.status_code == 200 and "content-range" not in whole.headers
    broker.most_instances = 12
    first = await city.get("/temporal/entities/urn:x:1")
    assert first.status_code == 206
    assert first.headers["content-range"] == f"date-time {_text(0)}-{_text(21)}/*"
    assert (len(first.json()["speed"]), len(first.json()["fuel"])) == (10, 2)
    latest = await city.get("/temporal/entities/urn:x:1", params={"lastN": 10})
    assert latest.headers["content-range"] == f"date-time {_text(29)}-{_text(8)}/10"
    assert latest.json()["speed"][0]["value"] == 9 and len(latest.json()["fuel"]) == 10


async def test_going_on_from_the_end_of_each_range_gives_every_instance(
    city: httpx.AsyncClient, broker: Broker
) -> None:
    await _fill(city)
    broker.most_instances = 7
    seen: set[tuple[str, int]] = set()
    since = _text(-1)
    for _ in range(20):
        answer = await city.get("/temporal/entities/urn:x:2", params={"timerel": "after", "timeAt": since})
        body = answer.json()
        seen |= {(name, i["value"]) for name in ("speed", "fuel") for i in body.get(name, [])}
        if answer.status_code == 200:
            break
        since = answer.headers["content-range"].partition("Z-")[2].partition("/")[0]
    assert seen == {("speed", m) for m in range(10)} | {("fuel", m) for m in range(20, 30)}


async def test_a_query_over_entities_is_cut_at_one_time_for_all(city: httpx.AsyncClient, broker: Broker) -> None:
    await _fill(city)
    broker.most_instances = 10
    parameters = {"type": "Vehicle", "timerel": "after", "timeAt": _text(-5), "options": "temporalValues"}
    answer = await city.get("/temporal/entities", params=parameters)
    assert answer.status_code == 206
    assert answer.headers["content-range"] == f"date-time {_text(-5)}-{_text(4)}/*"
    assert [len(entity["speed"]["values"]) for entity in answer.json()] == [5, 5]
