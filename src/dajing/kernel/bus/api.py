"""The door of the bus: publish within the act's transaction, consume exactly once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from dajing.kernel.bus.models import Event as _Row
from dajing.kernel.bus.registry import Consumer, Event, register
from dajing.kernel.rows import plain

__all__ = ["Event", "consumer", "publish", "publish_many"]

Effect = Callable[[Event], None]


def publish(*, topic: str, payload: dict[str, Any], at: datetime) -> None:
    """Write one event in the caller's transaction: it exists if, and only if, the act is committed.

    ``topic`` is ``<slice>.<what happened>``; ``payload`` is JSON and carries personal data only by reference.
    Raises ``RuntimeError`` outside a transaction, because then act and event could part.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError(f"publish({topic!r}) must run inside the transaction of its act")
    plain.add(into=_Row, rows=[{"topic": topic, "payload": payload, "at": at}])


def publish_many(*, topic: str, payloads: Sequence[dict[str, Any]], at: datetime) -> None:
    """``publish`` for many events of one topic and moment."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError(f"publish_many({topic!r}) must run inside the transaction of its act")
    plain.add(into=_Row, rows=[{"topic": topic, "payload": payload, "at": at} for payload in payloads])


def consumer(*, topic: str, name: str) -> Callable[[Effect], Effect]:
    """Declare a consumer in a slice's ``consumers.py``; it starts with the oldest event that is kept.

    ``topic`` is one topic or ``slice.*``; ``name`` keys the stored position and must never change. The function runs
    inside a transaction together with the move of the position, so its writes to rows happen exactly once; anything
    long or outside the row store belongs in a job that the consumer enqueues.
    """

    def declare(effect: Effect) -> Effect:
        register(consumer=Consumer(name=name, topic=topic, effect=effect))
        return effect

    return declare
