"""``dajing up`` as whole processes: refused, crashed, killed, stopped."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import psutil
import pytest
from pysqlite3 import dbapi2

pytestmark = pytest.mark.fault


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Centre:
    def __init__(self, data):
        self.data, self.port = data, free_port()
        self.process = None

    def up(self):
        command = [sys.executable, "-m", "dajing", "up", "--demo", "none", "--no-open"]
        command += ["--port", str(self.port), "--data", str(self.data)]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        return self

    def children(self):
        rows = json.loads((self.data / "processes.json").read_text())["children"]
        return {row["name"]: row["pid"] for row in rows}

    def answers(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=1) as answer:
                return answer.status == 200
        except OSError:
            return False


def wait_for(condition, *, seconds=60):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


def gone(pid):
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.fixture
def centre(tmp_path):
    made = Centre(tmp_path / "data").up()
    wait_for(made.answers)
    yield made
    if made.process.poll() is None:
        made.process.terminate()
        made.process.wait(20)


def test_a_second_up_on_the_same_data_refuses_and_the_first_goes_on(centre):
    second = Centre(centre.data).up()
    _, said = second.process.communicate(timeout=60)
    assert second.process.returncode == 2
    assert f"正由进程 {centre.process.pid} 使用" in said
    assert f"in use by process {centre.process.pid}" in said
    assert centre.answers()


def test_a_taken_port_is_refused_before_anything_is_started(centre, tmp_path):
    other = Centre(tmp_path / "other")
    other.port = centre.port
    _, said = other.up().process.communicate(timeout=60)
    assert other.process.returncode == 2
    assert "is taken by another program" in said
    assert not (other.data / "rows.db").exists()


def test_a_killed_child_is_started_again_and_the_other_is_left_alone(centre):
    before = centre.children()
    os.kill(before["web"], signal.SIGKILL)
    wait_for(lambda: centre.children()["web"] not in {before["web"], None} and centre.answers())
    assert centre.children()["worker"] == before["worker"]


def test_when_the_supervisor_is_killed_nothing_is_left_and_the_next_start_works(centre):
    children = centre.children()
    os.kill(centre.process.pid, signal.SIGKILL)
    centre.process.wait()
    wait_for(lambda: all(gone(pid) for pid in children.values()), seconds=10)
    centre.up()
    wait_for(centre.answers)


def test_an_orderly_stop_ends_every_process_with_code_zero(centre):
    children = centre.children()
    centre.process.terminate()
    assert centre.process.wait(20) == 0
    assert all(gone(pid) for pid in children.values())
    assert not (centre.data / "processes.json").exists()


def test_a_migration_that_is_killed_at_any_moment_leaves_nothing_half_done(tmp_path):
    environment = {**os.environ, "DAJING_DATA": str(tmp_path / "data"), "DAJING_DEMO": "none"}
    command = [sys.executable, "-m", "dajing", "manage", "migrate", "--verbosity", "1", "--no-input"]
    kills = 0
    while True:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        applied = 0
        for line in process.stdout:
            applied += "... OK" in line
            if applied == 6:  # in the middle: some are done, the next has begun
                process.kill()
                break
        process.stdout.close()
        if process.wait() == 0:
            break
        assert process.returncode == -signal.SIGKILL
        kills += 1
    assert kills > 1
    rows = dbapi2.connect(str(tmp_path / "data" / "rows.db"))
    assert rows.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    killed = schema(rows)
    whole = tmp_path / "whole"
    subprocess.run(command, env=environment | {"DAJING_DATA": str(whole)}, check=True, capture_output=True)
    assert killed == schema(dbapi2.connect(str(whole / "rows.db")))


def schema(connection):
    query = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
    return sorted(connection.execute(query).fetchall(), key=str)
