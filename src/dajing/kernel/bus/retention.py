"""How long events stay in the outbox."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from dajing.kernel.bus import source
from dajing.kernel.bus.models import Event, Position
from dajing.kernel.bus.registry import consumers

KEEP = timedelta(days=30)
BATCH = 2000  # rows per statement, so that the write lock is never held for long


def prune(*, now: datetime, topic: str = "", keep: timedelta = KEEP) -> int:
    """Delete events older than ``keep`` that no declared consumer still has before it; returns how many.

    The newest event stays, because its number is where the next one continues for a page that resumes.
    """
    old = Event.objects.filter(at__lt=now - keep, seq__isnull=False, topic__startswith=topic)
    newest = Event.objects.filter(seq__isnull=False).order_by("-seq").values_list("seq", flat=True).first()
    old = old.exclude(seq=newest).exclude(_waiting())
    gone = 0
    while ids := list(old.order_by("seq").values_list("id", flat=True)[:BATCH]):
        gone += Event.objects.filter(id__in=ids).delete()[0]
    return gone


def _waiting() -> Q:
    behind = dict(Position.objects.values_list("name", "seq"))
    waiting = Q(pk__in=[])
    for consumer in consumers():
        waiting |= source.matching(consumer=consumer) & Q(seq__gt=behind.get(consumer.name, 0))
    return waiting
