"""The same work on a cluster: a mapper for ``work.run`` over any Spark Connect session (Spark, or Sail)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from dajing.domains.network.radio.work import Done, Task

Mapper = Callable[[Callable[[Task], Done], Iterable[Task]], Iterable[Done]]


def over(*, session: Any, parts: int | None = None) -> Mapper:
    """A mapper that sends tasks as rows to ``session`` and brings back what became of them.

    The workers must see the tasks' terrain and store folders. ``parts`` is the number of pieces of work (by default the
    engine's own). Losses themselves never travel: they are written where they are computed.
    """

    def mapper(function: Callable[[Task], Done], tasks: Iterable[Task]) -> list[Done]:
        def piece(frames: Iterator[Any]) -> Iterator[Any]:
            for frame in frames:
                done = [function(msgspec.json.decode(text, type=Task)) for text in frame["task"]]
                yield frame.assign(done=[msgspec.json.encode(one).decode() for one in done])[["done"]]

        rows = [(msgspec.json.encode(task, enc_hook=float).decode(),) for task in tasks]
        if not rows:
            return []
        frame = session.createDataFrame(rows, "task string")
        frame = frame.repartition(parts) if parts else frame
        return [msgspec.json.decode(row.done, type=Done) for row in frame.mapInPandas(piece, "done string").collect()]

    return mapper
