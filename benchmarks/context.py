"""The broker beside the shortest honest programs (``context_bare``), in one run: rates and their ratios.

    python benchmarks/context.py [--entities 1000] [--runs 3] [--seconds 2] [--connections 32] [--only PATCH]

Client and servers share the machine. The rates fall with its load; the ratios are what counts. The broker runs without
tokens here, with history of every attribute that carries observedAt. Queries go over four connections, so that it is
busy all the time while the client reads; their baseline runs in the client, without HTTP.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import math
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import apsw
import httptools
import msgspec

HERE = Path(__file__).resolve().parent
GOALS = {"GET by id": 0.5, "PATCH on disk": 0.6, "batch upsert": 0.25, "type + q": 1 / 3, "near": 1 / 3}
BATCH = 1000  # entities of one call, and of one raw commit
VERSIONS = 8  # of the readings that batches bring
TIME = "2026-01-01T00:00:00Z"


def entity(n: int, rng: random.Random) -> dict[str, object]:
    """A synthetic lamp of five attributes, about 550 bytes."""
    return {
        "id": f"urn:ngsi-ld:Streetlight:{n}", "type": "Streetlight",
        "powerState": {"type": "Property", "value": rng.choice(["on", "off"])},
        "illuminanceLevel": {"type": "Property", "value": round(rng.random(), 3), "unitCode": "P1"},
        "power": {"type": "Property", "value": n % 1000, "unitCode": "WTT", "observedAt": TIME},
        "refArea": {"type": "Relationship", "object": f"urn:ngsi-ld:Area:{n % 20}"},
        "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [
            round(114 + rng.random() * 2, 6), round(40 + rng.random() * 2, 6)]}},
    }  # fmt: skip


class Client(asyncio.Protocol):
    """One connection that sends the next request as soon as the answer is complete."""

    def __init__(self, requests: Iterator[bytes], until: float) -> None:
        self.requests, self.until = requests, until
        self.done, self.bad = 0, 0
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        transport.write(next(self.requests))  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_complete(self) -> None:
        self.done += 1
        self.bad += self.parser.get_status_code() >= 300
        if time.perf_counter() < self.until:
            self.parser = httptools.HttpResponseParser(self)
            self.transport.write(next(self.requests))  # type: ignore[attr-defined]
        elif not self.finished.done():
            self.finished.set_result(None)


async def _load(port: int, requests: Iterator[bytes], connections: int, seconds: float) -> float:
    loop = asyncio.get_running_loop()
    begin = time.perf_counter()
    clients = [
        (await loop.create_connection(lambda: Client(requests, begin + seconds), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    await asyncio.gather(*(client.finished for client in clients))
    for client in clients:
        client.transport.close()
    if any(client.bad for client in clients):
        raise SystemExit(f"{sum(c.bad for c in clients)} answers were errors")
    return sum(client.done for client in clients) / (time.perf_counter() - begin)


def load(port: int, requests: Iterator[bytes], connections: int, seconds: float) -> float:
    """Requests per second over that many connections."""
    return asyncio.run(_load(port, requests, connections, seconds))


def request(method: str, path: str, body: object = None) -> bytes:
    """The bytes of one request."""
    data = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\n"
    if data:
        head += f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n"
    return head.encode() + b"\r\n" + data


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(command: list[str], port: int, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """A server, once it accepts connections."""
    source = os.pathsep.join([str(HERE.parent / "src"), str(HERE)])
    process = subprocess.Popen(
        [sys.executable, "-m", *command], env={**os.environ, "PYTHONPATH": source, **environment}
    )
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return process
        except OSError:
            time.sleep(0.05)
    raise SystemExit("the server did not start")


def readings(entities: list[dict[str, object]], rng: random.Random) -> list[list[dict[str, object]]]:
    """Further versions of the same lamps: what they measure is another each time."""
    power = {"type": "Property", "unitCode": "WTT", "observedAt": TIME}
    light = {"type": "Property", "unitCode": "P1"}
    return [
        [
            {
                **e,
                "power": {**power, "value": rng.randrange(1000)},
                "illuminanceLevel": {**light, "value": rng.random()},
            }
            for e in entities[:BATCH]
        ]
        for _ in range(VERSIONS)
    ]


def batches(versions: list[list[dict[str, object]]]) -> Iterator[bytes]:
    """Upserts of new readings, each a second later than the one before."""
    path = "/ngsi-ld/v1/entityOperations/upsert?options=update"
    bodies = [request("POST", path, version) for version in versions]
    for n in itertools.count():
        later = (datetime(2026, 1, 2, tzinfo=UTC) + timedelta(seconds=n)).strftime("%Y-%m-%dT%H:%M:%SZ")
        yield bodies[n % len(bodies)].replace(TIME.encode(), later.encode())


def raw_commits(folder: Path, versions: list[list[dict[str, object]]], seconds: float) -> float:
    """Entities per second that SQLite alone takes in durable commits of 1,000 ready rows, without an index."""
    rows = [[(str(e["id"]), json.dumps(e).encode()) for e in version] for version in versions]
    return _commits(folder, "id TEXT PRIMARY KEY, doc BLOB", lambda n: rows[n % len(rows)], seconds)


def read_commits(folder: Path, versions: list[list[dict[str, object]]], seconds: float) -> float:
    """The same for who is sent JSON and must find entities by type and place: what any broker has to do at least."""
    bodies = [json.dumps(version).encode() for version in versions]

    def rows(n: int) -> list[tuple[object, ...]]:
        found = []
        for raw in msgspec.json.decode(bodies[n % len(bodies)], type=list[msgspec.Raw]):
            entity = msgspec.json.decode(raw)
            east, north = entity["location"]["value"]["coordinates"]
            cell = int((north + 90) * 64) * 23040 + int((east + 180) * 64)
            found.append((entity["id"], bytes(raw), entity["type"], cell))
        return found

    columns = "id TEXT PRIMARY KEY, doc BLOB, type TEXT, cell INTEGER"
    return _commits(folder, columns, rows, seconds, index="CREATE INDEX found ON e(type, cell)")


def row_commits(store: Path, folder: Path, versions: list[list[dict[str, object]]], seconds: float) -> float:
    """The same for ready rows of every table that such a batch changes in the broker's own file: a copy of it."""
    copy = folder / f"rows{time.monotonic_ns()}.db"
    apsw.Connection(str(store), flags=apsw.SQLITE_OPEN_READONLY).execute("VACUUM INTO ?", (str(copy),))
    db = apsw.Connection(str(copy))
    db.pragma("journal_mode", "wal")
    db.pragma("synchronous", "full")
    db.pragma("wal_autocheckpoint", 10_000)
    stored = {i: (k, doc) for i, k, doc in db.execute("SELECT id, k, doc FROM entity")}
    attrs = [db.execute(f"SELECT {_term(f'default-context/{n}')}").get for n in ("power", "illuminanceLevel")]
    db.execute("DELETE FROM number")
    documents = [(stored[str(e["id"])][1], stored[str(e["id"])][0]) for e in versions[0]]
    numbers = [
        [(attr, e[n]["value"], k) for e, (_, k) in zip(version, documents, strict=True)  # type: ignore[index]
         for attr, n in zip(attrs, ("power", "illuminanceLevel"), strict=True)]
        for version in versions
    ]  # fmt: skip
    number = "INSERT INTO number(attr, value, k) VALUES (?, ?, ?)"
    seen = (
        "INSERT INTO instance(k, attr, dataset, instance, observed, created, modified, deleted, value, doc) "
        "VALUES (?, ?, NULL, '', ?, 0, 0, NULL, ?, ?)"
    )
    db.executemany(number, numbers[-1])
    doc = b"x" * 150
    begin, n = time.perf_counter(), 0
    while time.perf_counter() - begin < seconds:
        new = numbers[n % len(numbers)]
        with db:
            db.executemany("UPDATE entity SET doc=? WHERE k=?", documents)
            db.executemany("DELETE FROM number WHERE attr=? AND value=? AND k=?", numbers[(n - 1) % len(numbers)])
            db.executemany(number, new)
            db.executemany(seen, [(k, attr, 10**15 + n, value, doc) for attr, value, k in new[::2]])
        n += 1
    return n * len(documents) / (time.perf_counter() - begin)


