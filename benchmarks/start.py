"""Start and size of the idle centre, and the price of a page: ``python benchmarks/start.py [PATH]``.

Prints (a) the time from ``dajing up`` on an empty and on a filled data directory to the first page, the memory
of all processes when idle, and (b) the time of one request of PATH, asked on the same machine one at a time,
beside a view that answers nothing and an empty page of the same frame: median of five interleaved rounds.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil

ROUNDS, REQUESTS = 5, 40
EMPTY = "/api/nothing"  # a Django view without a query behind all middleware: what the stack itself costs
FRAME = "/no-such-page"  # a page that has the frame and nothing in it: the empty page of the same stack


def port() -> int:
    """A free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def get(url: str) -> bool:
    """Whether the address answers with a page of Django's, found or not."""
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            answer.read()
    except urllib.error.HTTPError as error:
        error.read()
    except OSError:
        return False
    return True


def start(data: Path) -> tuple[subprocess.Popen[bytes], str, float]:
    """Run ``dajing up`` and wait for the first page; returns the process, the address, the seconds."""
    number, began = port(), time.perf_counter()
    command = [sys.executable, "-m", "dajing", "up", "--no-open", "--port", str(number), "--data", str(data)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{number}"
    while not get(address + "/"):
        time.sleep(0.02)
    return process, address, time.perf_counter() - began


def memory(process: subprocess.Popen[bytes]) -> dict[str, float]:
    """MiB of the supervisor and of each child, by what it runs; pages that they share are shared out (PSS) on Linux."""
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    shares = {p: p.memory_full_info() for p in family}
    return {f"{p.cmdline()[2]} {p.pid}": round(getattr(m, "pss", m.rss) / (1 << 20), 1) for p, m in shares.items()}


def milliseconds(url: str) -> float:
    """Mean wall time of one request on a kept machine, one at a time."""
    began = time.perf_counter()
    for _ in range(REQUESTS):
        get(url)
    return (time.perf_counter() - began) / REQUESTS * 1000


def main() -> None:
    """Measure and print one JSON object."""
    path = sys.argv[1] if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory(prefix="dajing-start-") as folder:
        data = Path(folder) / "data"
        process, _, empty_start = start(data)
        process.terminate()
        process.wait()
        process, address, warm_start = start(data)
        time.sleep(5)
        sizes = memory(process)
        result: dict[str, object] = {
            "start_on_empty_data_s": round(empty_start, 2),
            "warm_start_s": round(warm_start, 2),
            "idle_mib": sizes | {"sum": round(sum(sizes.values()), 1)},
            "cpus": os.cpu_count(),
            "load": os.getloadavg()[0],
        }
        rounds = [[milliseconds(address + shown) for shown in (EMPTY, FRAME, path or FRAME)] for _ in range(ROUNDS)]
        bare, empty, page = (statistics.median(column) for column in zip(*rounds, strict=True))
        result |= {"bare_view_ms": round(bare, 2), "empty_page_ms": round(empty, 2)}
        if path:
            result |= {"page": path, "page_ms": round(page, 2), "page_over_empty_page": round(page / empty, 2)}
        process.terminate()
        process.wait()
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
