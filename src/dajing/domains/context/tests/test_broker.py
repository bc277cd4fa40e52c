"""The broker through its door: what is written is read, found, kept in history, and announced."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import httpx
import pytest

from dajing.domains.context.broker.state import Broker

pytestmark = pytest.mark.store_both

STATION = {
    "id": "urn:ngsi-ld:AirQualityObserved:五金库",
    "type": "AirQualityObserved",
    "pm25": {"type": "Property", "value": 12, "unitCode": "GQ", "observedAt": "2020-03-26T11:00:00Z"},
    "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [114.8935, 40.7688]}},
}
PATH = f"/entities/{STATION['id']}"


async def test_an_entity_comes_back_as_it_was_written(city: httpx.AsyncClient) -> None:
    created = await city.post("/entities", json=STATION)
    assert created.status_code == 201
    assert (await city.get(PATH)).json() == STATION
    assert (await city.get(PATH, params={"options": "keyValues"})).json()["pm25"] == 12
    assert (await city.post("/entities", json=STATION)).status_code == 409


async def test_a_changed_attribute_is_seen_by_the_next_reader_and_both_values_stay_in_history(
    city: httpx.AsyncClient,
) -> None:
    await city.post("/entities", json=STATION)
    await city.get(PATH)
    newer = {"pm25": {"value": 30, "unitCode": "GQ", "observedAt": "2020-03-26T12:00:00Z"}}
    assert (await city.patch(f"{PATH}/attrs", json=newer)).status_code == 204
    assert (await city.get(PATH)).json()["pm25"]["value"] == 30
    history = (await city.get(f"/temporal{PATH}", params={"options": "temporalValues", "attrs": "pm25"})).json()
    assert history["pm25"]["values"] == [[12, "2020-03-26T11:00:00Z"], [30, "2020-03-26T12:00:00Z"]]


async def test_a_late_observation_enters_history_and_leaves_the_present_alone(city: httpx.AsyncClient) -> None:
    await city.post("/temporal/entities", json=STATION)
    late = {"pm25": [{"type": "Property", "value": 99, "observedAt": "2020-03-26T09:00:00Z"}]}
    assert (await city.post(f"/temporal{PATH}/attrs", json=late)).status_code == 204
    assert (await city.get(PATH)).json()["pm25"]["value"] == 12
    values = (await city.get(f"/temporal{PATH}", params={"options": "temporalValues"})).json()["pm25"]["values"]
    assert [v for v, _ in values] == [99, 12]


async def test_queries_by_value_and_place_find_what_the_rules_select(city: httpx.AsyncClient) -> None:
    for n in range(30):
        entity = {
            "id": f"urn:ngsi-ld:Lamp:{n}", "type": "Lamp", "power": n,
            "location": {"type": "Point", "coordinates": [114.0 + n / 100, 40.5]},
        }  # fmt: skip
        assert (await city.post("/entities", json=entity)).status_code == 201
    found = await city.get("/entities", params={"type": "Lamp", "q": "power>=27", "options": "keyValues"})
    assert [e["power"] for e in found.json()] == [27, 28, 29]
    near = {"georel": "near;maxDistance==900", "geometry": "Point", "coordinates": "[114.10,40.5]", "count": "true"}
    nearby = await city.get("/entities", params={"type": "Lamp", "options": "keyValues", **near})
    # a hundredth of a degree of longitude at 40.5° N is 846 m
    assert [e["power"] for e in nearby.json()] == [9, 10, 11]
    assert nearby.headers["ngsild-results-count"] == "3"
    page = await city.get("/entities", params={"type": "Lamp", "limit": 10, "offset": 20})
    assert 'rel="prev"' in page.headers["link"]
    assert 'rel="next"' not in page.headers["link"].partition('rel="prev"')[2]


async def test_one_bad_entity_of_a_batch_harms_only_itself(city: httpx.AsyncClient) -> None:
    batch = [STATION, {"id": "no uri", "type": "X"}, {**STATION, "id": "urn:x:2"}]
    answer = await city.post("/entityOperations/upsert", json=batch)
    assert answer.status_code == 207
    assert answer.json()["success"] == [STATION["id"], "urn:x:2"]
    assert [e["entityId"] for e in answer.json()["errors"]] == ["no uri"]


async def test_a_store_that_is_opened_again_holds_everything_acknowledged(tmp_path: Path, broker: Broker) -> None:
    from dajing.domains.context.store.reader import Reader
    from dajing.domains.context.store.wanted import Wanted

    await broker.write(lambda tx: tx.create("", _stored("urn:x:1")))
    again = Reader(path=broker.path)
    found = list(again.find(wanted=Wanted(types=(frozenset(["urn:T"]),))))
    assert [e["id"] for e in found] == ["urn:x:1"]


async def test_a_query_that_is_cut_off_anywhere_goes_on_beside_and_leaves_no_old_view(
    broker: Broker, city: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dajing.domains.context.broker import state

    if isinstance(broker.path, str):
        pytest.skip("only SQLite is asked on the event loop, where it can be cut off")
    await city.post("/entities", json=STATION)
    near = {"type": "AirQualityObserved", "georel": "near;maxDistance==9000", "geometry": "Point"}
    monkeypatch.setattr(state, "STEPS", 1)
    for n in range(5, 600, 3):  # the time is over after so many steps of SQLite's machine, wherever that is
        looks = itertools.count()
        monkeypatch.setattr(state.time, "perf_counter", lambda n=n, looks=looks: 0.0 if next(looks) < n else 1e9)
        found = await city.get("/entities", params={**near, "coordinates": "[114.9,40.77]"})
        assert [e["id"] for e in found.json()] == [STATION["id"]]
        newer = {"pm25": {"value": n, "observedAt": "2020-03-26T12:00:00Z"}}
        assert (await city.patch(f"{PATH}/attrs", json=newer)).status_code == 204
        assert (await city.get(PATH)).json()["pm25"]["value"] == n


def _stored(identifier: str) -> dict[str, object]:
    at = "2026-01-01T00:00:00.000Z"
    return {"id": identifier, "type": ["urn:T"], "createdAt": at, "modifiedAt": at, "attrs": {}}


async def test_an_act_that_fails_undoes_itself_and_not_its_neighbours(broker: Broker) -> None:
    def failing(tx: object) -> None:
        tx.create("", _stored("urn:x:bad"))  # type: ignore[attr-defined]
        raise ValueError("after the write")

    results = await asyncio.gather(
        broker.write(lambda tx: tx.create("", _stored("urn:x:1"))),
        broker.write(failing),
        broker.write(lambda tx: tx.create("", _stored("urn:x:2"))),
        return_exceptions=True,
    )
    assert isinstance(results[1], ValueError)
    assert broker.reader.entity(tenant="", identifier="urn:x:bad") is None
    assert broker.reader.entity(tenant="", identifier="urn:x:2") is not None


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        (b"{", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"id":"urn:x:1","type":"T","a":' + b'{"b":' * 300 + b"1" + b"}" * 301, "application/json", 400),
        (b'{"id":"urn:x:1","type":"T"}', "application/ld+json", 400),
        (b'{"id":"urn:x:1","type":"T"}', "text/plain", 415),
        (b"x" * (17 * 1024 * 1024), "application/json", 413),
        (b'{"id":"urn:x:1","type":"T","@context":{"a":"b","b":"a"}}', "application/ld+json", 400),
        (b'{"id":"urn:x:1","type":"\xff"}', "application/json", 400),
    ],
)
async def test_bad_input_is_a_problem_document_and_changes_nothing(
    city: httpx.AsyncClient, body: bytes, media: str, status: int
) -> None:
    answer = await city.post("/entities", content=body, headers={"Content-Type": media})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await city.get("/entities/urn:x:1")).status_code == 404


async def test_a_context_that_hangs_is_given_up_and_delays_nobody(city: httpx.AsyncClient, monkeypatch: object) -> None:
    from dajing.domains.context.broker import contexts

    monkeypatch.setattr(contexts, "FETCH_SECONDS", 0.3)  # type: ignore[attr-defined]
    silent = await asyncio.start_server(lambda reader, writer: asyncio.sleep(10), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    entity = {"id": "urn:x:1", "type": "T", "@context": f"http://127.0.0.1:{port}/slow.jsonld"}
    slow = asyncio.create_task(
        city.post("/entities", json=entity, headers={"Content-Type": "application/ld+json"}, timeout=20)
    )
    await asyncio.sleep(0.05)
    assert (await asyncio.wait_for(city.get("/types"), 0.2)).status_code == 200
    answer = await slow
    silent.close()
    assert answer.status_code == 504
    assert answer.json()["type"].endswith("LdContextNotAvailable")


async def test_every_matching_update_is_announced_once_while_a_dead_endpoint_waits(city: httpx.AsyncClient) -> None:
    taken: list[bytes] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            taken.append(await reader.readexactly(length))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    for name, uri in (("live", f"http://127.0.0.1:{port}/n"), ("dead", "http://127.0.0.1:9/n")):
        body = {
            "id": f"urn:ngsi-ld:Subscription:{name}", "type": "Subscription",
            "entities": [{"type": "AirQualityObserved"}], "notification": {"endpoint": {"uri": uri}},
        }  # fmt: skip
        assert (await city.post("/subscriptions", json=body)).status_code == 201
    await city.post("/entities", json=STATION)
    for value in range(50):
        await city.patch(f"{PATH}/attrs", json={"pm25": value})
    async with asyncio.timeout(5):
        while len(taken) < 51:
            await asyncio.sleep(0.02)
    server.close()
    import json

    values = [json.loads(body)["data"][0]["pm25"]["value"] for body in taken]
    assert values == [12, *range(50)]


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


async def test_tenants_do_not_see_each_other(city: httpx.AsyncClient) -> None:
    await city.post("/entities", json=STATION, headers={"NGSILD-Tenant": "huanbao"})
    assert (await city.get(PATH)).status_code == 404
    assert (await city.get(PATH, headers={"NGSILD-Tenant": "huanbao"})).status_code == 200
    assert (await city.get(PATH, headers={"NGSILD-Tenant": "nobody"})).json()["type"].endswith("NonexistentTenant")


async def test_a_context_hosted_here_expands_names_and_may_be_named_by_its_location(city: httpx.AsyncClient) -> None:
    hosted = await city.post("/jsonldContexts", json={"@context": {"Lamp": "https://zjk.example/Lamp"}})
    location = hosted.headers["location"]
    entity = {"id": "urn:x:1", "type": "Lamp", "@context": [location]}
    created = await city.post("/entities", json=entity, headers={"Content-Type": "application/ld+json"})
    assert created.status_code == 201
    assert (await city.get("/entities/urn:x:1")).json()["type"] == "https://zjk.example/Lamp"
    link = f'<{location}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
    assert (await city.get("/entities/urn:x:1", headers={"Link": link})).json()["type"] == "Lamp"
    identifier = location.rpartition("/")[2]
    assert (await city.get(f"/jsonldContexts/{identifier}?details=true")).json()["numberOfHits"] >= 2


async def test_repeated_observations_and_aggregates_are_taken_by_their_time(city: httpx.AsyncClient) -> None:
    observed = [
        {"type": "Property", "value": v, "observedAt": f"2026-01-01T{h:02d}:{m:02d}:00Z"}
        for h, m, v in [(0, 0, 10), (0, 30, 20), (1, 10, 60), (0, 30, 40)]
    ]
    body = {"id": "urn:x:1", "type": "T", "pm25": observed}
    assert (await city.post("/temporal/entities", json=body)).status_code == 201
    params = {
        "options": "aggregatedValues", "aggrMethods": "avg,totalCount", "aggrPeriodDuration": "PT1H",
        "timerel": "after", "timeAt": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    found = (await city.get("/temporal/entities/urn:x:1", params=params)).json()["pm25"]
    # the observation of 00:30 was repeated: 40 replaces 20, so the first hour holds 10 and 40
    hours = [["2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"], ["2026-01-01T01:00:00Z", "2026-01-01T02:00:00Z"]]
    assert found["avg"] == [[25.0, *hours[0]], [60.0, *hours[1]]]
    assert found["totalCount"] == [[2, *hours[0]], [1, *hours[1]]]


async def test_two_positions_in_one_cell_are_each_found_and_one_stays_when_the_other_goes(
    city: httpx.AsyncClient,
) -> None:
    def place(east: float, dataset: str) -> dict[str, object]:
        point = {"type": "Point", "coordinates": [east, 40.001]}
        return {"type": "GeoProperty", "value": point, "datasetId": f"urn:d:{dataset}"}

    both = [place(114.001, "a"), place(114.002, "b")]
    assert (await city.post("/entities", json={"id": "urn:x:1", "type": "Bus", "location": both})).status_code == 201
    near = "/entities?type=Bus&georel=near;maxDistance==10&geometry=Point&coordinates=[114.001,40.001]"
    assert len((await city.get(near)).json()) == 1
    assert (await city.delete("/entities/urn:x:1/attrs/location?datasetId=urn:d:b")).status_code == 204
    assert len((await city.get(near)).json()) == 1
    assert (await city.delete("/entities/urn:x:1/attrs/location?datasetId=urn:d:a")).status_code == 204
    assert (await city.get(near)).json() == []
