"""The port of the bus beyond one machine: frames of events carried from the outbox to consumers elsewhere."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from dajing.kernel.bus import source
from dajing.kernel.bus.registry import Consumer, Event
from dajing.kernel.text import Refusal, Text

ADAPTERS = {"nats": "dajing.engines.nats_bus", "tls": "dajing.engines.nats_bus"}
FRAME = 100  # events per message: a hundred times cheaper than one by one


class BusUnknown(Refusal):
    """The setting names a bus that no adapter serves."""

    text = Text(
        zh="bus = {url}：没有这种总线；可用：nats://", en="bus = {url}: there is no such bus; there is: nats://"
    )


class Transport(Protocol):
    """Carries frames in order. The durable point stays the commit in the outbox: a frame may be sent twice."""

    def send(self, *, first: int, last: int, frame: bytes) -> None:
        """Hand over the frame of the events ``first`` … ``last``; returns when the transport has it."""

    def receive(self, *, after: int, limit: int) -> list[bytes]:
        """Frames that may hold events behind number ``after``, in order; may hold older ones too."""

    def close(self) -> None:
        """Let go of the connection."""


class Relay:
    """Moves what the outbox has and the transport has not; its place is a stored position like a consumer's."""

    NAME = "bus.relay"

    def __init__(self, *, transport: Transport) -> None:
        self._transport = transport

    def step(self) -> int:
        """Send the next frame; returns how many events it held. A kill before the commit sends it once more."""
        from dajing.kernel.bus.models import Position

        position, _ = Position.objects.get_or_create(name=self.NAME)
        everything = Consumer(name=self.NAME, topic="*", effect=lambda _: None)
        events = source.after(consumer=everything, seq=position.seq, limit=FRAME)
        if not events:
            return 0
        self._transport.send(first=events[0].seq, last=events[-1].seq, frame=encode(events=events))
        Position.objects.filter(name=self.NAME).update(seq=events[-1].seq)
        return len(events)


class Remote:
    """What consumers read instead of the local outbox: the transport's frames, each event once and in order."""

    def __init__(self, *, transport: Transport) -> None:
        self._transport = transport

    def after(self, *, consumer: Consumer, seq: int, limit: int) -> Sequence[Event]:
        """The next events for ``consumer`` behind ``seq``; a frame that came twice yields nothing the second time."""
        found: list[Event] = []
        reached, before = seq, -1
        while not found and reached > before:  # frames without anything for this consumer are passed over
            before = reached
            for frame in self._transport.receive(after=reached, limit=limit):
                for event in decode(frame=frame):
                    if event.seq > reached:
                        reached = event.seq
                        if consumer.follows(topic=event.topic):
                            found.append(event)
        return found[:limit]


def encode(*, events: Sequence[Event]) -> bytes:
    """Events as one message."""
    return msgspec.msgpack.encode(list(events))


def decode(*, frame: bytes) -> list[Event]:
    """The events of one message."""
    return msgspec.msgpack.decode(frame, type=list[Event])


def connect(*, url: str) -> Transport:
    """The transport that ``url`` names; raises ``BusUnknown``."""
    scheme = urlsplit(url).scheme
    if scheme not in ADAPTERS:
        raise BusUnknown(url=url)
    made: Transport = importlib.import_module(ADAPTERS[scheme]).connect(url=url)
    return made
