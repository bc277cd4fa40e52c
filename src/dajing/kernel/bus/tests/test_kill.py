"""A worker that is killed with SIGKILL in the middle of deliveries, again and again."""

import os
import signal
import subprocess
import sys
import time

import pytest
from pysqlite3 import dbapi2

EVENTS, KILLS = 400, 5
WORK = """
import sys, threading
from datetime import UTC, datetime
from dajing.kernel.web.start import start
start()
from django.db import connection, transaction
from dajing.kernel.bus.api import consumer, publish
from dajing.kernel.bus.dispatcher import Dispatcher

@consumer(topic="sample.made", name="t.effect")
def effect(event):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO effects(n) VALUES (%s)", [event.payload["n"]])

stop = threading.Event()
if sys.argv[1] == "fill":
    from django.core.management import call_command
    call_command("migrate", "bus", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE effects(n INTEGER)")
    with transaction.atomic():
        for n in range(int(sys.argv[2])):
            publish(topic="sample.made", payload={"n": n}, at=datetime.now(UTC))
else:
    Dispatcher(clock=lambda: datetime.now(UTC), stop=stop).run()
"""


@pytest.mark.fault
def test_every_event_takes_effect_exactly_once_though_the_worker_is_killed_five_times(tmp_path):
    environment = {**os.environ, "DAJING_DATA": str(tmp_path)}
    subprocess.run([sys.executable, "-c", WORK, "fill", str(EVENTS)], env=environment, check=True)
    rows = dbapi2.connect(str(tmp_path / "rows.db"), timeout=20)

    def count():
        return rows.execute("SELECT count(*) FROM effects").fetchone()[0]

    until = time.monotonic() + 120
    for kill in range(1, KILLS + 1):
        worker = subprocess.Popen([sys.executable, "-c", WORK, "work"], env=environment)
        while count() < kill * EVENTS // (KILLS + 2):
            assert time.monotonic() < until, "waited in vain"
            time.sleep(0.002)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        assert count() < EVENTS, "the kill came too late to show anything"
    worker = subprocess.Popen([sys.executable, "-c", WORK, "work"], env=environment)
    while count() < EVENTS:
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)
    worker.kill()
    worker.wait()
    assert [row[0] for row in rows.execute("SELECT n FROM effects ORDER BY n")] == list(range(EVENTS))
