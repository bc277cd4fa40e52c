"""The door of the fact streams: declare and append."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from dajing.kernel.series.declarations import declare, declared, streams
from dajing.kernel.series.refusals import KnownTooEarly, TimeNaive
from dajing.kernel.series.rules import encode
from dajing.kernel.settings import settings

__all__ = ["LATENESS", "append", "declare", "declared", "streams"]

LATENESS = timedelta(minutes=10)  # an act reads the clock first and commits later; no act takes longer than this
BATCH = 20_000  # facts per stored batch, so that one row stays a few MB


def append(*, stream: str, facts: Sequence[dict[str, Any]], known_at: datetime, backfill: bool = False) -> int:
    """Append ``facts`` to ``stream`` inside the caller's transaction; returns how many.

    A fact has exactly the declared columns. ``known_at`` (aware) is when the centre learnt them: ``as_of`` earlier than
    it does not see them. In a real installation it may lie at most ``LATENESS`` before the newest fact of the stream,
    because answers already given as of a time must stay as they were; ``backfill`` lifts this for loading history whose
    true times are known, and so do installations with synthetic data, whose time is simulated.
    Raises ``StreamUnknown``, ``FactMalformed``, ``TimeNaive`` or ``KnownTooEarly`` and then stores nothing.
    """
    from dajing.kernel.rows import plain
    from dajing.kernel.series.models import Batch

    if known_at.utcoffset() is None:
        raise TimeNaive(stream=stream)
    declaration = declared(stream=stream)
    chunks = [(start, facts[start : start + BATCH]) for start in range(0, len(facts), BATCH)]
    bodies = [(len(chunk), encode(stream=declaration, facts=chunk, before=start)) for start, chunk in chunks]
    if not (backfill or settings().synthetic):
        _in_order(stream=stream, known_at=known_at)
    rows = [{"stream": stream, "known_at": known_at, "count": count, "body": body} for count, body in bodies]
    plain.add(into=Batch, rows=rows)
    return len(facts)


def newest(*, stream: str) -> datetime | None:
    """The greatest ``known_at`` in ``stream``, or None while it is empty."""
    from dajing.kernel.rows import plain
    from dajing.kernel.series.models import Batch, Progress

    last = 'ORDER BY "known_at" DESC LIMIT 1'
    tail = plain.read(of=Batch, columns=("known_at",), where='"stream" = %s', given=[stream], tail=last)
    moved = plain.read(of=Progress, columns=("newest",), where='"stream" = %s', given=[stream])
    return max((at for (at,) in (*tail, *moved) if at is not None), default=None)


def _in_order(*, stream: str, known_at: datetime) -> None:
    last = newest(stream=stream)
    if last is not None and known_at < last - LATENESS:
        raise KnownTooEarly(stream=stream, newest=last.isoformat(), known_at=known_at.isoformat())
