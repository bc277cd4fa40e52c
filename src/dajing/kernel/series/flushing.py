"""Moves a stream's tail to history exactly once.

1. Claim: unmarked batches get the next flush number. 2. Commit: one Iceberg commit adds their file and sets the table's
flush number. 3. Trim: marked batches are deleted. A reader counts a batch as tail only while its number is greater than
the table's, so between any two steps each fact is seen once; a run that dies is taken up by the next at its step.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import PurePosixPath
from zlib import crc32

import msgspec
import pyarrow as pa
from django.db import connection, transaction
from django.db.models import Max, Sum
from pyiceberg.table import Table

from dajing.kernel.identity.actor import system
from dajing.kernel.ledger.api import record
from dajing.kernel.series.columns import pieces, schema
from dajing.kernel.series.declarations import Stream, declared
from dajing.kernel.series.history import FLUSH, Sealed, prepared, write_file
from dajing.kernel.series.models import Batch, Progress
from dajing.kernel.series.refusals import FlushRunning
from dajing.kernel.settings import settings

CLAIM = 1000  # batches per flush; the tail is moved in as many flushes as it takes
SEALED = "dajing.sealed"  # the file's digest, in the summary of the snapshot that added it


class Flushed(msgspec.Struct, frozen=True):
    """What a run moved."""

    stream: str
    facts: int
    files: tuple[Sealed, ...]


@contextmanager
def alone(*, stream: str) -> Iterator[None]:
    """At most one flush or compaction of a stream at a time, on one machine and on a shared PostgreSQL."""
    folder = settings().data_dir
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"flush-{stream}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FlushRunning(stream=stream) from None
        with _advisory(stream):
            yield


@contextmanager
def _advisory(stream: str) -> Iterator[None]:
    if connection.vendor != "postgresql":
        yield
        return
    key = crc32(stream.encode())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        row = cursor.fetchone()
        if not (row and row[0]):
            raise FlushRunning(stream=stream)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def flush(*, stream: str, at: datetime) -> Flushed:
    """Move every fact committed to the tail of ``stream`` to history; run outside a transaction.

    ``at`` is the time of this act. Raises ``StreamUnknown``, ``StreamChanged``, or ``FlushRunning`` if another run
    holds the stream.
    """
    declaration, files = declared(stream=stream), []
    with alone(stream=stream):
        while number := _claim(stream):
            files.append(_move(declaration, number))
            _trim(stream, number, files[-1], at)
    return Flushed(stream, sum(file.rows for file in files), tuple(files))


@transaction.atomic(durable=True)  # a rollback around it would undo marks whose facts are already in history
def _claim(stream: str) -> int | None:
    progress, _ = Progress.objects.get_or_create(stream=stream)
    if progress.claimed > progress.trimmed:
        return progress.claimed  # an earlier run died after its claim
    chosen = list(Batch.objects.filter(stream=stream, flush=None).order_by("id").values_list("id", flat=True)[:CLAIM])
    if not chosen:
        return None
    progress.claimed += 1
    Batch.objects.filter(id__in=chosen).update(flush=progress.claimed)
    progress.save()
    return progress.claimed


def _parts(stream: Stream, number: int) -> Iterator[pa.Table]:
    rows = Batch.objects.filter(stream=stream.name, flush=number).order_by("known_at", "id")
    stored = rows.values_list("known_at", "count", "body").iterator(chunk_size=8)
    for piece in pieces(stream=stream, batches=stored):
        yield pa.Table.from_batches([piece])


def _move(stream: Stream, number: int) -> Sealed:
    history = prepared(stream=stream)
    if int(history.properties.get(FLUSH, 0)) >= number:
        return _committed(history, number)
    sealed = write_file(table=history, name=f"{number:010}", schema=schema(stream=stream), parts=_parts(stream, number))
    summary = {FLUSH: str(number), SEALED: msgspec.json.encode(sealed).decode()}
    with history.transaction() as commit:
        commit.set_properties({FLUSH: str(number)})
        commit.add_files([sealed.path], snapshot_properties=summary)
    return sealed


def _committed(history: Table, number: int) -> Sealed:
    """The file of a flush that was committed by a run that died before it could trim."""
    for snapshot in history.metadata.snapshots:
        if snapshot.summary and snapshot.summary.additional_properties.get(FLUSH) == str(number):
            return msgspec.json.decode(snapshot.summary.additional_properties[SEALED], type=Sealed)
    raise RuntimeError(f"flush {number} is in the table's properties but in none of its snapshots")


@transaction.atomic(durable=True)  # a rollback around it would undo marks whose facts are already in history
def _trim(stream: str, number: int, sealed: Sealed, at: datetime) -> None:
    batches = Batch.objects.filter(stream=stream, flush=number)
    totals = batches.aggregate(facts=Sum("count"), newest=Max("known_at"))
    if (totals["facts"] or 0) != sealed.rows:
        raise RuntimeError(f"{stream} flush {number}: the file has {sealed.rows} rows, the tail {totals['facts']}")
    progress = Progress.objects.get(stream=stream)
    progress.trimmed = number
    progress.newest = max(at for at in (progress.newest, totals["newest"]) if at is not None)
    progress.save()
    batches.delete()
    record_file(act="series.file.seal", stream=stream, number=number, sealed=sealed, at=at)


def record_file(*, act: str, stream: str, number: int, sealed: Sealed, at: datetime) -> None:
    """Put the digest of a history file into the ledger, inside the caller's transaction."""
    name = PurePosixPath(sealed.path).name
    detail = {"file": name, "sha256": sealed.sha256, "rows": sealed.rows, "size": sealed.size}
    record(act=act, by=system("series"), at=at, subject=f"series:{stream}/{number}", detail=detail)
