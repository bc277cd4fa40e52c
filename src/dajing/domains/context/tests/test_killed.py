"""kill -9 while writing: what was acknowledged is there when the broker is started again."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from dajing.domains.context.store.reader import Reader

WRITERS = 8
type Sent = dict[str, set[int]]  # by entity: what was acknowledged last, and every value that was sent since


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(store: Path, port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "dajing", "context", "serve", "--auth", "none", "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "DAJING_DATA": str(store.parent)}
    return subprocess.Popen([*command, "--store", str(store)], env=environment, stderr=subprocess.DEVNULL)


async def _ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                if (await client.get("/types")).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.05)


async def _write(client: httpx.AsyncClient, writer: int, begin: int, acknowledged: dict[str, int], sent: Sent) -> None:
    identifier = f"urn:ngsi-ld:Counter:{writer}"
    value = begin
    try:
        while True:
            value += 1
            body = {"id": identifier, "type": "Counter", "count": value}
            sent.setdefault(identifier, set()).add(value)
            answer = await client.post("/entityOperations/upsert", json=[body])
            assert answer.status_code in (201, 204)
            acknowledged[identifier] = value
            sent[identifier] = {value}
    except httpx.TransportError:
        return


async def _once(store: Path, acknowledged: dict[str, int], sent: Sent, seed: int) -> None:
    """Run, write, kill, and compare what was acknowledged with what the file holds."""
    port = _free_port()
    process = _start(store, port)
    begin = max((value for values in sent.values() for value in values), default=0)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/ngsi-ld/v1", timeout=10) as client:
            await _ready(client)
            tasks = [asyncio.create_task(_write(client, n, begin, acknowledged, sent)) for n in range(WRITERS)]
            await asyncio.sleep(random.Random(seed).uniform(0.1, 0.6))
            process.send_signal(signal.SIGKILL)
            await asyncio.gather(*tasks)
    finally:
        process.kill()
        process.wait()
    reader = Reader(path=store)
    for identifier, value in acknowledged.items():
        entity = reader.entity(tenant="", identifier=identifier)
        assert entity is not None
        (instances,) = entity["attrs"].values()
        # what was acknowledged is there, or something that was sent after it and whose answer did not arrive
        assert value in sent[identifier]
        assert instances[0]["value"] in sent[identifier]


@pytest.mark.fault
async def test_three_kills_under_load_lose_no_acknowledged_write(tmp_path: Path) -> None:
    acknowledged: dict[str, int] = {}
    sent: Sent = {}
    for seed in range(3):
        await _once(tmp_path / "live.db", acknowledged, sent, seed)
    assert len(acknowledged) == WRITERS


@pytest.mark.long
async def test_two_hundred_kills_under_load_lose_no_acknowledged_write(tmp_path: Path) -> None:
    acknowledged: dict[str, int] = {}
    sent: Sent = {}
    for seed in range(200):
        await _once(tmp_path / "live.db", acknowledged, sent, seed)
