"""A running broker over a fresh live.db, reached through its ASGI door."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from dajing.domains.context.broker.app import Application
from dajing.domains.context.broker.state import Broker
from dajing.domains.context.store.schema import Location
from dajing.kernel.settings import settings


@pytest.fixture
def store(tmp_path: Path) -> Location:
    """A fresh live.db, or on PostgreSQL (``dajing test --store postgresql``) a fresh schema."""
    return fresh(tmp_path)


def fresh(folder: Path) -> Location:
    """A place without a store: in the folder, or the server's schema once it is dropped."""
    if not (url := settings().rows):
        return folder / "live.db"
    import psycopg

    with psycopg.connect(url, autocommit=True) as server:
        server.execute("DROP SCHEMA IF EXISTS live CASCADE")
    return url


@pytest_asyncio.fixture
async def broker(store: Location) -> AsyncIterator[Broker]:
    # tests answer on loopback, which a real broker only calls where the settings name it
    running = Broker(path=store, clock=lambda: datetime.now(UTC), may_call="127.0.0.0/8")
    await running.start()
    yield running
    await running.stop()


@pytest_asyncio.fixture
async def city(broker: Broker) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=Application(broker=broker), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://broker/ngsi-ld/v1") as client:
        yield client
