"""What endpoints may be and do: odd addresses, silence of an MQTT broker, a subscription that changes meanwhile."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import pytest

from dajing.domains.context.broker import lanes
from dajing.domains.context.broker.state import Broker

type Json = dict[str, Any]


def _subscription(uri: str, **members: Any) -> Json:
    endpoint = {"uri": uri, **members.pop("endpoint", {})}
    notification = {"endpoint": endpoint, **members.pop("notification", {})}
    entities = [{"type": "Counter"}]
    return {"id": "urn:x:s", "type": "Subscription", "entities": entities, "notification": notification, **members}


class Taking:
    """An HTTP endpoint that answers after a pause."""

    def __init__(self, *, pause: float = 0.0) -> None:
        self.pause = pause
        self.heads: list[str] = []
        self.bodies: list[Json] = []

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                length = int(head.lower().rpartition("content-length:")[2].split("\r\n")[0])
                self.heads.append(head)
                self.bodies.append(json.loads(await reader.readexactly(length)))
                await asyncio.sleep(self.pause)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        server.close()

    @property
    def counts(self) -> list[int]:
        return [entity["count"]["value"] for body in self.bodies for entity in body["data"]]


class Postbox:
    """An MQTT 3.1.1 broker for one publisher; it acknowledges only while it is told to."""

    def __init__(self) -> None:
        self.acknowledges = False
        self.bodies: list[Json] = []

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                kind, packet = await _packet(reader)
                if kind >> 4 == 1:
                    writer.write(b"\x20\x02\x00\x00")
                elif kind >> 4 == 3 and self.acknowledges:
                    topic = int.from_bytes(packet[:2])
                    number = packet[2 + topic : 4 + topic]
                    self.bodies.append(json.loads(packet[4 + topic :]))
                    writer.write(b"\x40\x02" + number)
        writer.close()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        yield f"mqtt://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        server.close()


async def _packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    kind, length, shift = (await reader.readexactly(1))[0], 0, 0
    while True:
        part = (await reader.readexactly(1))[0]
        length |= (part & 127) << shift
        shift += 7
        if part < 128:
            return kind, await reader.readexactly(length)


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.02)


async def _count(city: httpx.AsyncClient, *values: int) -> None:
    for value in values:
        body = [{"id": "urn:x:counter", "type": "Counter", "count": value}]
        assert (await city.post("/entityOperations/upsert", json=body)).status_code in (201, 204)


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:99999/n", "http://[::1", "http:///n", "http://", "http://127.0.0.1:0/n", "ftp://127.0.0.1/n",
        "mqtt://127.0.0.1", "mqtt://127.0.0.1/a/+/b", f"http://{'a' * 70}.example/n",
    ],
)  # fmt: skip
async def test_an_address_that_leads_nowhere_is_refused_when_it_is_given(city: httpx.AsyncClient, uri: str) -> None:
    answer = await city.post("/subscriptions", json=_subscription(uri))
    assert (answer.status_code, "endpoint.uri" in answer.json()["detail"]) == (400, True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"geoQ": {"georel": "within", "geometry": "Point", "coordinates": [1, 2], "geoproperty": 5}},
        {"notification": {"format": ["normalized"]}}, {"notification": {"join": ["inline"]}},
        {"notification": {"joinLevel": "x"}}, {"notification": {"joinLevel": 10**30}},
        {"expandValues": [5]}, {"datasetId": [5]}, {"entities": [{"type": "Counter", "idPattern": 5}]},
    ],
)  # fmt: skip
async def test_members_of_the_wrong_kind_are_refused_in_words(city: httpx.AsyncClient, wrong: Json) -> None:
    answer = await city.post("/subscriptions", json=_subscription("http://127.0.0.1:9/n", **wrong))
    assert (answer.status_code, answer.json()["title"]) == (400, "Bad request data")


async def test_headers_that_a_subscriber_names_cannot_say_where_a_notification_ends(city: httpx.AsyncClient) -> None:
    endpoint = Taking()
    names = {"X-Key": "1", "content-length": "0", "Transfer-Encoding": "chunked", "A: b\r\nC": "2", "X-张": "3"}
    info = [{"key": key, "value": value + "\r\nX-More: 4"} for key, value in names.items()]
    async with endpoint.listening() as address:
        body = _subscription(f"{address}/路径?q=é", endpoint={"receiverInfo": info})
        assert (await city.post("/subscriptions", json=body)).status_code == 201
        await _count(city, 1)
        await _until(lambda: endpoint.counts == [1])
    (head,) = endpoint.heads
    lines = head.lower().split("\r\n")
    assert lines[0] == "post /%e8%b7%af%e5%be%84?q=%c3%a9 http/1.1"
    assert [line.partition(":")[0] for line in lines[1:] if line] == [
        "host", "content-type", "link", "x-key", "content-length",
    ]  # fmt: skip


async def test_a_subscription_that_is_changed_while_it_notifies_sends_each_notification_once(
    city: httpx.AsyncClient, broker: Broker
) -> None:
    endpoint = Taking(pause=0.05)
    async with endpoint.listening() as address:
        await city.post("/subscriptions", json=_subscription(address))
        await _count(city, *range(40))
        for n in range(12):
            assert (await city.patch("/subscriptions/urn:x:s", json={"description": str(n)})).status_code == 204
            await asyncio.sleep(0.03 * (n % 3))
        await _until(lambda: len(endpoint.counts) >= 40)
        await asyncio.sleep(0.5)
        shown = (await city.get("/subscriptions/urn:x:s")).json()
    assert endpoint.counts == list(range(40))
    assert (shown["description"], shown["notification"]["timesSent"]) == ("11", 40)


async def test_a_new_endpoint_takes_over_at_once_from_one_that_is_silent(city: httpx.AsyncClient) -> None:
    endpoint = Taking()
    async with endpoint.listening() as address:
        await city.post("/subscriptions", json=_subscription("http://127.0.0.1:9/n"))
        await _count(city, 1, 2)
        await asyncio.sleep(0.2)
        change = {"notification": {"endpoint": {"uri": address}}}
        assert (await city.patch("/subscriptions/urn:x:s", json=change)).status_code == 204
        await _count(city, 3)
        await _until(lambda: endpoint.counts == [1, 2, 3])


async def test_what_waits_in_memory_is_bounded_in_bytes_and_none_of_it_is_lost(
    city: httpx.AsyncClient, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "MOST_BYTES", 300_000)
    endpoint = Taking(pause=0.02)
    async with endpoint.listening() as address:
        await city.post("/subscriptions", json=_subscription(address))
        lane, most = broker.notifier.lanes["", "urn:x:s"], 0
        for n in range(30):
            body = [{"id": "urn:x:counter", "type": "Counter", "count": n, "text": "x" * 100_000}]
            await city.post("/entityOperations/upsert", json=body)
            most = max(most, sum(len(entry[2]) for entry in lane.waiting))
        while len(endpoint.counts) < 30:
            most = max(most, sum(len(entry[2]) for entry in lane.waiting))
            await asyncio.sleep(0.01)
    assert endpoint.counts == list(range(30))
    assert most < 500_000


async def test_an_mqtt_notification_counts_as_sent_when_it_is_acknowledged(city: httpx.AsyncClient) -> None:
    box = Postbox()
    async with box.listening() as address:
        info = [{"key": "MQTT-QoS", "value": "1"}, {"key": "MQTT-Version", "value": "mqtt3.1.1"}]
        given = {"notifierInfo": info, "timeout": 400}
        await city.post("/subscriptions", json=_subscription(f"{address}/city/counters", endpoint=given))
        await _count(city, 1, 2, 3)
        await asyncio.sleep(0.6)
        failing = (await city.get("/subscriptions/urn:x:s")).json()["notification"]
        box.acknowledges = True
        await _until(lambda: [body["body"]["data"][0]["count"]["value"] for body in box.bodies] == [1, 2, 3])
        await asyncio.sleep(0.2)
        found = (await city.get("/subscriptions/urn:x:s")).json()["notification"]
    assert (failing["status"], failing["timesFailed"]) == ("failed", 1)
    assert (found["status"], found["timesSent"], found["timesFailed"]) == ("ok", 3, 1)


async def test_a_notification_that_comes_while_an_mqtt_connection_is_closed_is_sent_on_the_next_one(
    city: httpx.AsyncClient, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "IDLE_SECONDS", 0.0)
    reads, large, lengths = asyncio.Event(), 9_000_000, list[int]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await _packet(reader)
            writer.write(b"\x20\x02\x00\x00")
            await reads.wait()  # until then the connection cannot be closed: what was sent is still on its way
            while True:
                kind, packet = await _packet(reader)
                lengths.extend([len(packet)] if kind >> 4 == 3 else [])
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    uri = f"mqtt://127.0.0.1:{server.sockets[0].getsockname()[1]}/n"
    endpoint = {"notifierInfo": [{"key": "MQTT-Version", "value": "mqtt3.1.1"}]}
    assert (await city.post("/subscriptions", json=_subscription(uri, endpoint=endpoint))).status_code == 201
    body = [{"id": "urn:x:counter", "type": "Counter", "count": "x" * large}]
    assert (await city.post("/entityOperations/upsert", json=body)).status_code == 201
    lane = broker.notifier.lanes["", "urn:x:s"]
    await _until(lambda: bool(lane.subscription.status.get("lastSuccess")))
    await asyncio.sleep(0.2)
    await _count(city, 2)
    reads.set()
    await _until(lambda: len(lengths) == 2)
    server.close()
    assert min(lengths) < large < max(lengths)
