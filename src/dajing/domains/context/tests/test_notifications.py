"""Notifications are on disk with the change that calls for them: no stop, no kill and no silence loses one."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from dajing.domains.context.broker.app import Application
from dajing.domains.context.broker.state import Broker
from dajing.domains.context.store.schema import Location
from dajing.domains.context.tests.test_killed import _free_port, _ready

pytestmark = pytest.mark.store_both


class Endpoint:
    """Takes notifications on a port and remembers the values in the order of arrival."""

    def __init__(self, port: int, status: int = 200) -> None:
        self.port, self.status = port, status
        self.values: list[int] = []
        self.bodies: list[dict[str, Any]] = []

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = int(head.lower().partition("content-length:")[2].split("\r\n")[0])
                body = json.loads(await reader.readexactly(length))
                self.bodies.append(body)
                self.values += [entity["count"]["value"] for entity in body["data"]]
                writer.write(f"HTTP/1.1 {self.status} X\r\nContent-Length: 0\r\n\r\n".encode())
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Endpoint]:
        server = await asyncio.start_server(self._take, "127.0.0.1", self.port)
        yield self
        server.close()


def _broker(path: Location) -> Broker:
    return Broker(path=path, clock=lambda: datetime.now(UTC), may_call="127.0.0.0/8")


def _client(broker: Broker) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=Application(broker=broker))
    return httpx.AsyncClient(transport=transport, base_url="http://broker/ngsi-ld/v1")


async def _subscribe(client: httpx.AsyncClient, port: int) -> None:
    body = {
        "id": "urn:x:subscription", "type": "Subscription", "entities": [{"type": "Counter"}],
        "notification": {"endpoint": {"uri": f"http://127.0.0.1:{port}/n"}},
    }  # fmt: skip
    assert (await client.post("/subscriptions", json=body)).status_code == 201


async def _count(client: httpx.AsyncClient, value: int) -> None:
    body = [{"id": "urn:x:counter", "type": "Counter", "count": value}]
    assert (await client.post("/entityOperations/upsert", json=body)).status_code in (201, 204)


async def _until(condition: object, seconds: float = 90) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.02)


async def test_what_waits_for_a_silent_endpoint_is_delivered_in_order_after_a_restart(store: Location) -> None:
    port = _free_port()
    first = _broker(store)
    await first.start()
    async with _client(first) as client:
        await _subscribe(client, port)
        for value in range(20):
            await _count(client, value)
    await first.stop()
    second = _broker(store)
    async with Endpoint(port).listening() as endpoint:
        await second.start()
        await _until(lambda: len(endpoint.values) >= 20)
        await asyncio.sleep(0.6)  # the rows of what was delivered are removed
        left = second.reader.connection.execute("SELECT count(*) FROM notification").get
        await second.stop()
    assert endpoint.values == list(range(20))
    assert left == 0


async def test_an_endpoint_that_refuses_one_notification_still_gets_the_next(
    store: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dajing.domains.context.broker.lanes.PAUSES", (0.01, 0.01, 0.01))
    broker = _broker(store)
    await broker.start()
    async with Endpoint(_free_port(), status=400).listening() as endpoint, _client(broker) as client:
        await _subscribe(client, endpoint.port)
        await _count(client, 1)
        await _until(lambda: endpoint.values == [1] * 4)
        endpoint.status = 200
        await _count(client, 2)
        await _until(lambda: endpoint.values[-1] == 2)
        status = (await client.get("/subscriptions/urn:x:subscription")).json()["notification"]
    await broker.stop()
    assert endpoint.values == [1, 1, 1, 1, 2]
    assert (status["timesSent"], status["timesFailed"]) == (2, 1)


async def test_a_deleted_subscription_leaves_no_queue(store: Location) -> None:
    broker = _broker(store)
    await broker.start()
    async with _client(broker) as client:
        await _subscribe(client, _free_port())
        await _count(client, 1)
        assert broker.reader.connection.execute("SELECT count(*) FROM notification").get == 1
        assert (await client.delete("/subscriptions/urn:x:subscription")).status_code == 204
        assert broker.reader.connection.execute("SELECT count(*) FROM notification").get == 0
    await broker.stop()


@pytest.mark.fault
async def test_a_kill_between_change_and_delivery_loses_no_notification(tmp_path: Path) -> None:
    broker_port, port, store = _free_port(), _free_port(), tmp_path / "live.db"
    command = [sys.executable, "-m", "dajing", "context", "serve", "--auth", "none", "--port", str(broker_port)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "DAJING_DATA": str(tmp_path)}

    def serve() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*command, "--may-call", "127.0.0.0/8", "--store", str(store)], env=environment, stderr=subprocess.DEVNULL
        )

    acknowledged = []
    process = serve()
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{broker_port}/ngsi-ld/v1", timeout=10) as client:
            await _ready(client)
            await _subscribe(client, port)
            for value in range(300):
                if value == 200:
                    process.send_signal(signal.SIGKILL)
                try:
                    await _count(client, value)
                except httpx.TransportError:
                    break
                acknowledged.append(value)
        process.wait()
        assert acknowledged
        async with Endpoint(port).listening() as endpoint:
            process = serve()
            await _until(lambda: set(acknowledged) <= set(endpoint.values))
    finally:
        process.kill()
        process.wait()


async def test_a_change_is_shown_with_what_was_before_whichever_way_it_came(store: Location) -> None:
    broker, endpoint = _broker(store), Endpoint(_free_port())
    await broker.start()
    async with endpoint.listening(), _client(broker) as client:
        notification = {"endpoint": {"uri": f"http://127.0.0.1:{endpoint.port}/n"}, "showChanges": True}
        body = {"type": "Subscription", "entities": [{"type": "Counter"}], "notification": notification}
        assert (await client.post("/subscriptions", json=body)).status_code == 201
        for value in (1, 2):
            await _count(client, value)
        plain = {"count": {"type": "Property", "value": 3}}
        assert (await client.patch("/entities/urn:x:counter/attrs", json=plain)).status_code == 204
        batch = [{"id": "urn:x:counter", "type": "Counter", "count": {"type": "Property", "value": 4}}]
        update = "/entityOperations/upsert?options=update"
        assert (await client.post(update, json=batch)).status_code == 204
        await _until(lambda: len(endpoint.values) == 4)
    await broker.stop()
    shown = [found["data"][0]["count"] for found in endpoint.bodies]
    assert [(s["value"], s.get("previousValue")) for s in shown] == [(1, None), (2, 1), (3, 2), (4, 3)]
