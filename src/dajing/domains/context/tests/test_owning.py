"""Owners of subscriptions: the mark changes no secret, and a subscription rests while its client may not read."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from dajing.domains.context.broker.app import Application
from dajing.domains.context.broker.state import Broker
from dajing.domains.context.broker.tokens import Tokens
from dajing.domains.context.store.schema import Location
from dajing.domains.context.tests.test_killed import _free_port
from dajing.domains.context.tests.test_notifications import Endpoint, _until
from dajing.domains.context.tests.test_tokens import _rows

BOTH = ["context.read", "context.write"]
SUBSCRIPTION = "/subscriptions/urn:x:s"
SECRET: dict[str, Any] = {
    "uri": "mqtt://user:p%3Ass@127.0.0.1:9/air",
    "receiverInfo": [{"key": "X-Key", "value": "one"}, {"key": "X-Key", "value": "two"}],
}


class Caller:
    """Asks a broker with a token."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def __call__(self, method: str, path: str, token: str, body: Any = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self._client.request(method, path, headers=headers, json=body)

    async def subscribe(self, token: str, endpoint: dict[str, Any]) -> None:
        body = {
            "id": "urn:x:s", "type": "Subscription", "entities": [{"type": "Counter"}],
            "notification": {"endpoint": endpoint},
        }  # fmt: skip
        assert (await self("POST", "/subscriptions", token, body)).status_code == 201

    async def count(self, token: str, value: int) -> None:
        body = [{"id": "urn:x:counter", "type": "Counter", "count": value}]
        assert (await self("POST", "/entityOperations/upsert", token, body)).status_code in (201, 204)

    async def status(self, token: str) -> str:
        return str((await self("GET", SUBSCRIPTION, token)).json()["status"])


@asynccontextmanager
async def _calling(broker: Broker) -> AsyncIterator[Caller]:
    transport = httpx.ASGITransport(app=Application(broker=broker))
    async with httpx.AsyncClient(transport=transport, base_url="http://broker/ngsi-ld/v1") as client:
        yield Caller(client)


@asynccontextmanager
async def _running(store: Location, rows: Path) -> AsyncIterator[Broker]:
    broker = Broker(path=store, clock=lambda: datetime.now(UTC), may_call="127.0.0.0/8")
    broker.auth = Tokens(rows=rows, clock=broker.clock)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()


def _revoke(rows: Any, client: str, at: str | None = "2026-01-01") -> None:
    rows.execute("UPDATE identity_apitoken SET revoked_at = ? WHERE client_id = ?", (at, client))
    rows.commit()


async def test_a_change_that_sends_the_mark_keeps_the_secret_it_stands_for(broker: Broker, tmp_path: Path) -> None:
    _rows(tmp_path / "rows.db", air=("", BOTH, 100), noise=("", BOTH, 100), water=("", BOTH, 100))
    broker.auth = Tokens(rows=tmp_path / "rows.db", clock=broker.clock)
    async with _calling(broker) as call:
        await call.subscribe("air", SECRET)
        marked = (await call("GET", SUBSCRIPTION, "water")).json()["notification"]["endpoint"]
        assert "p%3Ass" not in str(marked) and "one" not in str(marked) and "two" not in str(marked)
        assert (await call("PATCH", SUBSCRIPTION, "noise", {"notification": {"endpoint": marked}})).status_code == 204
        assert (await call("GET", SUBSCRIPTION, "air")).json()["notification"]["endpoint"] == SECRET
        other = copy.deepcopy(marked)
        other["uri"] = "mqtt://user:***@127.0.0.1:9/other"
        other["receiverInfo"] = [{"key": "X-Key", "value": "new"}, marked["receiverInfo"][1]]
        assert (await call("PATCH", SUBSCRIPTION, "air", {"notification": {"endpoint": other}})).status_code == 204
        assert (await call("GET", SUBSCRIPTION, "air")).json()["notification"]["endpoint"] == {
            "uri": "mqtt://user:p%3Ass@127.0.0.1:9/other",
            "receiverInfo": [{"key": "X-Key", "value": "new"}, {"key": "X-Key", "value": "two"}],
        }


async def test_without_tokens_three_stars_are_what_they_are(broker: Broker) -> None:
    async with _calling(broker) as call:
        await call.subscribe("", SECRET)
        stars = {**SECRET, "receiverInfo": [{"key": "X-Key", "value": "***"}]}
        assert (await call("PATCH", SUBSCRIPTION, "", {"notification": {"endpoint": stars}})).status_code == 204
        assert (await call("GET", SUBSCRIPTION, "")).json()["notification"]["endpoint"] == stars


@pytest.mark.parametrize("department", ["", None])
async def test_without_a_department_a_subscription_is_its_clients_alone(
    broker: Broker, tmp_path: Path, department: str | None
) -> None:
    rows = _rows(tmp_path / "rows.db", air=("", BOTH, 100), noise=("", BOTH, 100))
    rows.execute("UPDATE identity_apiclient SET department_id = ?", (department,))
    rows.commit()
    broker.auth = Tokens(rows=tmp_path / "rows.db", clock=broker.clock)
    async with _calling(broker) as call:
        await call.subscribe("air", SECRET)
        refused = await call("PATCH", SUBSCRIPTION, "noise", {"isActive": False})
        assert (refused.status_code, refused.headers["Content-Type"]) == (403, "application/problem+json")
        assert (await call("DELETE", SUBSCRIPTION, "noise")).status_code == 403
        assert "one" not in (await call("GET", "/subscriptions", "noise")).text
        assert (await call("GET", SUBSCRIPTION, "air")).json()["notification"]["endpoint"] == SECRET
        assert (await call("DELETE", SUBSCRIPTION, "air")).status_code == 204


