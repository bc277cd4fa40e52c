"""What each stream holds, in the tail and in history."""

from __future__ import annotations

from datetime import datetime

import msgspec
from django.db.models import Count, Q, Sum

from dajing.kernel.series.api import newest
from dajing.kernel.series.declarations import streams
from dajing.kernel.series.history import FLUSH, data_files, table
from dajing.kernel.series.models import Batch, Progress


class StreamStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One stream: facts and batches waiting in the tail, facts, files and bytes in history, newest ``known_at``.

    ``interrupted``: a flush died and the next one will finish it.
    """

    stream: str
    tail: int
    batches: int
    history: int
    files: int
    bytes: int
    newest: datetime | None
    interrupted: bool


def statuses() -> list[StreamStatus]:
    """Every declared stream, by name."""
    return [status(stream=stream.name) for stream in streams()]


def status(*, stream: str) -> StreamStatus:
    """What ``stream`` holds now."""
    history = table(stream=stream)
    files = data_files(table=history) if history else []
    flushed = int(history.properties.get(FLUSH, 0)) if history else 0
    waiting = Batch.objects.filter(Q(flush=None) | Q(flush__gt=flushed), stream=stream)
    tail = waiting.aggregate(facts=Sum("count"), batches=Count("id"))
    progress = Progress.objects.filter(stream=stream).first()
    return StreamStatus(
        stream=stream,
        tail=tail["facts"] or 0,
        batches=tail["batches"],
        history=sum(file.record_count for file in files),
        files=len(files),
        bytes=sum(file.file_size_in_bytes for file in files),
        newest=newest(stream=stream),
        interrupted=progress is not None and progress.claimed > progress.trimmed,
    )
