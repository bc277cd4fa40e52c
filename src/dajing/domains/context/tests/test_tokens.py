"""Tokens: default is deny, a scope opens its verbs, a tenant keeps to itself, a revocation holds within a second."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pysqlite3
import pytest

from dajing.domains.context.broker.app import Application
from dajing.domains.context.broker.state import Broker
from dajing.domains.context.broker.tokens import Tokens
from dajing.kernel.identity import tokenview


def _rows(path: Path, **tokens: tuple[str, list[str], int]) -> Any:
    """The columns that the view reads of identity's two tables, with one client per token."""
    rows = pysqlite3.connect(path)
    rows.execute("CREATE TABLE identity_apiclient(id, department_id, tenant, per_minute)")
    rows.execute("CREATE TABLE identity_apitoken(digest, client_id, scopes, expires_at, revoked_at)")
    end = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    for name, (tenant, scopes, rate) in tokens.items():
        department = "shuiwu" if name.startswith("water") else "huanbao"
        rows.execute("INSERT INTO identity_apiclient VALUES (?, ?, ?, ?)", (name, department, tenant, rate))
        digest = hashlib.sha256(name.encode()).hexdigest()
        rows.execute("INSERT INTO identity_apitoken VALUES (?, ?, ?, ?, NULL)", (digest, name, json.dumps(scopes), end))
    rows.commit()
    return rows


