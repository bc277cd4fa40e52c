"""Which consumers there are: declared in ``consumers.py`` of the slices, found by scanning."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What a consumer is given: ``seq`` orders all events, ``at`` is when the act happened (UTC)."""

    seq: int
    topic: str
    payload: dict[str, Any]
    at: datetime


class Consumer(msgspec.Struct, frozen=True, kw_only=True):
    """One declared consumer: its lasting name, the topic it follows (``plan.locked`` or ``plan.*``), its function."""

    name: str
    topic: str
    effect: Callable[[Event], None]

    def follows(self, *, topic: str) -> bool:
        """Whether an event of ``topic`` is for this consumer."""
        if self.topic.endswith(".*"):
            return topic.startswith(self.topic[:-1])
        return topic == self.topic


_consumers: dict[str, Consumer] = {}


def register(*, consumer: Consumer) -> None:
    """Add one; raises ``ValueError`` when another function already has the name (its stored position)."""
    known = _consumers.get(consumer.name)
    if known is not None and known.effect.__qualname__ != consumer.effect.__qualname__:
        raise ValueError(f"two consumers are named {consumer.name!r}: {known.effect} and {consumer.effect}")
    _consumers[consumer.name] = consumer


def unregister(*, name: str) -> None:
    """Forget a consumer; its stored position stays."""
    _consumers.pop(name, None)


def consumers() -> tuple[Consumer, ...]:
    """All consumers of all slices, by name."""
    from dajing.kernel.manifest import kernel_parts, slice_parts

    kernel_parts(name="consumers")
    slice_parts(name="consumers")
    return tuple(_consumers[name] for name in sorted(_consumers))
