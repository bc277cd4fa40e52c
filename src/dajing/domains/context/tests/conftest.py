"""A running broker over a fresh live.db, reached through its ASGI door."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest_asyncio

from dajing.domains.context.broker.app import Application
from dajing.domains.context.broker.state import Broker


@pytest_asyncio.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Broker]:
    # tests answer on loopback, which a real broker only calls where the settings name it
    running = Broker(path=tmp_path / "live.db", clock=lambda: datetime.now(UTC), may_call="127.0.0.0/8")
    await running.start()
    yield running
    await running.stop()


@pytest_asyncio.fixture
async def city(broker: Broker) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=Application(broker=broker), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://broker/ngsi-ld/v1") as client:
        yield client
