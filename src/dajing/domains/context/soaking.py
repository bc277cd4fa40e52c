"""A mixed load for as long as one likes on a broker of its own: does memory stay flat, is anything lost?"""

from __future__ import annotations

import http.server
import itertools
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from dajing.kernel.text import Refusal, Text

type Json = dict[str, Any]
BASE = "/ngsi-ld/v1"
ENTITIES = 200
WRITERS = 3
PATIENCE = 30.0  # seconds that the last notifications may take
NEAR = "georel=near%3BmaxDistance%3D%3D5000&geometry=Point&coordinates=%5B114.9%2C40.8%5D"


class BrokerDidNotStart(Refusal):
    """The broker of the soak accepts no connections."""

    text = Text(
        zh="为长时间试验启动的中枢在 30 秒内没有响应。请查看上面的输出。",
        en="The broker started for the soak did not answer within 30 seconds. See its output above.",
    )


class Soaked(msgspec.Struct, kw_only=True):
    """What happened so far: acknowledged writes, answered queries, notifications, errors, bytes of memory."""

    minutes: float = 0.0
    written: int = 0
    asked: int = 0
    notified: int = 0
    failed: int = 0
    memory: int = 0
    lost: int = 0


class Told:
    """Which values of which entity a subscriber was told of; a long run keeps only what came out of order."""

    def __init__(self) -> None:
        self._through: dict[str, int] = {}  # told of every value up to this one
        self._beyond: dict[str, set[int]] = {}
        self.count = 0

    def add(self, name: str, value: int) -> None:
        """Note one notification; one that is repeated counts once."""
        beyond, through = self._beyond.setdefault(name, set()), self._through.get(name, 0)
        if value <= through or value in beyond:
            return
        self.count += 1
        beyond.add(value)
        while through + 1 in beyond:
            through += 1
            beyond.remove(through)
        self._through[name] = through

    def lacking(self, wanted: dict[str, int]) -> int:
        """How many of the values 1 … ``wanted`` it was not told of."""
        return sum(
            max(0, last - self._through.get(name, 0)) - sum(v <= last for v in self._beyond.get(name, ()))
            for name, last in wanted.items()
        )


def soak(*, minutes: float, every: float, tell: Callable[[Soaked], None]) -> Soaked:
    """Write, ask and notify for ``minutes``; ``tell`` is called each ``every`` seconds. ``lost`` counts at the end.

    Lost are entities that hold less than was acknowledged, and updates that the subscriber was not told of. Raises
    ``BrokerDidNotStart``.
    """
    state = Soaked()
    told = Told()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder, _subscriber(told) as target, _broker(folder) as running:
        process, port = running
        _call(port, "POST", f"{BASE}/entityOperations/upsert", [_lamp(n) for n in range(ENTITIES)])
        _call(port, "POST", f"{BASE}/subscriptions", _subscription(target))
        written: list[dict[str, int]] = [{} for _ in range(WRITERS)]
        stop = threading.Event()
        works = [lambda part=n: _write(port, part, written[part], state, stop) for n in range(WRITERS)]
        threads = [threading.Thread(target=work, daemon=True) for work in [*works, lambda: _ask(port, state, stop)]]
        begin = time.monotonic()
        for thread in threads:
            thread.start()
        while (now := time.monotonic() - begin) < minutes * 60:
            stop.wait(min(every, max(0.1, minutes * 60 - now)))
            state.minutes, state.memory = (time.monotonic() - begin) / 60, _memory(process.pid)
            state.notified = told.count
            tell(state)
        stop.set()
        for thread in threads:
            thread.join(60)
        wanted = {name: value for part in written for name, value in part.items()}
        state.lost = _missing(port, wanted) + _untold(told, wanted)
        state.notified = told.count
    return state


def _untold(told: Told, wanted: dict[str, int]) -> int:
    """Updates without a notification, once what is under way had time to arrive."""
    until = time.monotonic() + PATIENCE
    while (lacking := told.lacking(wanted)) and time.monotonic() < until:
        time.sleep(0.1)
    return lacking


