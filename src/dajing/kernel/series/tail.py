"""The hot tail as Arrow, consistent with history."""

from __future__ import annotations

import pyarrow as pa
from django.db.models import Q

from dajing.kernel.series.columns import decode
from dajing.kernel.series.declarations import Stream
from dajing.kernel.series.history import Moved, moved
from dajing.kernel.series.models import Batch


def facts(*, stream: Stream, beyond: int = 0) -> pa.Table:
    """The facts of the tail that are not in history once that holds flush ``beyond``."""
    waiting = Batch.objects.filter(Q(flush=None) | Q(flush__gt=beyond), stream=stream.name).order_by("id")
    return decode(stream=stream, batches=waiting.values_list("known_at", "count", "body").iterator())


def split(*, stream: Stream) -> tuple[Moved, pa.Table]:
    """History and the tail beyond it, each fact in exactly one of them.

    History is asked before and after the tail is read: if a flush was committed in between, the tail may already lack
    what the older history does not have yet, so both are read again.
    """
    before = moved(stream=stream.name)
    while True:
        rest = facts(stream=stream, beyond=before.flush)
        after = moved(stream=stream.name)
        if after.flush == before.flush:
            return before, rest
        before = after