async def test_a_token_opens_what_its_scope_and_tenant_say_and_nothing_else(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = _rows(
        tmp_path / "rows.db",
        reader=("", ["context.read"], 100),
        writer=("", ["context.read", "context.write"], 3),
        water=("shuiwu", ["context.read", "context.write"], 100),
    )
    broker.auth = Tokens(rows=tmp_path / "rows.db", clock=broker.clock)
    lamp = {"id": "urn:x:1", "type": "Lamp"}
    transport = httpx.ASGITransport(app=Application(broker=broker))
    async with httpx.AsyncClient(transport=transport, base_url="http://broker/ngsi-ld/v1") as client:

        async def call(method: str, token: str | None, **headers: str) -> int:
            given = {"Authorization": f"Bearer {token}"} if token else {}
            path = "/entities" if method == "POST" else "/entities/urn:x:1"
            body = {"json": lamp} if method == "POST" else {}
            return (await client.request(method, path, headers={**given, **headers}, **body)).status_code

        assert await call("GET", None) == 401
        assert await call("GET", "guessed") == 401
        assert await call("POST", "reader") == 403
        assert await call("POST", "writer") == 201
        assert await call("GET", "reader") == 200
        assert await call("GET", "reader", **{"NGSILD-Tenant": "shuiwu"}) == 403
        assert await call("POST", "water") == 201
        assert [await call("GET", "writer") for _ in range(3)] == [200, 200, 429]
        monkeypatch.setattr(tokenview, "REFRESH_SECONDS", 0.0)
        rows.execute("UPDATE identity_apitoken SET revoked_at = '2026-01-01' WHERE client_id = 'reader'")
        rows.commit()
        assert await call("GET", "reader") == 401


async def test_a_token_that_may_only_write_cannot_read_by_a_subscription(broker: Broker, tmp_path: Path) -> None:
    both = ["context.read", "context.write"]
    _rows(tmp_path / "rows.db", sensor=("", ["context.write"], 100), reader=("", both[:1], 100), both=("", both, 100))
    broker.auth = Tokens(rows=tmp_path / "rows.db", clock=broker.clock)
    transport = httpx.ASGITransport(app=Application(broker=broker))
    subscription = {
        "id": "urn:x:s", "type": "Subscription", "entities": [{"type": "Lamp"}],
        "notification": {"endpoint": {"uri": "http://127.0.0.1:9/n"}},
    }  # fmt: skip
    asked = {"type": "Query", "entities": [{"type": "Lamp"}]}
    async with httpx.AsyncClient(transport=transport, base_url="http://broker/ngsi-ld/v1") as client:

        async def call(method: str, path: str, token: str, body: Any = None) -> int:
            headers = {"Authorization": f"Bearer {token}"}
            return (await client.request(method, path, headers=headers, json=body)).status_code

        found = [await call("POST", "/subscriptions", token, subscription) for token in ("sensor", "reader", "both")]
        assert found == [403, 403, 201]
        change = {"notification": {"endpoint": {"uri": "http://127.0.0.1:10/n"}}}
        assert await call("PATCH", "/subscriptions/urn:x:s", "sensor", change) == 403
        assert await call("POST", "/entityOperations/query", "sensor", asked) == 403
        assert await call("POST", "/entityOperations/query", "reader", asked) == 200
        assert await call("DELETE", "/temporal/entities/urn:x:1/attrs/entityOperations/query", "reader") == 403
        assert await call("POST", "/entities", "sensor", {"id": "urn:x:1", "type": "Lamp"}) == 201


async def test_a_subscription_belongs_to_its_department_and_rests_when_its_client_may_no_longer_read(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = ["context.read", "context.write"]
    rows = _rows(tmp_path / "rows.db", air=("", both, 100), noise=("", both, 100), water=("", both, 100))
    broker.auth = Tokens(rows=tmp_path / "rows.db", clock=broker.clock)
    endpoint = {
        "uri": "mqtt://user:pass@127.0.0.1:9/air", "receiverInfo": [{"key": "X-Key", "value": "secret"}],
    }  # fmt: skip
    subscription = {
        "id": "urn:x:s", "type": "Subscription", "entities": [{"type": "Lamp"}], "notification": {"endpoint": endpoint},
    }  # fmt: skip
    transport = httpx.ASGITransport(app=Application(broker=broker))
    async with httpx.AsyncClient(transport=transport, base_url="http://broker/ngsi-ld/v1") as client:

        async def call(method: str, token: str, body: Any = None) -> httpx.Response:
            path = "/subscriptions" if method == "POST" else "/subscriptions/urn:x:s"
            return await client.request(method, path, headers={"Authorization": f"Bearer {token}"}, json=body)

        assert (await call("POST", "air", subscription)).status_code == 201
        assert (await call("GET", "noise")).json()["notification"]["endpoint"] == endpoint
        seen = (await call("GET", "water")).json()["notification"]["endpoint"]
        assert seen["uri"] == "mqtt://user:***@127.0.0.1:9/air"
        assert seen["receiverInfo"] == [{"key": "X-Key", "value": "***"}]
        assert (await call("PATCH", "water", {"isActive": False})).status_code == 403
        assert (await call("DELETE", "water")).status_code == 403
        assert (await call("PATCH", "noise", {"description": "air"})).status_code == 204
        monkeypatch.setattr(tokenview, "REFRESH_SECONDS", 0.0)
        rows.execute("UPDATE identity_apitoken SET revoked_at = '2026-01-01' WHERE client_id = 'air'")
        rows.commit()
        await broker.notifier._silence()
        assert (await call("GET", "noise")).json()["status"] == "paused"
        rows.execute("UPDATE identity_apitoken SET revoked_at = NULL WHERE client_id = 'air'")
        rows.commit()
        await broker.notifier._silence()
        assert (await call("GET", "noise")).json()["status"] == "active"
        assert (await call("DELETE", "noise")).status_code == 204


async def test_who_asked_too_often_is_told_when_to_come_again(broker: Broker, tmp_path: Path) -> None:
    _rows(tmp_path / "rows.db", reader=("", ["context.read"], 1))
    broker.auth = Tokens(rows=tmp_path / "rows.db", clock=broker.clock)
    transport = httpx.ASGITransport(app=Application(broker=broker))
    async with httpx.AsyncClient(transport=transport, base_url="http://broker/ngsi-ld/v1") as client:
        answers = [await client.get("/types", headers={"Authorization": "Bearer reader"}) for _ in range(3)]
        assert answers[-1].status_code == 429
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
