"""The broker beside itself: notifications, idle subscriptions, aggregates under load, memory, start.

    python benchmarks/context_load.py [--entities 1000] [--observations 100000] [--idle 10000] [--seconds 3]

Client, subscriber and broker share the machine. Rates are compared with the PATCH rate of the same run; the absolute
figures (aggregates, start) hold for a machine that does nothing else. Entities and observations are synthetic.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path

import httptools
from context import Client, entity, free_port, load, request, start

BASE = "/ngsi-ld/v1"
PERIOD = f"{BASE}/temporal/entities/urn:ngsi-ld:Meter:1?options=aggregatedValues&aggrMethods=avg,max&attrs=level"


class Subscriber(asyncio.Protocol):
    """Answers every notification and counts it by the value that it carries."""

    seen: set[str] = set()
    arrived = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.parser, self.body = httptools.HttpRequestParser(self), b""

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        (found,) = json.loads(self.body)["data"]
        Subscriber.arrived += 1
        Subscriber.seen.add(found["powerState"]["value"])
        self.body = b""
        self.transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")  # type: ignore[attr-defined]


class Silent(asyncio.Protocol):
    """A dead endpoint: takes the connection and never answers."""


def call(port: int, method: str, path: str, body: object = None) -> bytes:
    """One request; errors end the run."""
    connection = HTTPConnection("127.0.0.1", port, timeout=120)
    data = None if body is None else json.dumps(body)
    connection.request(method, path, data, {"Content-Type": "application/json"} if data else {})
    answer = connection.getresponse()
    found = answer.read()
    if answer.status >= 300:
        raise SystemExit(f"{method} {path[:80]}: HTTP {answer.status} {found[:200]!r}")
    return found


def patches(ids: list[str], sent: list[str]) -> Iterator[bytes]:
    """PATCHes of one attribute, each with a value of its own."""
    rng = random.Random(3)
    for n in itertools.count(len(sent)):
        sent.append(f"v{n}")
        yield request("PATCH", f"{BASE}/entities/{rng.choice(ids)}/attrs", {"powerState": {"value": f"v{n}"}})


def subscription(name: str, port: int, **selector: str) -> dict[str, object]:
    """A subscription to the state of lamps."""
    chosen = {"type": "Streetlight", **selector}
    return {
        "id": f"urn:ngsi-ld:Subscription:{name}", "type": "Subscription", "entities": [chosen],
        "watchedAttributes": ["powerState"],
        "notification": {"attributes": ["powerState"], "endpoint": {"uri": f"http://127.0.0.1:{port}/"}},
    }  # fmt: skip


async def _notified(port: int, ids: list[str], seconds: float, dead: bool) -> tuple[float, float, int]:
    """PATCHes per second, notifications per second until the last one, and how many were lost."""
    loop = asyncio.get_running_loop()
    Subscriber.seen, Subscriber.arrived = set(), 0
    alive, silent = free_port(), free_port()
    servers = [await loop.create_server(Subscriber, "127.0.0.1", alive)]
    servers.append(await loop.create_server(Silent, "127.0.0.1", silent))
    wanted = [("alive", alive), *([("silent", silent), ("closed", free_port())] if dead else [])]
    for name, target in wanted:
        await asyncio.to_thread(call, port, "POST", f"{BASE}/subscriptions", subscription(name, target))
    sent: list[str] = []
    stream = patches(ids, sent)
    begin = time.perf_counter()
    clients = [
        (await loop.create_connection(lambda: Client(stream, begin + seconds), "127.0.0.1", port))[1] for _ in range(32)
    ]
    await asyncio.gather(*(client.finished for client in clients))
    took, done = time.perf_counter() - begin, sum(client.done for client in clients)
    last, still = Subscriber.arrived, time.perf_counter()
    while len(Subscriber.seen) < done and time.perf_counter() - still < 20:
        await asyncio.sleep(0.02)
        if Subscriber.arrived > last:
            last, still = Subscriber.arrived, time.perf_counter()
    whole = still - begin
    for client in clients:
        client.transport.close()
    for name, _ in wanted:
        await asyncio.to_thread(call, port, "DELETE", f"{BASE}/subscriptions/urn:ngsi-ld:Subscription:{name}")
    for server in servers:
        server.close()
    return done / took, len(Subscriber.seen) / max(whole, took), done - len(Subscriber.seen)


def notifications(port: int, ids: list[str], seconds: float) -> None:
    """One subscriber, alone and beside two dead ones."""
    plain = load(port, patches(ids, []), 32, seconds)
    for dead, name in ((False, "alone"), (True, "beside a silent and a closed endpoint")):
        rate, notified, lost = asyncio.run(_notified(port, ids, seconds, dead))
        print(
            f"notifications {name}: {notified:.0f}/s of {rate:.0f} PATCH/s (without subscription {plain:.0f}/s), "
            f"ratio {notified / plain:.2f} goal 0.50, lost {lost} goal 0"
        )


def _post_all(port: int, bodies: list[dict[str, object]]) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=120)
    for body in bodies:
        connection.request("POST", f"{BASE}/subscriptions", json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 201:
            raise RuntimeError(f"subscription: HTTP {answer.status}")


def idle(port: int, ids: list[str], seconds: float, count: int, runs: int = 3) -> None:
    """PATCH rate before and with that many subscriptions of which none fires: half by other types, half by ids."""
    before = statistics.median(load(port, patches(ids, []), 32, seconds) for _ in range(runs))
    bodies = [
        subscription(f"idle{n}", 9, **({"type": f"Other{n}"} if n % 2 else {"id": f"urn:ngsi-ld:Streetlight:none{n}"}))
        for n in range(count)
    ]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(_post_all, [port] * 8, [bodies[part::8] for part in range(8)]))
    after = statistics.median(load(port, patches(ids, []), 32, seconds) for _ in range(runs))
    print(f"{count} idle subscriptions: {after:.0f} of {before:.0f} PATCH/s, cost {1 - after / before:.0%} goal < 10%")


def aggregates(port: int, ids: list[str], count: int, seconds: float) -> None:
    """Hourly averages over one attribute's observations, one a minute, while eight connections write."""
    meter = {"id": "urn:ngsi-ld:Meter:1", "type": "Meter"}
    for first in range(0, count, 5_000):
        instances = [
            {"type": "Property", "value": (n * 7919) % 1000 / 10, "observedAt": _minute(n)}
            for n in range(first, min(count, first + 5_000))
        ]
        call(port, "POST", f"{BASE}/temporal/entities", {**meter, "level": instances})
    for period in ("PT1H", "P1D"):
        path = f"{PERIOD}&aggrPeriodDuration={period}&timerel=after&timeAt=2025-01-01T00:00:00Z"
        quiet = _times(port, path, seconds)
        with ThreadPoolExecutor(1) as pool:
            writing = pool.submit(load, port, patches(ids, []), 8, seconds + 0.5)
            busy = _times(port, path, seconds)
            rate = writing.result()
        for name, taken in ((f"beside {rate:.0f} PATCH/s", busy), ("quiet", quiet)):
            p95 = taken[int(len(taken) * 0.95)]
            print(
                f"aggregate {period} over {count} instances, {name}: median {statistics.median(taken):.0f} ms, "
                f"p95 {p95:.0f} ms goal 50"
            )