async def test_a_subscription_of_before_stays_everybodys(store: Location, tmp_path: Path) -> None:
    before = Broker(path=store, clock=lambda: datetime.now(UTC), may_call="127.0.0.0/8")
    await before.start()
    async with _calling(before) as call:
        await call.subscribe("", SECRET)
    await before.stop()
    _rows(tmp_path / "rows.db", water=("", BOTH, 100))
    async with _running(store, tmp_path / "rows.db") as broker, _calling(broker) as call:
        seen = (await call("GET", SUBSCRIPTION, "water")).json()
        assert (seen["status"], seen["notification"]["endpoint"]) == ("active", SECRET)
        assert (await call("DELETE", SUBSCRIPTION, "water")).status_code == 204


@pytest.mark.parametrize(
    "end", ["revoked_at = '2026-01-01'", "expires_at = '2026-01-01T00:00:00+00:00'", "scopes = '[\"context.write\"]'"]
)
async def test_a_client_that_may_not_read_is_silenced_within_about_a_second_and_goes_on_with_a_new_token(
    store: Location, tmp_path: Path, end: str
) -> None:
    rows = _rows(tmp_path / "rows.db", air=("", BOTH, 1000), noise=("", BOTH, 1000))
    async with (
        Endpoint(_free_port()).listening() as endpoint,
        _running(store, tmp_path / "rows.db") as broker,
        _calling(broker) as call,
    ):
        await call.subscribe("air", {"uri": f"http://127.0.0.1:{endpoint.port}/n"})
        await call.count("noise", 1)
        await _until(lambda: endpoint.values == [1])
        rows.execute(f"UPDATE identity_apitoken SET {end} WHERE client_id = 'air'")
        rows.commit()
        await asyncio.sleep(1.3)
        assert await call.status("noise") == "paused"
        await call.count("noise", 2)
        rows.execute(
            "INSERT INTO identity_apitoken "
            "SELECT 'another', 'air', scopes, expires_at, NULL FROM identity_apitoken WHERE client_id = 'noise'"
        )
        rows.commit()
        await asyncio.sleep(1.3)
        assert await call.status("noise") == "active"
        await call.count("noise", 3)
        await _until(lambda: endpoint.values[-1] == 3)
    assert endpoint.values == [1, 3]


async def test_what_waits_for_a_dead_endpoint_is_not_tried_while_the_client_may_not_read(
    store: Location, tmp_path: Path
) -> None:
    rows = _rows(tmp_path / "rows.db", air=("", BOTH, 1000), noise=("", BOTH, 1000))
    endpoint = Endpoint(_free_port())
    async with _running(store, tmp_path / "rows.db") as broker, _calling(broker) as call:
        await call.subscribe("air", {"uri": f"http://127.0.0.1:{endpoint.port}/n"})
        for value in (1, 2):
            await call.count("noise", value)
        _revoke(rows, "air")
        await asyncio.sleep(1.3)
        async with endpoint.listening():
            await asyncio.sleep(3)  # the pauses between attempts are 0.5 and 2 seconds
            assert endpoint.values == []
            _revoke(rows, "air", None)
            await _until(lambda: endpoint.values == [1, 2])


async def test_what_waits_of_a_revoked_client_is_not_sent_at_a_start(store: Location, tmp_path: Path) -> None:
    rows = _rows(tmp_path / "rows.db", air=("", BOTH, 1000), noise=("", BOTH, 1000))
    endpoint = Endpoint(_free_port())
    async with _running(store, tmp_path / "rows.db") as broker, _calling(broker) as call:
        await call.subscribe("air", {"uri": f"http://127.0.0.1:{endpoint.port}/n"})
        await call.count("noise", 1)
    _revoke(rows, "air")
    async with endpoint.listening(), _running(store, tmp_path / "rows.db") as broker, _calling(broker) as call:
        assert await call.status("noise") == "paused"
        await asyncio.sleep(0.5)
        assert endpoint.values == []
        _revoke(rows, "air", None)
        await _until(lambda: endpoint.values == [1])


async def test_a_broker_starts_when_tokens_cannot_be_read_and_sends_nothing_until_they_can(
    store: Location, tmp_path: Path
) -> None:
    _rows(tmp_path / "rows.db", air=("", BOTH, 1000), noise=("", BOTH, 1000))
    endpoint = Endpoint(_free_port())
    async with _running(store, tmp_path / "rows.db") as broker, _calling(broker) as call:
        await call.subscribe("air", {"uri": f"http://127.0.0.1:{endpoint.port}/n"})
        await call.count("noise", 1)
    (tmp_path / "rows.db").rename(tmp_path / "away.db")
    async with endpoint.listening(), _running(store, tmp_path / "rows.db"):
        await asyncio.sleep(0.5)
        assert endpoint.values == []
        (tmp_path / "away.db").rename(tmp_path / "rows.db")
        await _until(lambda: endpoint.values == [1])
