"""Facts as Arrow: the schema of a stream, and stored batches decoded to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec
import pyarrow as pa

from dajing.kernel.series.declarations import KNOWN_AT, Stream
from dajing.kernel.series.rules import microseconds

GATHER = 100_000  # facts held as Python lists at a time
TIME = pa.timestamp("us", tz="UTC")
_ARROW = {
    "string": pa.string(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": TIME,
    "date": pa.date32(),
}


def schema(*, stream: Stream) -> pa.Schema:
    """The Arrow schema of a stream: its columns, then ``known_at`` (microseconds, UTC)."""
    fields = [pa.field(column.name, _ARROW[column.type]) for column in stream.columns]
    return pa.schema([*fields, pa.field(KNOWN_AT, TIME)])


Stored = tuple[datetime, int, bytes]  # known_at, number of facts, body


def decode(*, stream: Stream, batches: Iterable[Stored]) -> pa.Table:
    """Stored batches as one Arrow table of the stream's schema."""
    return pa.Table.from_batches(pieces(stream=stream, batches=batches), schema=schema(stream=stream))


def pieces(*, stream: Stream, batches: Iterable[Stored]) -> Iterator[pa.RecordBatch]:
    """Stored batches as Arrow, about ``GATHER`` facts at a time.

    Most acts append a few facts, so batches are gathered: an array per column and batch would cost more than its facts.
    """
    target = schema(stream=stream)
    held = _Gathered(target)
    for known_at, count, body in batches:
        held.add(known_at, count, msgspec.json.decode(bytes(body)))
        if held.rows >= GATHER:
            yield held.arrow()
            held = _Gathered(target)
    if held.rows:
        yield held.arrow()


class _Gathered:
    """Columns of several batches as Python lists."""

    def __init__(self, target: pa.Schema) -> None:
        self.target = target
        self.rows = 0
        self._lists: dict[str, list[Any]] = {field.name: [] for field in target}

    def add(self, known_at: datetime, count: int, stored: dict[str, list[Any]]) -> None:
        """One batch; a column that was declared after it was written is null."""
        for name, values in self._lists.items():
            if name == KNOWN_AT:
                values.extend([microseconds(known_at)] * count)
            else:
                values.extend(stored[name] if name in stored else [None] * count)
        self.rows += count

    def arrow(self) -> pa.RecordBatch:
        """Everything gathered, typed."""
        arrays = [_array(field.type, self._lists[field.name]) for field in self.target]
        return pa.RecordBatch.from_arrays(arrays, schema=self.target)


def _array(kind: pa.DataType, values: list[Any]) -> pa.Array:
    if pa.types.is_timestamp(kind):
        return pa.array(values, pa.int64()).cast(kind)
    if pa.types.is_date(kind):
        return pa.array(values, pa.int32()).cast(kind)
    return pa.array(values, kind)
