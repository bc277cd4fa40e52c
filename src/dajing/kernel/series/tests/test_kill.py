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
READ = """
import msgspec
from dajing.kernel.catalog.api import relation
print(msgspec.json.encode(relation(stream="trial.killed").to_pyarrow()["n"].to_pylist()).decode())
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


@pytest.fixture
def run(tmp_path):
    """Runs Python in an installation of its own; gives exit code and output."""
    environment = os.environ | {"DAJING_DATA": str(tmp_path), "PYTHONPATH": str(REPOSITORY / "src"), "DAJING_ROWS": ""}

    def python(code):
        command = [sys.executable, "-c", PRELUDE + code]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout + done.stderr * (done.returncode > 0)

    assert python("from django.core.management import call_command; call_command('migrate', verbosity=0)") == (0, "")
    python.environment = environment
    return python


def _numbers(run):
    code, output = run(READ)
    assert code == 0, output
    return sorted(msgspec.json.decode(output))


@pytest.mark.parametrize("death", DEATHS)
def test_a_flush_killed_at_this_step_is_finished_by_the_next(run, death):
    assert run("more(0); flush(); more(10)")[0] == 0
    assert run(DEATHS[death] + "\nflush()")[0] == -signal.SIGKILL
    assert _numbers(run) == list(range(20))
    assert run("more(20)")[0] == 0
    assert _numbers(run) == list(range(30))
    code, output = run("print(flush().facts)")
    assert (code, output.strip()) == (0, "20")
    assert _numbers(run) == list(range(30))


def test_kills_at_random_moments_lose_nothing_that_was_acknowledged(run):
    acknowledged, rng = 0, random.Random(7)
    for _ in range(6):
        code = f"""
first = {acknowledged + 1000}
for turn in range(10_000):
    more(first + turn, 1)
    print(first + turn, flush=True)
    if turn % 5 == 4:
        flush()
"""
        command = [sys.executable, "-c", PRELUDE + code]
        child = subprocess.Popen(command, env=run.environment, stdout=subprocess.PIPE, text=True)
        first = int(child.stdout.readline())
        time.sleep(rng.uniform(0.05, 1.5))
        child.send_signal(signal.SIGKILL)
        seen = [first, *(int(line) for line in child.communicate()[0].split())]
        numbers = _numbers(run)
        assert len(numbers) == len(set(numbers))
        assert set(seen) <= set(numbers)
        acknowledged = max(numbers)
    assert run("flush()")[0] == 0
    assert _numbers(run) == numbers