def _commits(
    folder: Path, columns: str, rows: Callable[[int], list[tuple[object, ...]]], seconds: float, index: str = ""
) -> float:
    db = apsw.Connection(str(folder / f"raw{time.monotonic_ns()}.db"))
    db.pragma("journal_mode", "wal")
    db.pragma("synchronous", "full")
    db.pragma("wal_autocheckpoint", 10_000)
    db.execute(f"CREATE TABLE e({columns}); {index}")
    names = [column.split()[0] for column in columns.split(", ")]
    put = ", ".join(f"{name}=excluded.{name}" for name in names[1:])
    sql = f"INSERT INTO e VALUES ({', '.join('?' * len(names))}) ON CONFLICT(id) DO UPDATE SET {put}"
    begin, count, n = time.perf_counter(), 0, 0
    while time.perf_counter() - begin < seconds:
        part = rows(n)
        with db:
            db.executemany(sql, part)
        count, n = count + len(part), n + 1
    return count / (time.perf_counter() - begin)


def raw_query(store: Path, statements: list[str], seconds: float) -> float:
    """Queries per second of the bare indexed SQL on the broker's own file, one statement after the other."""
    db = apsw.Connection(str(store), flags=apsw.SQLITE_OPEN_READONLY, statementcachesize=200)
    begin, count = time.perf_counter(), 0
    while time.perf_counter() - begin < seconds:
        list(db.execute(statements[count % len(statements)]))
        count += 1
    return count / (time.perf_counter() - begin)


