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
        rows.execute("INSERT INTO identity_apiclient VALUES (?, 'huanbao', ?, ?)", (name, tenant, rate))
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
