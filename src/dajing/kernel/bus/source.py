"""Where consumers read: the outbox in the row store, put into its final order after commit."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Max, Q

from dajing.kernel.bus.models import Event as Row
from dajing.kernel.bus.models import Position
from dajing.kernel.bus.registry import Consumer, Event

SEQUENCER = "bus.sequencer"
BATCH = 1000


def sequence() -> int:
    """Give the next numbers to events that have been committed since; returns the greatest number given so far.

    On PostgreSQL a transaction that took its id early may commit late, so ids cannot be positions: a reader that has
    passed a greater id would skip it for ever. Only committed rows are visible here, and only one sequencer runs at a
    time (it holds the lock on its position row), so nothing can appear below a number that was given.
    """
    if not Row.objects.filter(seq__isnull=True).exists():
        return Position.objects.filter(name=SEQUENCER).values_list("seq", flat=True).first() or 0
    Position.objects.get_or_create(name=SEQUENCER)
    with transaction.atomic():
        own = Position.objects.select_for_update().get(name=SEQUENCER)
        rows = list(Row.objects.filter(seq__isnull=True).order_by("id").only("id")[:BATCH])
        for row in rows:
            own.seq += 1
            row.seq = own.seq
        Row.objects.bulk_update(rows, ["seq"], batch_size=500)
        own.save(update_fields=["seq"])
    return own.seq


def matching(*, consumer: Consumer) -> Q:
    """The filter on topics that a consumer follows; the relay's ``*`` is all of them."""
    if consumer.topic == "*":
        return Q()
    if consumer.topic.endswith(".*"):
        return Q(topic__startswith=consumer.topic[:-1])
    return Q(topic=consumer.topic)


def after(*, consumer: Consumer, seq: int, limit: int) -> Sequence[Event]:
    """The next events for ``consumer`` behind ``seq``, in order."""
    rows = Row.objects.filter(matching(consumer=consumer), seq__gt=seq).order_by("seq")[:limit]
    return [Event(seq=row.seq or 0, topic=row.topic, payload=row.payload, at=row.at) for row in rows]


def newest(*, consumer: Consumer) -> int:
    """The number of the newest event for ``consumer``; 0 when there is none."""
    found = Row.objects.filter(matching(consumer=consumer)).aggregate(newest=Max("seq"))["newest"]
    return found or 0