def _term(name: str) -> str:
    return f"(SELECT n FROM term WHERE iri='https://uri.etsi.org/ngsi-ld/{name}')"


def bare_q(least: int) -> str:
    """The SQL that returns what ``type=Streetlight&q=power>least`` does."""
    lamps = f"SELECT k FROM kind WHERE type={_term('default-context/Streetlight')}"
    strong = f"SELECT 1 FROM number x WHERE x.k=e.k AND x.attr={_term('default-context/power')} AND x.value>{least}"
    return f"SELECT e.doc FROM entity e WHERE e.k IN ({lamps}) AND EXISTS ({strong}) ORDER BY e.k LIMIT 20"


def bare_near(east: float, north: float, metres: float = 20_000) -> str:
    """The SQL that returns what ``near`` does: cells of the index around the position, then the great circle."""
    tall = math.degrees(metres / 6_371_008.8)
    wide = tall / math.cos(math.radians(north + tall))
    first, last = int((east - wide + 180) * 64), int((east + wide + 180) * 64)
    spans = " OR ".join(
        f"(attr={_term('location')} AND cell BETWEEN {row * 23040 + first} AND {row * 23040 + last})"
        for row in range(int((north - tall + 90) * 64), int((north + tall + 90) * 64) + 1)
    )
    half = (
        f"pow(sin(radians(north - {north}) / 2), 2) + "
        f"cos(radians({north})) * cos(radians(north)) * pow(sin(radians(east - {east}) / 2), 2)"
    )
    return (
        f"SELECT e.doc FROM entity e WHERE e.k IN (SELECT k FROM place WHERE ({spans}) "
        f"AND 2 * 6371008.8 * asin(sqrt({half})) <= {metres}) ORDER BY e.k LIMIT 20"
    )


