"""The consumer contract over NATS JetStream, with a real server from the wheel."""

import shutil
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection, transaction

from dajing.engines.nats_bus import connect
from dajing.kernel.bus import registry, source
from dajing.kernel.bus.api import consumer, publish
from dajing.kernel.bus.delivery import deliver
from dajing.kernel.bus.dispatcher import Dispatcher
from dajing.kernel.bus.models import Position
from dajing.kernel.bus.transport import BusUnknown, Relay, Remote
from dajing.kernel.bus.transport import connect as by_url

pytestmark = [pytest.mark.bus, pytest.mark.django_db(transaction=True)]
NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


class Server:
    def __init__(self, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder = folder
        self.process = None

    @property
    def url(self):
        return f"nats://127.0.0.1:{self.port}"

    def start(self):
        binary = shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which("nats-server")
        command = [binary, "-js", "-sd", str(self.folder), "-a", "127.0.0.1", "-p", str(self.port)]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("nats-server did not start")

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server(tmp_path):
    made = Server(tmp_path)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def bus(server):
    made = connect(url=server.url)
    yield made
    made.close()


def say(count, first=0):
    with transaction.atomic():
        for n in range(first, first + count):
            publish(topic="sample.made" if n % 2 else "sample.other", payload={"n": n}, at=NOW)
    source.sequence()


def relay_all(bus):
    relay = Relay(transport=bus)
    while relay.step():
        pass


def odd(count):
    return [n for n in range(count) if n % 2]


def test_events_arrive_over_nats_in_order_and_take_effect_once(bus):
    got: list[int] = []
    far = registry.Consumer(name="t.far", topic="sample.made", effect=lambda e: got.append(e.payload["n"]))
    say(350)
    relay_all(bus)
    remote = Remote(transport=bus)
    while deliver(consumer=far, now=NOW, source=remote):
        pass
    assert got == odd(350)


def test_a_relay_that_was_killed_after_sending_sends_again_without_a_second_effect(bus):
    got: list[int] = []
    far = registry.Consumer(name="t.far", topic="sample.made", effect=lambda e: got.append(e.payload["n"]))
    say(50)
    relay_all(bus)
    Position.objects.filter(name=Relay.NAME).update(seq=0)  # its position was not committed
    say(50, first=50)
    relay_all(bus)  # the first frame is now a longer one that overlaps what was sent
    remote = Remote(transport=bus)
    while deliver(consumer=far, now=NOW, source=remote):
        pass
    assert got == odd(100)


def test_a_server_that_was_killed_comes_back_and_the_consumer_goes_on(server, bus):
    got: list[int] = []
    far = registry.Consumer(name="t.far", topic="sample.made", effect=lambda e: got.append(e.payload["n"]))
    remote = Remote(transport=bus)
    say(20)
    relay_all(bus)
    deliver(consumer=far, now=NOW, source=remote)
    server.kill()
    server.start()
    say(20, first=20)
    until = time.monotonic() + 30
    while got != odd(40) and time.monotonic() < until:
        try:
            Position.objects.filter(name=Relay.NAME).update(seq=0)
            relay_all(bus)
            deliver(consumer=far, now=NOW, source=remote)
        except Exception:
            time.sleep(0.5)
    assert got == odd(40)


def test_a_consumer_of_a_rare_topic_is_not_stopped_by_frames_that_hold_nothing_for_it(bus):
    got: list[str] = []
    far = registry.Consumer(name="t.rare", topic="rare.made", effect=lambda e: got.append(e.topic))
    say(450)
    with transaction.atomic():
        publish(topic="rare.made", payload={}, at=NOW)
    source.sequence()
    relay_all(bus)
    assert deliver(consumer=far, now=NOW, source=Remote(transport=bus)) == 1
    assert got == ["rare.made"]


def test_the_worker_delivers_over_the_bus_that_the_settings_name(server):
    got: list[int] = []
    consumer(topic="sample.made", name="t.over")(lambda e: got.append(e.payload["n"]))
    stop = threading.Event()
    dispatcher = Dispatcher(clock=lambda: datetime.now(UTC), stop=stop, bus=server.url)
    thread = threading.Thread(target=lambda: (dispatcher.run(), connection.close()))
    thread.start()
    try:
        say(10)
        until = time.monotonic() + 20
        while got != odd(10) and time.monotonic() < until:
            time.sleep(0.05)
        assert got == odd(10)
    finally:
        stop.set()
        thread.join()
        registry.unregister(name="t.over")


def test_a_bus_that_nobody_serves_is_refused_by_name():
    with pytest.raises(BusUnknown):
        by_url(url="kafka://x")