def _missing(port: int, wanted: dict[str, int]) -> int:
    """Entities whose value is older than what was acknowledged."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    lost = 0
    for name, value in wanted.items():
        found = msgspec.json.decode(_one(connection, "GET", f"{BASE}/entities/{quote(name, safe=':')}"))
        lost += found["power"]["value"] < value
    return lost


def _write(port: int, part: int, written: dict[str, int], state: Soaked, stop: threading.Event) -> None:
    """Count each entity of this part upwards by PATCH; every value is written once and acknowledged."""
    names = [f"urn:ngsi-ld:SoakLamp:{n}" for n in range(ENTITIES) if n % WRITERS == part]
    turn = itertools.cycle(names)
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    start = time.time()
    while not stop.is_set():
        name = next(turn)
        value = written.get(name, 0) + 1
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(start + value))
        body = {"power": {"type": "Property", "value": value, "observedAt": at}}
        try:
            _one(connection, "PATCH", f"{BASE}/entities/{quote(name, safe=':')}/attrs", body)
        except (OSError, RuntimeError):
            state.failed += 1
            connection.close()
            continue
        written[name] = value
        state.written += 1


def _ask(port: int, state: Soaked, stop: threading.Event) -> None:
    """Queries of every kind, one after the other."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    for turn in itertools.count():
        if stop.is_set():
            return
        n = turn * 37 % ENTITIES
        for path in (
            f"entities/urn:ngsi-ld:SoakLamp:{n}", f"entities?type=SoakLamp&q=power%3E{n}&limit=20",
            f"entities?type=SoakLamp&{NEAR}&count=true", f"temporal/entities/urn:ngsi-ld:SoakLamp:{n}?lastN=20",
            "types",
        ):  # fmt: skip
            try:
                _one(connection, "GET", f"{BASE}/{path}")
                state.asked += 1
            except (OSError, RuntimeError):
                state.failed += 1
                connection.close()
        stop.wait(0.02)


def _one(connection: HTTPConnection, method: str, path: str, body: object = None) -> bytes:
    data = None if body is None else msgspec.json.encode(body)
    connection.request(method, path, data, {"Content-Type": "application/json"} if data else {})
    answer = connection.getresponse()
    found = answer.read()
    if answer.status >= 300:
        raise RuntimeError(f"{method} {path}: HTTP {answer.status} {found[:200]!r}")
    return found


def _call(port: int, method: str, path: str, body: object) -> None:
    _one(HTTPConnection("127.0.0.1", port, timeout=60), method, path, body)


def _lamp(n: int) -> Json:
    place = {"type": "Point", "coordinates": [114.85 + n / 2_000, 40.75 + n / 2_000]}
    return {"id": f"urn:ngsi-ld:SoakLamp:{n}", "type": "SoakLamp", "power": 0, "location": place}


def _subscription(target: int) -> Json:
    return {
        "id": "urn:ngsi-ld:Subscription:soak", "type": "Subscription", "entities": [{"type": "SoakLamp"}],
        "watchedAttributes": ["power"],
        "notification": {"attributes": ["power"], "endpoint": {"uri": f"http://127.0.0.1:{target}/"}},
    }  # fmt: skip


@contextmanager
def _subscriber(told: Told) -> Iterator[int]:
    """A server on loopback that notes every notification; its port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            found = msgspec.json.decode(self.rfile.read(int(self.headers["Content-Length"])))
            for entity in found["data"]:
                told.add(entity["id"], entity["power"]["value"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: there are thousands."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()


@contextmanager
def _broker(folder: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A broker over a fresh store, and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "dajing", "context", "serve", "--auth", "none", "--port", str(port),
               "--store", str(Path(folder) / "live.db"), "--may-call", "127.0.0.0/8"]  # fmt: skip
    process = subprocess.Popen(command, env={**os.environ, "DAJING_DATA": folder})  # noqa: S603 - our own program
    try:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                break
            except OSError:
                time.sleep(0.1)
        else:
            raise BrokerDidNotStart()
        yield process, port
    finally:
        process.terminate()
        process.wait(30)


def _memory(pid: int) -> int:
    """Bytes that a process holds and no file stands behind; 0 where the system does not say."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon")), 0)
