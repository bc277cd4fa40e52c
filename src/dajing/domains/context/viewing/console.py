"""The console for integrators: a request of their own to the interface, its answer, and the command for a terminal.

With a token the request goes to the broker's own port, so the answer is what a device would get. Without one a person
who is signed in reads with the rights of these pages: the same handlers over read-only connections, GET alone, in the
city's own tenant.
"""

from __future__ import annotations

import asyncio
import json
import shlex
import time
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote

import msgspec

from dajing.domains.context.store.schema import begun, live_store
from dajing.kernel.settings import Settings
from dajing.kernel.text import Text

BASE = "/ngsi-ld/v1/"
FIRST = "entities?type=AirQualityObserved&limit=2&options=keyValues"
_ASCII = "".join(map(chr, range(33, 127)))
SECONDS, MOST = 20.0, 200_000
EXAMPLES = (
    (Text(zh="有哪些类型", en="Which types there are"), "types"),
    (Text(zh="最新空气质量", en="Air quality now"), FIRST),
    (Text(zh="PM2.5 高于 35", en="PM2.5 above 35"), "entities?type=AirQualityObserved&q=pm25%3E35&limit=5"),
    (
        Text(zh="市区 20 公里内的路灯", en="Street lights within 20 km of the centre"),
        "entities?type=Streetlight&georel=near;maxDistance==20000&geometry=Point&coordinates=[114.88,40.82]&limit=5",
    ),
    (
        Text(zh="交通流量最近 5 次", en="The last five counts of traffic"),
        "temporal/entities?type=TrafficFlowObserved&timerel=after&timeAt=2020-01-01T00:00:00Z&lastN=5&limit=1"
        "&options=temporalValues",
    ),
)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request below /ngsi-ld/v1/: path with query, and the caller's token and tenant where given."""

    path: str
    token: str
    tenant: str

    @property
    def target(self) -> str:
        """The request target, without anything that could end its line; what is not ASCII is encoded, as it must be."""
        path = "".join(c for c in self.path.strip() if c.isprintable() and c not in " \\")
        return BASE + quote(path.removeprefix(BASE).lstrip("/"), safe=_ASCII)


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What came back, and after how many milliseconds."""

    status: int
    headers: list[tuple[str, str]]
    body: str
    milliseconds: float
    cut: bool


def curl(*, base: str, asked: Asked) -> str:
    """The same request as a command; the token stays a variable, so that it lands in no shell history."""
    parts = ["curl", "-g", base + asked.target, "-H", "Authorization: Bearer $TOKEN"]
    parts += ["-H", f"NGSILD-Tenant: {asked.tenant}"] if asked.tenant else []
    quoted = [f'"{part}"' if "$TOKEN" in part else shlex.quote(part) for part in parts]
    return " ".join(quoted)


def ask(*, asked: Asked, settings: Settings) -> Answered:
    """Send the request and wait for its answer; a broker that is away is an answer of its own (status 503)."""
    begin = time.perf_counter()
    try:
        status, headers, body = _over_http(asked, settings) if asked.token else _here(asked, settings)
    except (OSError, HTTPException, ValueError) as error:
        status, headers, body = 503, [], f"{type(error).__name__}: {error}".encode()
    text, cut = _pretty(body)
    taken = (time.perf_counter() - begin) * 1000
    return Answered(status=status, headers=headers, body=text, milliseconds=round(taken, 1), cut=cut)


def _over_http(asked: Asked, settings: Settings) -> tuple[int, list[tuple[str, str]], bytes]:
    connection = HTTPConnection(settings.machine_host, settings.machine, timeout=SECONDS)
    try:
        headers = {"Authorization": f"Bearer {asked.token}", "Accept": "application/json"}
        headers |= {"NGSILD-Tenant": asked.tenant} if asked.tenant else {}
        connection.request("GET", asked.target, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read(16 << 20)
    finally:
        connection.close()


def _here(asked: Asked, settings: Settings) -> tuple[int, list[tuple[str, str]], bytes]:
    from dajing.domains.context.broker.app import Application
    from dajing.domains.context.broker.exchange import Request
    from dajing.domains.context.broker.state import Broker

    path, _, query = asked.target.partition("?")
    scope: dict[str, Any] = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode("ascii", "ignore"),
        "query_string": query.encode("ascii", "ignore"), "headers": [(b"accept", b"application/json")],
    }  # fmt: skip

    async def nothing() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def run() -> tuple[int, list[tuple[str, str]], bytes]:
        broker = Broker(path=live_store(settings=settings), clock=lambda: datetime.now(UTC))
        async with broker.reading():
            answer = await Application(broker=broker).answer(Request(scope=scope, receive=nothing))
        pairs = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in answer.headers]
        return answer.status, [("content-type", answer.media), *pairs], answer.body

    if not begun(path=live_store(settings=settings)):
        raise FileNotFoundError("live.db")
    return asyncio.run(run())


def _pretty(body: bytes) -> tuple[str, bool]:
    try:
        text = json.dumps(json.loads(body), ensure_ascii=False, indent=2) if body else ""
    except (ValueError, RecursionError):
        text = body.decode("utf-8", "replace")
    return text[:MOST], len(text) > MOST
