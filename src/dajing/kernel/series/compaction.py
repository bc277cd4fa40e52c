"""Few large files instead of many small ones, and no file that nothing refers to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.fs import FileSelector, FileSystem, FileType
from pyiceberg.io.pyarrow import parquet_file_to_data_file
from pyiceberg.table import Table

from dajing.kernel.series.columns import schema
from dajing.kernel.series.declarations import Stream, declared
from dajing.kernel.series.flushing import SEALED, alone
from dajing.kernel.series.history import ROW_GROUP, Sealed, data_files, table, write_file

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
        if history is None:
            return Compacted(stream, None, (), 0)
        small = _small(history, many)
        merged = _merge(declaration, history, small) if small else None
        history.maintenance.expire_snapshots().older_than(at - RETAINED).commit()
        return Compacted(stream, merged, tuple(file.file_path for file in small), _sweep(history.refresh()))


def _small(history: Table, many: int) -> list[Any]:
    files = sorted((f for f in data_files(table=history) if f.file_size_in_bytes < SMALL), key=lambda f: f.file_path)
    chosen, size = [], 0
    for file in files:
        if size + file.file_size_in_bytes > TARGET:
            break
        chosen.append(file)
        size += file.file_size_in_bytes
    return chosen if len(chosen) >= many else []


def _merge(stream: Stream, history: Table, small: list[Any]) -> Sealed:
    number = PurePosixPath(small[-1].file_path).name.partition("-")[0]
    parts = (part for file in small for part in _parts(stream, history, file.file_path))
    sealed = write_file(table=history, name=number, schema=schema(stream=stream), parts=parts)
    if sealed.rows != sum(file.record_count for file in small):
        raise RuntimeError(f"{stream.name}: the merged file has {sealed.rows} rows, not those of its parts")
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


def _sweep(history: Table) -> int:
    """Delete data files and manifests that no kept snapshot refers to; called while nobody else writes."""
    files, root = FileSystem.from_uri(history.location())
    kept = _referred(history)
    removed = 0
    for folder, suffix in (("data", ".parquet"), ("metadata", ".avro")):
        for entry in files.get_file_info(_inside(f"{root}/{folder}")):
            if entry.type == FileType.File and entry.base_name.endswith(suffix) and entry.base_name not in kept:
                files.delete_file(entry.path)
                removed += 1
    return removed


def _inside(folder: str) -> Any:
    return FileSelector(folder, allow_not_found=True)


def _referred(history: Table) -> set[str]:
    kept = set()
    for snapshot in history.metadata.snapshots:
        kept.add(snapshot.manifest_list)
        for manifest in snapshot.manifests(history.io):
            kept.add(manifest.manifest_path)
            entries = manifest.fetch_manifest_entry(history.io, discard_deleted=True)
            kept |= {entry.data_file.file_path for entry in entries}
    return {PurePosixPath(path).name for path in kept}
