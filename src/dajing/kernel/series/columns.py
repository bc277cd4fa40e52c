"""Facts as Arrow: the schema of a stream, and stored batches decoded to it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec
import pyarrow as pa

from dajing.kernel.series.declarations import KNOWN_AT, Stream
from dajing.kernel.series.rules import microseconds

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


def _batch(target: pa.Schema, known_at: datetime, count: int, body: bytes) -> pa.RecordBatch:
    stored = msgspec.json.decode(bytes(body))
    arrays = []
    for field in target:
        if field.name == KNOWN_AT:
            values = pa.repeat(pa.scalar(microseconds(known_at), pa.int64()), count).cast(TIME)
        elif field.name not in stored:  # written before the column was declared
            values = pa.nulls(count, field.type)
        elif pa.types.is_timestamp(field.type):
            values = pa.array(stored[field.name], pa.int64()).cast(TIME)
        elif pa.types.is_date(field.type):
            values = pa.array(stored[field.name], pa.int32()).cast(pa.date32())
        else:
            values = pa.array(stored[field.name], field.type)
        arrays.append(values)
    return pa.RecordBatch.from_arrays(arrays, schema=target)


def decode(*, stream: Stream, batches: Iterable[tuple[datetime, int, bytes]]) -> pa.Table:
    """Stored batches (known_at, count, body) as one Arrow table of the stream's schema."""
    target = schema(stream=stream)
    return pa.Table.from_batches([_batch(target, *batch) for batch in batches], schema=target)
