"""Bad input and bad days: a problem document each time, nothing half-written, nobody else slowed."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from dajing.domains.context.broker import state
from dajing.domains.context.broker.app import Application
from dajing.domains.context.broker.state import Broker

LAMP = {"id": "urn:x:lamp", "type": "Lamp", "power": 1}
JSON = {"Content-Type": "application/json"}
BODIES = (
    b"", b"{", b"null", b"[]", b'"text"', b"\xff\xfe", b'{"id": "urn:x:1"}', b'{"id": 1, "type": "T"}',
    b'{"id": "no uri", "type": "T"}', b'{"id": "urn:x:1", "type": {"a": 1}}', b'{"id": "urn:x:1", "type": []}',
    b'{"id": "urn:x:1", "type": "T", "p": null}', b'{"id": "urn:x:1", "type": "T", "p": {"type": ["Property"]}}',
    b'{"id": "urn:x:1", "type": "T", "p": {"type": "Property", "value": 1, "observedAt": "yesterday"}}',
    b'{"id": "urn:x:1", "type": "T", "location": {"type": "Point", "coordinates": [181, 95]}}',
    b'{"id": "urn:x:1", "type": "T", "location": {"type": "Polygon", "coordinates": [[[0,0],[1,1]]]}}',
    b'{"id": "urn:x:1", "type": "T", "p": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    b'{"id": "urn:x:1", "type": "T", "p": ' + b'{"q":' * 300 + b"1" + b"}" * 300 + b"}",
    b"[" * 100_000,
)  # fmt: skip


@pytest.mark.parametrize("number", range(len(BODIES)))
async def test_a_body_that_is_no_entity_is_a_problem_document_and_changes_nothing(
    city: httpx.AsyncClient, number: int
) -> None:
    answer = await city.post("/entities", content=BODIES[number], headers=JSON)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert (await city.get("/types")).json()["typeList"] == []


@pytest.mark.parametrize(
    "query",
    [
        "type=T&q=" + "(" * 500, "type=T&q=a~=((((a%2B)%2B)%2B", "type=T&georel=near&geometry=Point&coordinates=[1,2]",
        "type=T&georel=within&geometry=Polygon&coordinates=" + "[" * 900, "type=T&limit=-1", "type=T&limit=1e3",
        "type=T&scopeQ=%00", "type=T&idPattern=(((((", "type=%22", "type=T&orderBy=;;;", "type=T&pick={{{{",
        "type=T&lang=" + "a" * 5000, "unknown=1&type=T",
    ],
)  # fmt: skip
async def test_a_query_that_makes_no_sense_is_never_an_internal_error(city: httpx.AsyncClient, query: str) -> None:
    await city.post("/entities", json=LAMP | {"type": "T"})
    answer = await city.get(f"/entities?{query}")
    assert answer.status_code in (200, 400), answer.text


async def test_a_body_of_ten_megabytes_is_taken_or_refused_and_delays_nobody(city: httpx.AsyncClient) -> None:
    many = [{"id": f"urn:x:{n}", "type": "T", "text": "x" * 2_000} for n in range(4_900)]
    body = json.dumps(many).encode()
    assert 9_000_000 < len(body) < 16 * 1024 * 1024
    big = asyncio.create_task(city.post("/entityOperations/upsert", content=body, headers=JSON))
    await asyncio.sleep(0)
    assert (await city.post("/entities", json=LAMP)).status_code == 201
    assert (await big).status_code == 201
    over = await city.post("/entities", content=b"x" * (17 * 1024 * 1024), headers=JSON)
    assert over.status_code == 413


async def test_a_full_disk_is_said_so_and_what_was_acknowledged_stays(tmp_path: Path) -> None:
    broker = Broker(path=tmp_path / "live.db", clock=lambda: datetime.now(UTC))
    await broker.start()
    transport = httpx.ASGITransport(app=Application(broker=broker))
    async with httpx.AsyncClient(transport=transport, base_url="http://broker/ngsi-ld/v1") as client:
        assert (await client.post("/entities", json=LAMP)).status_code == 201
        # SQLite reports a full disk by the same error as when its own bound of pages is reached
        pages = broker.reader.connection.pragma("page_count")
        await broker.write(lambda tx: tx._connection.pragma("max_page_count", pages + 2))
        statuses = []
        for n in range(40):
            body = {"id": f"urn:x:{n}", "type": "T", "text": "x" * 4_000}
            statuses.append((await client.post("/entities", json=body)).status_code)
        assert 507 in statuses
        assert (await client.get("/entities/urn:x:lamp")).status_code == 200
        await broker.write(lambda tx: tx._connection.pragma("max_page_count", 1_000_000))
        assert (await client.post("/entities", json=LAMP | {"id": "urn:x:after"})).status_code == 201
        kept = [n for n, status in enumerate(statuses) if status == 201]
        for n in kept:
            assert (await client.get(f"/entities/urn:x:{n}")).status_code == 200
        found = await client.get("/entities", params={"type": "T", "limit": 0, "count": "true"})
        assert int(found.headers["ngsild-results-count"]) == len(kept)
    await broker.stop()


async def test_a_disk_that_fills_up_within_a_large_batch_is_told_entity_by_entity(tmp_path: Path) -> None:
    broker = Broker(path=tmp_path / "live.db", clock=lambda: datetime.now(UTC))
    await broker.start()
    transport = httpx.ASGITransport(app=Application(broker=broker))
    async with httpx.AsyncClient(transport=transport, base_url="http://broker/ngsi-ld/v1") as client:
        text = {"type": "Property", "value": "x" * 200}
        many = [{"id": f"urn:x:{n}", "type": "T", "text": text} for n in range(1_000)]
        assert (await client.post("/entityOperations/upsert", json=many[:1])).status_code == 201
        pages = broker.reader.connection.pragma("page_count")
        await broker.write(lambda tx: tx._connection.pragma("max_page_count", pages + 150))
        answer = await client.post("/entityOperations/upsert", json=many)
        assert answer.status_code == 207
        written = set(answer.json()["success"])
        assert 0 < len(written) < 1_000
        assert {e["entityId"] for e in answer.json()["errors"]} == {e["id"] for e in many} - written
        assert {e["error"]["status"] for e in answer.json()["errors"]} == {507}
        await broker.write(lambda tx: tx._connection.pragma("max_page_count", 1_000_000))
        found = await client.get("/entities", params={"type": "T", "limit": 1_000})
        assert {e["id"] for e in found.json()} == written
    await broker.stop()


async def test_a_clock_that_jumps_back_loses_nothing_and_wakes_nothing(tmp_path: Path) -> None:
    now = [datetime(2026, 3, 1, tzinfo=UTC)]
    broker = Broker(path=tmp_path / "live.db", clock=lambda: now[0])
    await broker.start()
    transport = httpx.ASGITransport(app=Application(broker=broker))
    async with httpx.AsyncClient(transport=transport, base_url="http://broker/ngsi-ld/v1") as client:
        assert (await client.post("/entities", json=LAMP)).status_code == 201
        now[0] -= timedelta(days=400)
        patch = {"power": {"value": 2}}
        assert (await client.patch("/entities/urn:x:lamp/attrs", json=patch)).status_code == 204
        now[0] += timedelta(days=4000)
        patch = {"power": {"value": 3}}
        assert (await client.patch("/entities/urn:x:lamp/attrs", json=patch)).status_code == 204
        shown = (await client.get("/entities/urn:x:lamp", params={"options": "keyValues"})).json()
        assert shown["power"] == 3
        history = await client.get("/temporal/entities/urn:x:lamp", params={"options": "temporalValues"})
        assert sorted(value for value, _ in history.json()["power"]["values"]) == [1, 2, 3]
    await broker.stop()


async def test_a_clock_that_is_set_back_a_little_never_makes_a_later_change_look_earlier(tmp_path: Path) -> None:
    now = [datetime(2026, 3, 1, 12, tzinfo=UTC)]
    broker = Broker(path=tmp_path / "live.db", clock=lambda: now[0])
    await broker.start()
    transport = httpx.ASGITransport(app=Application(broker=broker))
    async with httpx.AsyncClient(transport=transport, base_url="http://broker/ngsi-ld/v1") as client:
        await client.post("/entities", json=LAMP)
        seen = []
        for seconds in (60, -90, 10, 600):
            now[0] += timedelta(seconds=seconds)
            await client.patch("/entities/urn:x:lamp/attrs", json={"power": {"value": seconds}})
            shown = (await client.get("/entities/urn:x:lamp", params={"options": "sysAttrs"})).json()
            seen.append(shown["power"]["modifiedAt"])
        assert seen == ["2026-03-01T12:01:00.000Z"] * 3 + ["2026-03-01T12:09:40.000Z"]
        query = {"options": "temporalValues", "timeproperty": "modifiedAt"}
        history = (await client.get("/temporal/entities/urn:x:lamp", params=query)).json()
        assert [value for value, _ in history["power"]["values"]] == [1, 60, -90, 10, 600]
    await broker.stop()


async def test_an_observation_of_the_far_future_hides_none_of_the_present(city: httpx.AsyncClient) -> None:
    times = ("2026-03-01T00:00:00Z", "2999-01-01T00:00:00Z", "2026-03-01T01:00:00Z")
    for n, at in enumerate(times):
        body = [{**LAMP, "power": {"type": "Property", "value": n, "observedAt": at}}]
        assert (await city.post("/entityOperations/upsert", json=body)).status_code in (201, 204)
    assert (await city.get("/entities/urn:x:lamp", params={"options": "keyValues"})).json()["power"] == 2
    query = {"options": "temporalValues", "timerel": "between", "timeAt": times[0], "endTimeAt": "2026-03-02T00:00:00Z"}
    found = (await city.get("/temporal/entities/urn:x:lamp", params=query)).json()
    assert [value for value, _ in found["power"]["values"]] == [0, 2]
    query = {"options": "aggregatedValues", "aggrMethods": "max", "aggrPeriodDuration": "PT1H", "timerel": "after"}
    whole = (await city.get("/temporal/entities/urn:x:lamp", params={**query, "timeAt": times[0]})).json()
    assert [value for value, *_ in whole["power"]["max"]] == [0, 2, 1]


@pytest.mark.parametrize("place", ["csourceRegistrations", "csourceSubscriptions"])
async def test_other_sources_are_none_and_registering_one_is_refused(city: httpx.AsyncClient, place: str) -> None:
    assert (await city.get(f"/{place}", params={"type": "Vehicle"})).json() == []
    assert (await city.get(f"/{place}", headers={"Accept": "text/turtle"})).status_code == 406
    refused = await city.post(f"/{place}", json={"id": "urn:x:csr", "type": "ContextSourceRegistration"})
    assert (refused.status_code, refused.json()["type"]) == (
        422, "https://uri.etsi.org/ngsi-ld/errors/OperationNotSupported",
    )  # fmt: skip


async def test_an_empty_segment_is_no_name(city: httpx.AsyncClient) -> None:
    place = "/temporal/entities/urn:x:1/attrs//urn:x:instance"
    assert (await city.patch(place, json={})).status_code == 405
    assert (await city.delete(place)).status_code == 400


async def test_a_lenient_broker_tells_errors_in_the_json_that_a_client_accepts(
    city: httpx.AsyncClient, broker: Broker
) -> None:
    plain, any_kind = {"Accept": "application/ld+json, application/json"}, {"Accept": "*/*"}
    strict = await city.get("/entities/urn:x:none", headers=plain)
    broker.lenient = True
    met = await city.get("/entities/urn:x:none", headers=plain)
    usual = await city.get("/entities/urn:x:none", headers=any_kind)
    types = [answer.headers["content-type"] for answer in (strict, met, usual)]
    assert types == ["application/problem+json", "application/json", "application/problem+json"]
    assert strict.json() == met.json()


async def test_a_query_that_takes_too_long_is_given_up_and_said_so(
    city: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [{"id": f"urn:x:{n}", "type": "T", "n": n, "text": "x" * 50} for n in range(2_000)]
    assert (await city.post("/entityOperations/upsert", json=many)).status_code == 201
    slow = "/entities?type=T&orderBy=n&q=text~=.*y"
    assert (await city.get(slow)).json() == []
    monkeypatch.setattr(state, "LONGEST", 0.001)
    monkeypatch.setattr(state, "LOOKS", 10)
    monkeypatch.setattr(state, "STEPS", 10)
    answer = await city.get(slow)
    assert answer.status_code == 403
    assert answer.json()["type"] == "https://uri.etsi.org/ngsi-ld/errors/TooComplexQuery"
    assert (await city.get("/entities/urn:x:7")).json()["n"]["value"] == 7
