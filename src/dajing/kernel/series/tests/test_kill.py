"""A process killed at any step of a flush neither loses nor doubles a fact."""

import os
import random
import signal
import subprocess
import sys
import time

import msgspec
import pytest

from dajing.kernel.settings import REPOSITORY

pytestmark = pytest.mark.fault

PRELUDE = """
import os, signal, sys
from datetime import UTC, datetime
from dajing.kernel.web.start import start
start()
from dajing.kernel.series import flushing
from dajing.kernel.series.api import append, declare
declare(stream="trial.killed", columns={"n": "int64"})
NOW = datetime(2026, 3, 1, tzinfo=UTC)
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
def more(first, count=10):
    append(stream="trial.killed", facts=[{"n": n} for n in range(first, first + count)], known_at=NOW)
def flush():
    return flushing.flush(stream="trial.killed", at=NOW)
"""
CHECK = """
from dajing.kernel.catalog.api import relation
def numbers():
    return sorted(relation(stream="trial.killed").to_pyarrow()["n"].to_pylist())
"""
DEATHS = {
    "after the claim": "flushing._move = die",
    "while the file is written": "flushing._parts = lambda *_: (die() for _ in (1,))",
    "after the file, before the commit": """
real = flushing.write_file
def write_file(**given):
    real(**given)
    die()
flushing.write_file = write_file
""",
    "after the commit, before the trim": "flushing._trim = die",
}


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """Starts Python in a migrated installation; starts are slow, so the tests share it."""
    folder = tmp_path_factory.mktemp("killed")
    environment = os.environ | {"DAJING_DATA": str(folder), "PYTHONPATH": str(REPOSITORY / "src"), "DAJING_ROWS": ""}

    def python(code, stream="trial.killed"):
        command = [sys.executable, "-c", (PRELUDE + code).replace("trial.killed", stream)]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    migrate = python("from django.core.management import call_command; call_command('migrate', verbosity=0)")
    assert migrate.wait(120) == 0, migrate.stderr.read()
    return python


def _answer(process):
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return [msgspec.json.decode(line) for line in output.splitlines()]


@pytest.mark.parametrize("death", DEATHS)
def test_a_flush_killed_at_this_step_is_finished_by_the_next(installation, death):
    stream = f"trial.killed_{list(DEATHS).index(death)}"
    killed = installation("more(0); flush(); more(10)\n" + DEATHS[death] + "\nflush()", stream=stream)
    killed.communicate(timeout=120)
    assert killed.returncode == -signal.SIGKILL
    before, during, moved, after = _answer(
        installation(
            CHECK + "print(numbers()); more(20); print(numbers()); print(flush().facts); print(numbers())",
            stream=stream,
        )
    )
    assert before == list(range(20))
    assert during == after == list(range(30))
    assert moved == 20


def test_kills_at_random_moments_lose_nothing_that_was_acknowledged(installation):
    rng, first = random.Random(7), 0
    for _ in range(2):
        child = installation(
            CHECK
            + f"""
import json
print(json.dumps(numbers()), flush=True)
for n in range({first}, 100_000):
    more(n, 1)
    print(n, flush=True)
    if n % 5 == 4:
        flush()
"""
        )
        child.stdout.readline()
        ready = int(child.stdout.readline())
        time.sleep(rng.uniform(0.05, 1.5))
        child.send_signal(signal.SIGKILL)
        acknowledged = [ready, *(int(line) for line in child.communicate()[0].split())]
        (numbers,) = _answer(installation(CHECK + "print(numbers())"))
        assert numbers == list(range(len(numbers))), "a fact was lost or doubled"
        assert acknowledged[-1] in (numbers[-1], numbers[-1] - 1), "at most the fact being written was not acknowledged"
        first = len(numbers)
