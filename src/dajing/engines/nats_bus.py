"""The bus on NATS JetStream: one stream, one subject, frames of events.

JetStream acknowledges before its disk has the message, so the outbox stays the durable point: events that a killed
server forgot are sent again with ``dajing bus resend``, and those that had arrived have no second effect.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

import nats
from nats.errors import TimeoutError as NatsTimeout
from nats.js.api import ConsumerConfig, DeliverPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

STREAM, SUBJECT = "DAJING", "dajing.events"
PLACES = 10_000  # frames whose place in the stream is remembered
WINDOW = 120.0  # seconds in which JetStream itself drops a frame that is sent twice
PATIENCE = 10.0  # seconds for one exchange with the server


class NatsBus:
    """A connection kept by a thread of its own, for callers that are not asynchronous."""

    def __init__(self, *, url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="nats", daemon=True)
        self._thread.start()
        self._client: Any = None
        self._frames: dict[int, int] = {}  # number of a frame's first event → its place in the stream
        self._wait(self._connect(url))

    def _wait(self, doing: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result(PATIENCE)

    async def _connect(self, url: str) -> None:
        self._client = await nats.connect(url, connect_timeout=5, max_reconnect_attempts=-1)
        self._stream = self._client.jetstream(timeout=PATIENCE)
        config = StreamConfig(
            name=STREAM, subjects=[SUBJECT], storage=StorageType.FILE, duplicate_window=WINDOW, allow_direct=True
        )
        try:
            await self._stream.stream_info(STREAM)
        except NotFoundError:
            await self._stream.add_stream(config)

    def send(self, *, first: int, last: int, frame: bytes) -> None:
        """Publish one frame and wait for JetStream's acknowledgement."""
        headers = {"Nats-Msg-Id": f"{first}-{last}", "First": str(first)}
        self._wait(self._stream.publish(SUBJECT, frame, headers=headers))

    def receive(self, *, after: int, limit: int) -> list[bytes]:
        """The frames from the one that holds event ``after`` + 1 on, read from the stream without a stored consumer."""
        return list(self._wait(self._receive(after, limit)))

    async def _receive(self, after: int, limit: int) -> list[bytes]:
        start = self._frames.get(max((first for first in self._frames if first <= after + 1), default=-1), 1)
        config = ConsumerConfig(deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=start)
        found: list[bytes] = []
        subscription = await self._stream.subscribe(SUBJECT, stream=STREAM, config=config, ordered_consumer=True)
        try:
            info = await self._stream.stream_info(STREAM)
            seen = start - 1
            while seen < info.state.last_seq and len(found) * 100 <= limit + 100:
                message = await subscription.next_msg(timeout=5)
                seen = message.metadata.sequence.stream
                self._frames[int(message.headers["First"])] = seen
                found.append(message.data)
            while len(self._frames) > PLACES:
                self._frames.pop(next(iter(self._frames)))  # the oldest; without it reading starts further back
        except NatsTimeout:
            pass  # what came so far is in order; the rest is asked for again
        finally:
            await subscription.unsubscribe()
        return found

    def close(self) -> None:
        """End the connection and its thread."""
        self._wait(self._client.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)


def connect(*, url: str) -> NatsBus:
    """A connection to ``nats://host:port``."""
    return NatsBus(url=url)