def scenarios(
    ours: int, bare: int, store: Path, folder: Path, entities: list[dict[str, object]], options: argparse.Namespace
) -> dict[str, tuple[Callable[[], float], Callable[[], float]]]:
    """Name -> (the broker's rate, the baseline's rate)."""
    base, rng, seconds, width = "/ngsi-ld/v1", random.Random(2), options.seconds, options.connections
    ids = [str(e["id"]) for e in entities]
    gets = [request("GET", f"{base}/entities/{i}") for i in ids]
    values = itertools.count()

    def patches() -> Iterator[bytes]:
        for n in values:
            yield request("PATCH", f"{base}/entities/{rng.choice(ids)}/attrs", {"powerState": {"value": f"v{n}"}})

    posts = [request("POST", "/", e) for e in entities]
    versions = readings(entities, rng)
    size = len(versions[0])
    upserts = batches(versions)

    def upsert() -> float:
        return size * load(ours, upserts, 4, seconds)

    q = [request("GET", f"{base}/entities?type=Streetlight&q=power%3E{n}&limit=20") for n in range(0, 900, 7)]
    near = [request("GET", f"{base}/entities?type=Streetlight&georel=near%3BmaxDistance%3D%3D20000&geometry=Point"
                    f"&coordinates=%5B{114.3 + n / 100},{40.3 + n / 100}%5D&limit=20") for n in range(100)]  # fmt: skip
    sql_q = [bare_q(n) for n in range(0, 900, 7)]
    sql_near = [bare_near(114.3 + n / 100, 40.3 + n / 100) for n in range(100)]

    def ask(port: int, pool: list[bytes], connections: int = width) -> Callable[[], float]:
        return lambda: load(port, itertools.cycle(pool), connections, seconds)

    return {
        "GET by id": (ask(ours, gets), ask(bare, [request("GET", "/")])),
        "PATCH on disk": (lambda: load(ours, patches(), width, seconds), ask(bare, posts)),
        "batch upsert": (upsert, lambda: raw_commits(folder, versions, seconds)),
        "batch, read": (upsert, lambda: read_commits(folder, versions, seconds)),
        "batch, rows": (upsert, lambda: row_commits(store, folder, versions, seconds)),
        "type + q": (ask(ours, q, 4), lambda: raw_query(store, sql_q, seconds)),
        "near": (ask(ours, near, 4), lambda: raw_query(store, sql_near, seconds)),
    }


def main() -> None:
    """Measure, interleaved, and print medians with their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entities", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--only", default="", help="part of a row's name")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="context-"))
    rng = random.Random(1)
    entities = [entity(n, rng) for n in range(options.entities)]
    ours, bare, store = free_port(), free_port(), folder / "live.db"
    serve = ["dajing", "context", "serve", "--auth", "none", "--history", "observed", "--port", str(ours)]
    environment = {
        "BARE_BODY": json.dumps(entities[0]),
        "BARE_STORE": str(folder / "bare.db"),
        "DAJING_DATA": str(folder),
    }
    broker = start([*serve, "--store", str(store)], ours, environment)
    plain = start(["uvicorn", "context_bare:app", "--port", str(bare), "--log-level", "warning", "--no-access-log",
                   "--lifespan", "off"], bare, environment)  # fmt: skip
    try:
        begin = time.perf_counter()
        for n in range(0, len(entities), 1000):
            body = request("POST", "/ngsi-ld/v1/entityOperations/upsert", entities[n : n + 1000])
            asyncio.run(_load(ours, iter([body]), 1, 0.0))
        print(f"{options.entities} entities loaded in {time.perf_counter() - begin:.1f} s (synthetic)")
        for name, (mine, theirs) in scenarios(ours, bare, store, folder, entities, options).items():
            if options.only not in name:
                continue
            pairs = [(mine(), theirs()) for _ in range(options.runs)]
            own, other = (statistics.median(p[i] for p in pairs) for i in (0, 1))
            goal = f"goal {GOALS[name]:.2f}" if name in GOALS else "(no goal: where the distance lies)"
            print(f"{name:14s} {own:10.0f}/s  baseline {other:10.0f}/s  ratio {own / other:5.2f}  {goal}")
    finally:
        for process in (broker, plain):
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
