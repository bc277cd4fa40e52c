"""Few large files instead of many small ones, and no file that nothing refers to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from django.db import transaction
from django.db.models import F
from pyarrow.fs import FileSelector, FileSystem, FileType
from pyiceberg.io.pyarrow import parquet_file_to_data_file
from pyiceberg.table import Table

from dajing.kernel.series.columns import schema
from dajing.kernel.series.declarations import Stream, declared
from dajing.kernel.series.flushing import SEALED, alone, record_file
from dajing.kernel.series.history import ROW_GROUP, Sealed, data_files, table, write_file
from dajing.kernel.series.models import Progress

SMALL = 64 << 20  # bytes below which a file is worth merging
TARGET = 512 << 20  # bytes of small files merged into one at a time
MANY = 8  # small files; fewer are left alone
RETAINED = timedelta(days=1)  # a reader may still be using the files of a snapshot for this long


class Compacted(msgspec.Struct, frozen=True):
    """What a compaction did: the merged file (None: nothing was worth it), what it replaces, files removed."""

    stream: str
    merged: Sealed | None
    replaced: tuple[str, ...]
    removed: int


def compact(*, stream: str, at: datetime, many: int = MANY) -> Compacted:
    """Merge the small files of ``stream`` if there are ``many``, and remove files that no kept snapshot refers to.

    No fact changes. Snapshots older than ``RETAINED`` before ``at`` are given up. Raises ``FlushRunning``.
    """
    declaration = declared(stream=stream)
    with alone(stream=stream):
        history = table(stream=stream)
        # a flush that died needs the snapshot it made: the next flush finishes it, then there is time to tidy up
        if history is None or Progress.objects.filter(stream=stream, claimed__gt=F("trimmed")).exists():
            return Compacted(stream, None, (), 0)
        small = _small(history, many)
        merged = _merge(declaration, history, small, at) if small else None
        before = _referred(history)
        history.maintenance.expire_snapshots().older_than(at - RETAINED).commit()
        removed = _sweep(history.refresh(), given_up=before)
        return Compacted(stream, merged, tuple(file.file_path for file in small), removed)


def _small(history: Table, many: int) -> list[Any]:
    files = sorted((f for f in data_files(table=history) if f.file_size_in_bytes < SMALL), key=lambda f: f.file_path)
    chosen, size = [], 0
    for file in files:
        if size + file.file_size_in_bytes > TARGET:
            break
        chosen.append(file)
        size += file.file_size_in_bytes
    return chosen if len(chosen) >= many else []


def _merge(stream: Stream, history: Table, small: list[Any], at: datetime) -> Sealed:
    number = PurePosixPath(small[-1].file_path).name.partition("-")[0]
    parts = (part for file in small for part in _parts(stream, history, file.file_path))
    sealed = write_file(table=history, name=number, schema=schema(stream=stream), parts=parts)
    if sealed.rows != sum(file.record_count for file in small):
        raise RuntimeError(f"{stream.name}: the merged file has {sealed.rows} rows, not those of its parts")
    with transaction.atomic():  # before the commit: a digest too many does no harm, one too few would
        record_file(act="series.file.merge", stream=stream.name, number=int(number), sealed=sealed, at=at)
    with history.transaction() as commit:
        added = parquet_file_to_data_file(history.io, commit.table_metadata, sealed.path)
        summary = {SEALED: msgspec.json.encode(sealed).decode()}
        with commit.update_snapshot(snapshot_properties=summary).overwrite() as change:
            for file in small:
                change.delete_data_file(file)
            change.append_data_file(added)
    return sealed


def _parts(stream: Stream, history: Table, path: str) -> Iterator[pa.Table]:
    target = schema(stream=stream)
    with history.io.new_input(path).open() as file:
        for batch in pq.ParquetFile(file).iter_batches(batch_size=ROW_GROUP):
            columns = [
                batch.column(f.name) if f.name in batch.schema.names else pa.nulls(batch.num_rows, f.type)
                for f in target
            ]
            yield pa.Table.from_arrays(columns, schema=target)


def _sweep(history: Table, *, given_up: set[str]) -> int:
    """Delete what no kept snapshot refers to: of ``given_up``, and leftovers of killed runs in the table's folders.

    Called while nobody else writes. Files given up may lie outside the folders, since a restored history stays there.
    """
    files, root = FileSystem.from_uri(history.location())
    scheme = history.location().partition("://")[0] + "://"
    kept = _referred(history)
    unused = {path.removeprefix(scheme) for path in given_up - kept}
    names = {PurePosixPath(path).name for path in kept}
    for folder, suffix in (("data", ".parquet"), ("metadata", ".avro")):
        for entry in files.get_file_info(FileSelector(f"{root}/{folder}", allow_not_found=True)):
            if entry.type == FileType.File and entry.base_name.endswith(suffix) and entry.base_name not in names:
                unused.add(entry.path)
    present = [info for info in files.get_file_info(sorted(unused)) if info.type == FileType.File]
    for info in present:
        files.delete_file(info.path)
    return len(present)


def _referred(history: Table) -> set[str]:
    """Data files, manifests and manifest lists of every snapshot that is kept."""
    kept = set()
    for snapshot in history.metadata.snapshots:
        kept.add(snapshot.manifest_list)
        for manifest in snapshot.manifests(history.io):
            kept.add(manifest.manifest_path)
            entries = manifest.fetch_manifest_entry(history.io, discard_deleted=True)
            kept |= {entry.data_file.file_path for entry in entries}
    return kept
