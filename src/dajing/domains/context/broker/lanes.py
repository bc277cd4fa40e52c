"""The queue of one subscription: in live.db as long as it is not delivered, its head in memory, one task that sends.

A slow or dead endpoint fills only its own queue, is tried again after a growing pause, and costs nobody else anything.
A notification may arrive twice after a crash between its delivery and the removal of its row; it is never lost by one.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import msgspec
import structlog

from dajing.domains.context.broker.delivery import Failed, Sender, sender_for
from dajing.domains.context.broker.state import Broker
from dajing.domains.context.ngsi.subscription import Subscription
from dajing.domains.context.ngsi.terms import parse_time

_log = structlog.get_logger()
type Waiting = tuple[int | None, int, bytes, dict[str, str]]  # row (None: periodic), microseconds, body, headers

MOST_WAITING = 100_000  # per subscription; beyond it the oldest give way, counted in timesFailed
IN_MEMORY = 500
MOST_BYTES = 4 * 1024 * 1024  # of the bodies that one lane has in memory
PAUSES = (0.5, 2.0, 5.0)
LONG_PAUSE = 30.0
KEPT_SECONDS = 24 * 3600  # how long an unreachable endpoint's notifications are kept
IDLE_SECONDS = 5.0
RESTING_SECONDS = 1.0  # between two looks at whether a notification may be tried again
SIZES = "SELECT n, length(body) FROM notification WHERE tenant=? AND subscription=? AND n>? ORDER BY n LIMIT ?"
NEXT = "SELECT n, at, body, headers FROM notification WHERE tenant=? AND subscription=? AND n>? AND n<=? ORDER BY n"


@dataclass
class Lane:
    """One subscription with its queue and counters; ``behind`` are rows of live.db that are not in memory yet."""

    subscription: Subscription
    broker: Broker
    done: set[int]  # rows that were delivered and are about to be removed
    waiting: deque[Waiting] = field(default_factory=deque)
    task: asyncio.Task[None] | None = None
    periodic: asyncio.Task[None] | None = None
    last: float = 0.0
    dirty: bool = False
    behind: int = 0
    loaded: int = 0
    size: int = 0  # bytes of what waits in memory
    given_up: int = 0
    sending: bool = False
    ending: bool = False
    before: list[asyncio.Task[None]] = field(default_factory=list)  # of the lane that this one takes over from

    @property
    def key(self) -> tuple[str, str]:
        """Tenant and id of the subscription."""
        return self.subscription.tenant, self.subscription.id

    def add(self, entry: Waiting) -> None:
        """Queue one notification that is in live.db already (or a periodic one, of which the newest counts)."""
        if entry[0] is None:
            self.waiting = deque(w for w in self.waiting if w[0] is not None)
            self.size = sum(len(w[2]) for w in self.waiting)
        full = len(self.waiting) >= IN_MEMORY or self.size >= MOST_BYTES
        if entry[0] is not None and (self.behind or full):
            self.behind += 1
        else:
            self._append(entry)
            self.loaded = entry[0] or self.loaded
        if len(self.waiting) + self.behind > MOST_WAITING:
            self._give_way()
        self.wake()

    def _give_way(self) -> None:
        """Let the second oldest go (the oldest is being sent)."""
        if len(self.waiting) > 1:
            number, _, body, _ = self.waiting[1]
            del self.waiting[1]
            self.size -= len(body)
            self._lost(number, "its queue is full")

    def wake(self) -> None:
        """Let the sending task run."""
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._deliver())

    def stop(self) -> None:
        """End its tasks; what waits stays in live.db."""
        for task in (self.task, self.periodic, *self.before):
            if task is not None:
                task.cancel()

    def take_over(self, old: Lane) -> None:
        """Go on where another lane of the same subscription is; what that one is sending now it sends to its end."""
        old.ending = True
        if old.periodic is not None:
            old.periodic.cancel()
        if old.task is not None and not old.sending:
            old.task.cancel()
        self.before = [task for task in (old.task, *old.before) if task is not None and not task.done()]
        self.last, self.dirty, self.given_up = old.last, old.dirty, old.given_up

    async def _deliver(self) -> None:
        sender = sender_for(endpoint=self.subscription.endpoint, outgoing=self.broker.outgoing)
        try:
            if self.before:
                await asyncio.wait(self.before)
                self.before, self.dirty = [], True
            idle_since = time.monotonic()
            while self._goes_on and (self.waiting or self.behind or time.monotonic() - idle_since < IDLE_SECONDS):
                if not self.waiting and self.behind:
                    await self._load()
                if not self.waiting:
                    await asyncio.sleep(0.02)
                    continue
                entry = self.waiting[0]
                await self._try(sender, entry)
                if self.waiting and self.waiting[0] is entry:
                    self.size -= len(self.waiting.popleft()[2])
                idle_since = time.monotonic()
        finally:
            with contextlib.suppress(Exception):
                await sender.close()
        if self._goes_on and (self.waiting or self.behind):
            self.task = None  # something came, or it may send again, while the connection was closed: nobody woke it
            self.wake()

    @property
    def _goes_on(self) -> bool:
        return not self.ending and not self.subscription.silenced

    async def _load(self) -> None:
        """Take the next rows of the queue into memory."""
        done = set(self.done)  # of the lane before: their rows may go while these are read
        rows = await self.broker.read(self._next)
        if not rows:
            self.behind = 0
        for n, at, body, headers in rows:
            self.loaded = n
            self.behind = max(0, self.behind - 1)
            if n in done:
                continue
            self._append((n, at, body, msgspec.json.decode(headers)))

    def _next(self) -> list[Any]:
        """The next rows: as many as memory is meant for, and at least one."""
        run = self.broker.reader.connection.execute
        size, last = 0, self.loaded
        for n, length in list(run(SIZES, (*self.key, self.loaded, IN_MEMORY))):
            size += length
            if size > MOST_BYTES and last != self.loaded:
                break
            last = n
        return list(run(NEXT, (*self.key, self.loaded, last)))

    def _append(self, entry: Waiting) -> None:
        self.waiting.append(entry)
        self.size += len(entry[2])

    async def _try(self, sender: Sender, entry: Waiting) -> None:
        """Deliver one notification, with pauses between attempts; the counters tell what became of it."""
        status, endpoint = self.subscription.status, self.subscription.endpoint
        status["timesSent"] = status.get("timesSent", 0) + 1
        status["lastNotification"] = self.broker.now()
        self.dirty = True
        number, _, body, headers = entry
        seconds = endpoint.get("timeout", 0) / 1000 or 5.0
        cooldown = endpoint.get("cooldown", 0) / 1000
        attempt = 0
        while True:
            while self.subscription.silenced:  # what waits stays, and is not tried either
                await asyncio.sleep(RESTING_SECONDS)
            self.sending = True
            try:
                error = await _attempt(sender, body, headers, seconds)
            finally:
                self.sending = False
            self.dirty = True
            if error is None:
                status["lastSuccess"] = self.broker.now()
                if number is not None:
                    self.done.add(number)
                return
            if attempt == 0:
                status["timesFailed"] = status.get("timesFailed", 0) + 1
            status["lastFailure"] = self.broker.now()
            if self.ending:
                return
            if attempt >= len(PAUSES) and (error.refused or self._too_old(entry)):
                self._lost(number, str(error))
                return
            await asyncio.sleep(max(PAUSES[attempt] if attempt < len(PAUSES) else LONG_PAUSE, cooldown))
            attempt += 1

    def _too_old(self, entry: Waiting) -> bool:
        now = parse_time(self.broker.now())
        return entry[0] is None or now is None or now.timestamp() - entry[1] / 1e6 > KEPT_SECONDS

    def _lost(self, number: int | None, why: str) -> None:
        self.given_up += 1
        self.dirty = True
        _log.warning("context.notification_given_up", subscription=self.subscription.id, why=why)
        if number is not None:
            self.done.add(number)


async def _attempt(sender: Sender, body: bytes, headers: dict[str, str], seconds: float) -> Failed | None:
    try:
        await sender.send(body=body, headers=headers, seconds=seconds)
    except Failed as error:
        return error
    except Exception as error:  # one fault of a sender must not end the lane
        _log.exception("context.sender_failed")
        return Failed(f"{type(error).__name__}: {error}")
    return None


def counted(*, broker: Broker, key: tuple[str, str], without: set[int]) -> int:
    """How many notifications of a subscription wait in live.db."""
    sql = "SELECT n FROM notification WHERE tenant=? AND subscription=?"
    rows: Any = broker.reader.connection.execute(sql, key)
    return sum(n not in without for (n,) in rows)
