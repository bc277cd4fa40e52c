"""The web process's view of live events: one poller for all listeners, a short memory for resuming."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterable

import msgspec
import structlog
from django.db import connection
from django.db.models import Max

from dajing.kernel.bus.models import Event
from dajing.kernel.live.api import PREFIX

POLL = 0.5  # seconds between looks at the outbox
MEMORY = 2000  # events kept for listeners that come back
BUFFER = 200  # events that a slow listener may lag behind before it is cut off
_log = structlog.get_logger()


class Message(msgspec.Struct, frozen=True):
    """One announced change, ready to be written to the wire."""

    id: int
    topic: str
    wire: bytes


NOTHING = Message(0, "", b"")


class Listener:
    """One open connection's bounded queue; ``lost`` tells it to end and let the browser come back."""

    def __init__(self, *, topics: frozenset[str]) -> None:
        self.topics = topics
        self.queue: asyncio.Queue[Message] = asyncio.Queue(BUFFER)
        self.lost = False

    def close(self) -> None:
        """End the connection now; the browser comes back by itself and resumes."""
        self.lost = True
        if self.queue.empty():
            self.queue.put_nowait(NOTHING)

    def offer(self, message: Message) -> None:
        """Queue a message, or give the listener up when it does not read."""
        if message.topic in self.topics and not self.lost:
            try:
                self.queue.put_nowait(message)
            except asyncio.QueueFull:
                self.lost = True


def encode(*, id: int, topic: str, payload: object) -> Message:
    """A message in the text/event-stream format (WHATWG HTML, 9.2.6); JSON has no raw line breaks."""
    wire = b"id: %d\nevent: %s\ndata: %s\n\n" % (id, topic.encode(), msgspec.json.encode(payload))
    return Message(id, topic, wire)


class Feed:
    """Reads announced events in their final order and hands them to listeners."""

    def __init__(self) -> None:
        self.last = 0
        self._memory: deque[Message] = deque(maxlen=MEMORY)
        self._listeners: set[Listener] = set()
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._listeners)

    async def start(self) -> None:
        """Begin polling; called once when the web process starts."""
        if self._task is None:
            self._task = asyncio.create_task(self._poll())

    async def stop(self) -> None:
        """End polling and every listener."""
        self.close()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def close(self) -> None:
        """End every listener."""
        for listener in self._listeners:
            listener.close()

    def join(self, *, listener: Listener, after: int | None) -> list[Message]:
        """Add a listener; returns what it missed since ``after``.

        One that was away for longer than the memory reaches gets ``reset`` first, so that the page fetches all anew.
        """
        self._listeners.add(listener)
        if after is None:
            return []
        forgotten = len(self._memory) == MEMORY and self._memory[0].id > after + 1
        reset = [encode(id=self.last, topic="reset", payload={})] if forgotten else []
        return reset + [m for m in self._memory if m.id > after and m.topic in listener.topics]

    def leave(self, *, listener: Listener) -> None:
        """Forget a listener."""
        self._listeners.discard(listener)

    def take(self, *, messages: Iterable[Message]) -> None:
        """Remember new messages and hand them out."""
        for message in messages:
            self.last = message.id
            self._memory.append(message)
            for listener in self._listeners:
                listener.offer(message)

    async def _poll(self) -> None:
        started = False
        while True:
            try:
                if not started:
                    self.take(messages=await asyncio.to_thread(_remembered))
                    started = True
                else:
                    self.take(messages=await asyncio.to_thread(_after, self.last))
            except Exception as error:  # the store may be away for a moment; listeners stay connected
                _log.error("live.poll_failed", error=repr(error))
                await asyncio.to_thread(connection.close)
                await asyncio.sleep(2)
            await asyncio.sleep(POLL)


def _remembered() -> list[Message]:
    newest = Event.objects.aggregate(newest=Max("seq"))["newest"] or 0
    return _after(newest - MEMORY)


def _after(last: int) -> list[Message]:
    rows = Event.objects.filter(seq__gt=last, topic__startswith=PREFIX).order_by("seq")[:MEMORY]
    return [encode(id=r.seq or 0, topic=r.topic.removeprefix(PREFIX), payload=r.payload) for r in rows]
