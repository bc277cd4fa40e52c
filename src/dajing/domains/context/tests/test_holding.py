"""Whose store it is, and what goes on after a failure."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from dajing.domains.context.broker.app import Application
from dajing.domains.context.broker.state import Broker
from dajing.domains.context.store.holding import StoreInUse


def _broker(path: Path) -> Broker:
    return Broker(path=path, clock=lambda: datetime.now(UTC), may_call="127.0.0.0/8")


async def test_a_second_broker_on_one_file_is_refused_until_the_first_one_ends(tmp_path: Path) -> None:
    first, second = _broker(tmp_path / "live.db"), _broker(tmp_path / "live.db")
    await first.start()
    with pytest.raises(StoreInUse):
        await second.start()
    await first.stop()
    third = _broker(tmp_path / "live.db")
    await third.start()
    await third.stop()


async def test_after_a_night_with_a_full_disk_entities_expire_and_queues_are_emptied_again(tmp_path: Path) -> None:
    broker = _broker(tmp_path / "live.db")
    await broker.start()
    delivered: list[bytes] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            delivered.append(await reader.readexactly(length))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    endpoint = await asyncio.start_server(take, "127.0.0.1", 0)
    transport = httpx.ASGITransport(app=Application(broker=broker))
    async with httpx.AsyncClient(transport=transport, base_url="http://broker/ngsi-ld/v1") as client:
        uri = f"http://127.0.0.1:{endpoint.sockets[0].getsockname()[1]}/n"
        body = {"type": "Subscription", "entities": [{"type": "T"}], "notification": {"endpoint": {"uri": uri}}}
        assert (await client.post("/subscriptions", json=body)).status_code == 201
        until = (datetime.now(UTC) + timedelta(seconds=0.6)).isoformat().replace("+00:00", "Z")
        await client.post("/entities", json={"id": "urn:x:transient", "type": "T", "a": 1, "expiresAt": until})
        async with asyncio.timeout(20):
            while not delivered:
                await asyncio.sleep(0.01)
        # now nothing at all can be written, as on a disk without a free block
        broker.writer._connection.pragma("query_only", True)
        refused = await client.post("/entities", json={"id": "urn:x:refused", "type": "T", "a": 1})
        assert refused.status_code == 507
        await asyncio.sleep(3)  # every turn of the housekeeping fails meanwhile
        broker.writer._connection.pragma("query_only", False)
        async with asyncio.timeout(20):
            while (await client.get("/entities/urn:x:transient")).status_code != 404:
                await asyncio.sleep(0.1)
            while broker.reader.connection.execute("SELECT count(*) FROM notification").get:
                await asyncio.sleep(0.1)
    await broker.stop()
    endpoint.close()
    assert len(delivered) == 1
