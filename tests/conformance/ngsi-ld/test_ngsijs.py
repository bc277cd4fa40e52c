"""NGSI.js (ngsijs 1.4.1, Ficodes) as a client: taken from the npm registry into a folder of its own, never shipped."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.long
PACKAGE = "ngsijs@1.4.1"
STEPS = Path(__file__).with_name("ngsijs.js")


@pytest.fixture
def client(tmp_path: Path) -> Path:
    """The folder of the package."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("needs node and npm")
    got = subprocess.run(["npm", "install", "--silent", PACKAGE], cwd=tmp_path, capture_output=True, text=True)
    if got.returncode:
        pytest.skip(f"{PACKAGE} cannot be had: {got.stderr[-200:]}")
    return tmp_path / "node_modules" / "ngsijs"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[str]:
    """The address of a lenient broker of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "dajing", "context", "serve", "--auth", "none", "--lenient", "--port", str(port)]
    environment = {**os.environ, "DAJING_DATA": str(tmp_path / "data"), "PYTHONPATH": os.pathsep.join(sys.path)}
    running = subprocess.Popen([*command, "--may-call", "127.0.0.0/8"], env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait(f"http://127.0.0.1:{port}/health")
        yield f"http://127.0.0.1:{port}/"
    finally:
        running.terminate()
        running.wait(30)


def _wait(url: str) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            assert time.monotonic() < until, "the broker did not start"
            time.sleep(0.1)


def test_every_step_of_the_javascript_client_holds(broker: str, client: Path) -> None:
    done = subprocess.run(["node", str(STEPS), broker, str(client)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("ok ") >= 24
