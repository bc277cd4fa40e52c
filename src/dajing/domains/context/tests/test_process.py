"""The broker as the third process of ``dajing up``."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dajing.domains.context import doctor
from dajing.kernel.settings import Settings

pytestmark = pytest.mark.fault


def _wait(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.1)


def _status(port: int, path: str) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def test_up_runs_the_broker_which_demands_tokens_and_comes_back_after_a_kill(tmp_path: Path) -> None:
    with socket.socket() as people, socket.socket() as machines:
        people.bind(("127.0.0.1", 0))
        machines.bind(("127.0.0.1", 0))
        port, machine = people.getsockname()[1], machines.getsockname()[1]
    command = [sys.executable, "-m", "dajing", "up", "--demo", "none", "--no-open", "--port", str(port)]
    environment = {**os.environ, "DAJING_MACHINE_PORT": str(machine), "PYTHONPATH": os.pathsep.join(sys.path)}
    centre = subprocess.Popen([*command, "--data", str(tmp_path / "data")], env=environment, stderr=subprocess.DEVNULL)

    def pid() -> int:
        rows = json.loads((tmp_path / "data" / "processes.json").read_text())["children"]
        return int(next(row["pid"] for row in rows if row["name"] == "context") or 0)

    try:
        _wait(lambda: _status(machine, "/health") == 200)
        assert _status(machine, "/ngsi-ld/v1/types") == 401
        known = Settings(data=tmp_path / "data", demo="none")  # its own machine port is another than the running one's
        assert doctor.broker(known, datetime.now(UTC)).state == "good"
        before = pid()
        os.kill(before, signal.SIGKILL)
        _wait(lambda: pid() not in (0, before) and _status(machine, "/health") == 200)
    finally:
        centre.terminate()
        assert centre.wait(30) == 0
