"""One consumer's work: each event's effect and the position behind it in one transaction."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from django.db import OperationalError, connection, transaction

from dajing.kernel.bus import source as outbox
from dajing.kernel.bus.models import DeadLetter, Position
from dajing.kernel.bus.registry import Consumer, Event

ATTEMPTS = 8  # with the back-off below an event is retried for about four minutes before it is buried
LONGEST = timedelta(minutes=5)
_log = structlog.get_logger()


class Source(Protocol):
    """Where events come from: the outbox module, or a transport's ``Remote``."""

    def after(self, *, consumer: Consumer, seq: int, limit: int) -> Sequence[Event]:
        """The next events for ``consumer`` behind ``seq``, in order."""


class PositionMoved(Exception):
    """Another worker delivered the event first; ours is rolled back and has had no effect."""


def back_off(*, failures: int) -> timedelta:
    """The pause after the n-th failure in a row: 1, 2, 4 … seconds, at most five minutes."""
    return min(timedelta(seconds=2 ** max(0, failures - 1)), LONGEST)


def due(*, position: Position, now: datetime) -> bool:
    """Whether the next attempt may be made; one that lies beyond every pause was stored by a clock that was wrong."""
    return position.retry_at is None or not now < position.retry_at <= now + 2 * LONGEST


def deliver(*, consumer: Consumer, now: datetime, limit: int = 200, source: Source = outbox) -> int:
    """Deliver up to ``limit`` waiting events in order; returns how many took effect.

    Stops at the first failure, which is stored with the time of the next attempt. ``now`` is used for that time alone.
    """
    position, _ = Position.objects.get_or_create(name=consumer.name)
    if not due(position=position, now=now):
        return 0
    events = source.after(consumer=consumer, seq=position.seq, limit=1 if position.failures else limit)
    if not events:
        return 0
    Position.objects.filter(name=consumer.name).update(running=True)
    done = 0
    try:
        for event in events:
            if not _one(consumer=consumer, event=event, now=now):
                break
            done += 1
    finally:
        Position.objects.filter(name=consumer.name).update(running=False)
    return done


def _one(*, consumer: Consumer, event: Event, now: datetime) -> bool:
    try:
        _take_effect(consumer=consumer, event=event)
    except PositionMoved:
        return False
    except Exception as error:
        _log.warning("bus.failed", consumer=consumer.name, seq=event.seq, error=repr(error))
        _failed(consumer=consumer, event=event, now=now, error=traceback.format_exc(limit=20))
        return False
    return True


def _take_effect(*, consumer: Consumer, event: Event) -> None:
    """Effect and position together; on SQLite the write lock is taken only by the consumer's first write.

    A deferred transaction can lose its snapshot to another writer (SQLITE_BUSY); the effect is rolled back and tried
    again, the last time with the lock held from the start so that it must succeed.
    """
    if connection.vendor != "sqlite":
        _atomically(consumer=consumer, event=event)
        return
    usual = connection.transaction_mode
    try:
        for mode in ("DEFERRED", "DEFERRED", "IMMEDIATE"):
            connection.transaction_mode = mode
            try:
                _atomically(consumer=consumer, event=event)
                return
            except OperationalError as error:
                if mode == "IMMEDIATE" or "locked" not in str(error):
                    raise
    finally:
        connection.transaction_mode = usual


def _atomically(*, consumer: Consumer, event: Event) -> None:
    with transaction.atomic():
        if connection.vendor == "postgresql":
            Position.objects.select_for_update().get(name=consumer.name)
        consumer.effect(event)
        moved = Position.objects.filter(name=consumer.name, seq__lt=event.seq).update(
            seq=event.seq, failures=0, retry_at=None, error=""
        )
        if not moved:
            raise PositionMoved(f"{consumer.name} is already behind {event.seq}")


def _failed(*, consumer: Consumer, event: Event, now: datetime, error: str) -> None:
    with transaction.atomic():
        position = Position.objects.select_for_update().get(name=consumer.name)
        position.failures += 1
        position.error = error[-4000:]
        position.retry_at = now + back_off(failures=position.failures)
        if position.failures >= ATTEMPTS:
            _bury(position=position, event=event, now=now)
        position.save()


def _bury(*, position: Position, event: Event, now: datetime) -> None:
    DeadLetter.objects.get_or_create(
        consumer=position.name,
        seq=event.seq,
        defaults={
            "topic": event.topic,
            "payload": event.payload,
            "at": event.at,
            "error": position.error,
            "buried_at": now,
        },
    )
    position.seq, position.failures, position.retry_at = event.seq, 0, None


def recover(*, consumer: Consumer, now: datetime) -> None:
    """After a crash: count the event that was being delivered as failed once.

    So an event that kills the process is retried with growing pauses and buried in the end, instead of killing the
    worker for ever. Called once when a worker starts, before any delivery.
    """
    position = Position.objects.filter(name=consumer.name, running=True).first()
    if position is None:
        return
    Position.objects.filter(name=consumer.name).update(running=False)
    events = outbox.after(consumer=consumer, seq=position.seq, limit=1)
    if events:
        _failed(consumer=consumer, event=events[0], now=now, error="the worker died while this event was delivered")


def redeliver(*, letter: DeadLetter, consumer: Consumer) -> None:
    """Try one buried event again, out of order; on success the letter is gone, else the consumer's error is raised."""
    event = Event(seq=letter.seq, topic=letter.topic, payload=letter.payload, at=letter.at)
    with transaction.atomic():
        deleted, _ = DeadLetter.objects.filter(pk=letter.pk).delete()
        if deleted:
            consumer.effect(event)