def _minute(n: int) -> str:
    return (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _times(port: int, path: str, seconds: float) -> list[float]:
    """Milliseconds of each answer over one connection, in ascending order."""
    connection = HTTPConnection("127.0.0.1", port, timeout=120)
    found: list[float] = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        begin = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        if answer.status != 200 or len(answer.read()) < 100:
            raise SystemExit(f"aggregate: HTTP {answer.status}")
        found.append((time.perf_counter() - begin) * 1000)
    return sorted(found)


def memory(process: subprocess.Popen[bytes]) -> int:
    """Bytes of a process that no file stands behind."""
    line = next(x for x in Path(f"/proc/{process.pid}/status").read_text().splitlines() if x.startswith("RssAnon"))
    return int(line.split()[1]) * 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entities", type=int, default=1_000)
    parser.add_argument("--observations", type=int, default=100_000)
    parser.add_argument("--idle", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args()
    folder, port, rng = Path(tempfile.mkdtemp(prefix="context-")), free_port(), random.Random(1)
    command = ["dajing", "context", "serve", "--auth", "none", "--history", "observed", "--port", str(port),
               "--store", str(folder / "live.db"), "--may-call", "127.0.0.0/8"]  # fmt: skip
    environment = {"DAJING_DATA": str(folder)}
    entities = [entity(n, rng) for n in range(options.entities)]
    ids = [str(e["id"]) for e in entities]
    print(f"load of the machine: {' '.join(f'{x:.1f}' for x in os.getloadavg())}")
    broker = start(command, port, environment)
    try:
        call(port, "POST", f"{BASE}/entityOperations/upsert", entities[:1])
        base = memory(broker)
        for n in range(0, len(entities), 1_000):
            call(port, "POST", f"{BASE}/entityOperations/upsert", entities[n : n + 1_000])
        loaded = memory(broker)
        load(port, itertools.cycle([request("GET", f"{BASE}/entities/{i}") for i in ids]), 32, options.seconds)
        read = memory(broker)
        print(
            f"memory of {len(ids)} entities over the base of {base / 2**20:.0f} MiB: {(loaded - base) / len(ids):.0f} "
            f"bytes each when written, {(read - base) / len(ids):.0f} when read, goal < 1000"
        )
        broker.terminate()
        broker.wait()
        begin = time.perf_counter()
        broker = start(command, port, environment)
        call(port, "GET", f"{BASE}/entities/{ids[-1]}")
        print(f"start with {len(ids)} entities: {time.perf_counter() - begin:.2f} s goal 2 s")
        notifications(port, ids, options.seconds)
        aggregates(port, ids, options.observations, options.seconds)
        idle(port, ids, options.seconds, options.idle)
    finally:
        broker.terminate()
        broker.wait()


if __name__ == "__main__":
    main()
