"""Sending entities to a running broker from files and measuring it from outside: what ``bench`` and ``replay`` do."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator, Sequence
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from dajing.domains.context.feeding.sending import send
from dajing.kernel.text import Refusal, Text

type Json = dict[str, Any]


class FileUnreadable(Refusal):
    """The file holds no entities."""

    text = Text(
        zh="{path} 第 {line} 行不是实体：{reason}。每行应为一个 NGSI-LD 实体（JSON Lines），或整个文件为一个数组。",
        en="Line {line} of {path} is no entity: {reason}. Give one NGSI-LD entity per line (JSON Lines), or one array.",
    )


def entities(*, path: Path) -> Iterator[Json]:
    """Entities of a JSON Lines file or of one JSON array. Raises ``FileUnreadable`` with the line."""
    with path.open("rb") as file:
        head = file.read(64).lstrip()
    if head.startswith(b"["):
        try:
            yield from msgspec.json.decode(path.read_bytes(), type=list[dict[str, Any]])
        except msgspec.DecodeError as error:
            raise FileUnreadable(path=path, line=1, reason=error) from None
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                try:
                    yield msgspec.json.decode(line, type=dict[str, Any])
                except msgspec.DecodeError as error:
                    raise FileUnreadable(path=path, line=number, reason=error) from None


def replay(*, path: Path, host: str, port: int, token: str, batch: int = 300) -> int:
    """Upsert the entities of a file in their order; how many. Raises ``FileUnreadable`` or ``BrokerUnreachable``."""
    total, waiting = 0, []
    for entity in entities(path=path):
        waiting.append(entity)
        if len(waiting) == batch:
            total += send(entities=waiting, host=host, port=port, token=token)
            waiting = []
    return total + (send(entities=waiting, host=host, port=port, token=token) if waiting else 0)


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of request: how many, per second, and milliseconds at the median and the 95th percentile."""

    name: str
    count: int
    rate: float
    median: float
    p95: float


def bench(*, host: str, port: int, token: str, requests: int) -> list[Measured]:
    """Measure one connection against a running broker with entities of its own, which it deletes afterwards."""
    made = [_lamp(n) for n in range(200)]
    send(entities=made, host=host, port=port, token=token)
    ids = [quote(str(entity["id"]), safe=":") for entity in made]
    base = "/ngsi-ld/v1"
    near = "georel=near%3BmaxDistance%3D%3D5000&geometry=Point&coordinates=%5B114.9%2C40.8%5D"
    plans: list[tuple[str, list[tuple[str, str, Json | None]]]] = [
        ("GET /entities/{id}", [("GET", f"{base}/entities/{i}", None) for i in ids]),
        ("GET ?type&q", [("GET", f"{base}/entities?type=BenchLamp&q=power%3E{n}&limit=20", None) for n in range(100)]),
        ("GET ?type&georel=near", [("GET", f"{base}/entities?type=BenchLamp&{near}&limit=20", None)]),
        ("PATCH /entities/{id}/attrs", [("PATCH", f"{base}/entities/{i}/attrs", {"power": {"value": 1}}) for i in ids]),
    ]
    try:
        return [_measure(name, asked, requests, host, port, token) for name, asked in plans]
    finally:
        _one(HTTPConnection(host, port, timeout=60), ("DELETE", f"{base}/entities?type=BenchLamp", None), token)


def _lamp(n: int) -> Json:
    place = {"type": "Point", "coordinates": [114.85 + n / 2_000, 40.75 + n / 2_000]}
    return {"id": f"urn:ngsi-ld:BenchLamp:{n}", "type": "BenchLamp", "power": n, "location": place}


def _measure(
    name: str, asked: Sequence[tuple[str, str, Json | None]], requests: int, host: str, port: int, token: str
) -> Measured:
    connection = HTTPConnection(host, port, timeout=60)
    taken = [_one(connection, asked[n % len(asked)], token) for n in range(requests)]
    ordered = sorted(taken)
    return Measured(
        name=name, count=requests, rate=requests / sum(taken), median=statistics.median(taken) * 1000,
        p95=ordered[int(len(ordered) * 0.95)] * 1000,
    )  # fmt: skip


def _one(connection: HTTPConnection, asked: tuple[str, str, Json | None], token: str) -> float:
    method, path, body = asked
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    data = None if body is None else json.dumps(body)
    begin = time.perf_counter()
    connection.request(method, path, data, headers | ({"Content-Type": "application/json"} if data else {}))
    answer = connection.getresponse()
    answer.read()
    if answer.status >= 300:
        raise SystemExit(f"{method} {path}: HTTP {answer.status}")
    return time.perf_counter() - begin
