"""The bus in the worker: watches the outbox and gives every consumer that has work a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

import structlog
from django.db import close_old_connections, connection

from dajing.kernel.bus import source
from dajing.kernel.bus.delivery import Source, deliver, due, recover
from dajing.kernel.bus.models import Position
from dajing.kernel.bus.registry import Consumer, consumers
from dajing.kernel.bus.transport import Relay, Remote, connect

POLL = 0.25  # seconds between looks at the outbox
_log = structlog.get_logger()


class Dispatcher:
    """Delivers until ``stop`` is set; a consumer that hangs holds its own thread and nobody else's."""

    def __init__(self, *, clock: Callable[[], datetime], stop: threading.Event, bus: str = "") -> None:
        """``bus`` is the URL of the transport between outbox and consumers; without one they read the outbox."""
        self._transport = connect(url=bus) if bus else None
        self._source: Source = Remote(transport=self._transport) if self._transport else source
        self._clock = clock
        self._stop = stop
        self._threads: dict[str, threading.Thread] = {}

    def run(self) -> None:
        """The loop of the bus thread."""
        for consumer in consumers():
            recover(consumer=consumer, now=self._clock())
        relay = threading.Thread(target=self._relay, name="bus.relay", daemon=True)
        relay.start()
        while not self._stop.is_set():
            try:
                self.look()
            except Exception as error:  # the store may be away for a moment; the loop must outlive it
                _log.error("bus.look_failed", error=repr(error))
                connection.close()
                self._stop.wait(2)
            self._stop.wait(POLL)
        for thread in list(self._threads.values()):
            thread.join(timeout=5)
        relay.join(timeout=5)

    def _relay(self) -> None:
        if self._transport is None:
            return
        relay = Relay(transport=self._transport)
        while not self._stop.is_set():
            try:
                busy = relay.step()
            except Exception as error:  # the transport may be away; the outbox keeps what it has not got
                _log.error("bus.relay_failed", error=repr(error))
                busy = 0
            if not busy:
                self._stop.wait(POLL)
        self._transport.close()
        connection.close()

    def look(self) -> None:
        """Order what was committed, then start a thread for each idle consumer that lags."""
        close_old_connections()
        source.sequence()
        positions = {p.name: p for p in Position.objects.all()}
        for consumer in consumers():
            thread = self._threads.get(consumer.name)
            if (thread is None or not thread.is_alive()) and self._lags(consumer, positions.get(consumer.name)):
                thread = threading.Thread(target=self._deliver, args=(consumer,), name=consumer.name, daemon=True)
                self._threads[consumer.name] = thread
                thread.start()

    def _lags(self, consumer: Consumer, position: Position | None) -> bool:
        if position is not None and not due(position=position, now=self._clock()):
            return False
        return source.newest(consumer=consumer) > (position.seq if position else 0)

    def _deliver(self, consumer: Consumer) -> None:
        try:
            while not self._stop.is_set() and deliver(consumer=consumer, now=self._clock(), source=self._source):
                pass
        except Exception as error:
            _log.error("bus.delivery_failed", consumer=consumer.name, error=repr(error))
        finally:
            connection.close()
