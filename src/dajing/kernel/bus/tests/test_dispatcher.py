"""The threads of the bus, with a real row store."""

import threading
import time
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from dajing.kernel.bus import registry
from dajing.kernel.bus.api import consumer, publish
from dajing.kernel.bus.dispatcher import Dispatcher
from dajing.kernel.bus.models import Position

pytestmark = [pytest.mark.store_both, pytest.mark.django_db(transaction=True)]


def wait_for(condition, *, seconds=10):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


def say(n):
    with transaction.atomic():
        publish(topic="sample.made", payload={"n": n}, at=datetime.now(UTC))


@pytest.fixture
def running():
    stop = threading.Event()
    dispatcher = Dispatcher(clock=lambda: datetime.now(UTC), stop=stop)
    thread = threading.Thread(target=lambda: (dispatcher.run(), connection.close()))
    yield thread
    stop.set()
    thread.join()


def test_a_consumer_that_hangs_and_one_that_fails_delay_nobody(running):
    release, got = threading.Event(), []

    def hangs(event):
        release.wait(20)

    def fails(event):
        raise ValueError("no")

    def works(event):
        got.append(event.payload["n"])

    for name, effect in {"t.hangs": hangs, "t.fails": fails, "t.works": works}.items():
        consumer(topic="sample.made", name=name)(effect)
    try:
        running.start()
        say(1)
        wait_for(lambda: got == [1])
        say(2)  # the hanging consumer is in the middle of its transaction, and yet others can write
        wait_for(lambda: got == [1, 2])
        assert Position.objects.get(name="t.hangs").seq == 0
        wait_for(lambda: Position.objects.filter(name="t.fails", failures__gte=1).exists())
        release.set()
        wait_for(lambda: Position.objects.get(name="t.hangs").seq == 2)
    finally:
        release.set()
        for name in ("t.hangs", "t.fails", "t.works"):
            registry.unregister(name=name)
