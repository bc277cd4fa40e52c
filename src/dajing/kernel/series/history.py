"""History: one Iceberg table per stream, in a catalogue that SQLAlchemy opens through pysqlite3."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pysqlite3.dbapi2
from pyiceberg.catalog import MetastoreCatalog
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.table import Table
from sqlalchemy import create_engine, event

from dajing.kernel.series.columns import schema
from dajing.kernel.series.declarations import Stream
from dajing.kernel.series.refusals import StreamChanged
from dajing.kernel.settings import settings

NAMESPACE = "series"
FLUSH = "dajing.flush"  # number of the last flush whose facts are in the table; set in the commit that adds them
ROW_GROUP = 262_144  # rows
PROPERTIES = {
    "commit.retry.num-retries": "0",  # a repeated commit would add a flush twice; the next flush run takes it up
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "20",
}


class Moved(msgspec.Struct, frozen=True):
    """What history holds of a stream: the last flush in it and its data files, as one Iceberg snapshot has them."""

    flush: int
    key: str
    paths: tuple[str, ...]


class _Catalog(SqlCatalog):
    """pyiceberg's catalogue on a given engine: its own constructor can only open the system's SQLite."""

    def __init__(self, name: str, path: Path, **properties: str) -> None:
        MetastoreCatalog.__init__(self, name, **properties)
        self.engine = create_engine(f"sqlite:///{path}", module=pysqlite3.dbapi2, connect_args={"timeout": 20})
        event.listen(self.engine, "connect", _durable)
        self._init_catalog()


def _durable(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


@functools.cache
def _catalog(folder: Path, warehouse: str) -> SqlCatalog:
    folder.mkdir(parents=True, exist_ok=True)
    implementation = "dajing.kernel.series.durable.DurableFileIO"
    made = _Catalog("dajing", folder / "catalog.db", warehouse=warehouse, **{"py-io-impl": implementation})
    made.create_namespace_if_not_exists(NAMESPACE)
    return made


def catalog() -> SqlCatalog:
    """The catalogue of this installation; its tables lie under the ``history`` setting or ``history/``."""
    folder = settings().data_dir
    return _catalog(folder, settings().history or (folder / "history").as_uri())


def _identifier(stream: str) -> tuple[str, str]:
    return NAMESPACE, stream.replace(".", "__")


def table(*, stream: str) -> Table | None:
    """The stream's Iceberg table as it is now, or None before its first flush."""
    try:
        return catalog().load_table(_identifier(stream))
    except NoSuchTableError:
        return None


def prepared(*, stream: Stream) -> Table:
    """The stream's table, made or given the columns that were declared since; ``StreamChanged`` if it cannot be."""
    wanted = schema(stream=stream)
    found = table(stream=stream.name)
    if found is None:
        return catalog().create_table(_identifier(stream.name), wanted, properties=PROPERTIES)
    present = schema_to_pyarrow(found.schema(), include_field_ids=False)
    for field in wanted:
        index = present.get_field_index(field.name)
        if index >= 0 and _plain(present.field(index).type) != field.type:
            raise StreamChanged(stream=stream.name, column=field.name, old=present.field(index).type, new=field.type)
    if added := [field for field in wanted if field.name not in present.names]:
        with found.update_schema() as update:
            update.union_by_name(pa.schema([*present, *added]))
    return found


def _plain(kind: pa.DataType) -> pa.DataType:
    return pa.string() if pa.types.is_large_string(kind) else kind


def moved(*, stream: str) -> Moved:
    """The last flush that history holds, and the files of the same snapshot."""
    found = table(stream=stream)
    if found is None:
        return Moved(0, "", ())
    return Moved(int(found.properties.get(FLUSH, 0)), found.metadata_location, _paths(found))


def _paths(found: Table) -> tuple[str, ...]:
    return tuple(sorted(entry.file_path for entry in data_files(table=found)))


def data_files(*, table: Table) -> list[Any]:
    """The data files of the table's current snapshot, as Iceberg describes them."""
    snapshot = table.current_snapshot()
    if snapshot is None:
        return []
    manifests = snapshot.manifests(table.io)
    return [entry.data_file for m in manifests for entry in m.fetch_manifest_entry(table.io, discard_deleted=True)]


def _encodings(target: pa.Schema) -> dict[str, Any]:
    """Deltas for whole numbers and times, dictionaries for the rest: small, and read by every engine tried."""
    delta = [f.name for f in target if pa.types.is_integer(f.type) or pa.types.is_temporal(f.type)]
    words = [f.name for f in target if f.name not in delta and not pa.types.is_boolean(f.type)]
    return {"use_dictionary": words, "column_encoding": dict.fromkeys(delta, "DELTA_BINARY_PACKED")}


class Sealed(msgspec.Struct, frozen=True):
    """A data file written to the end: its location, rows, bytes and SHA-256."""

    path: str
    rows: int
    size: int
    sha256: str


def write_file(*, table: Table, name: str, schema: pa.Schema, parts: Iterable[pa.Table]) -> Sealed:
    """Write ``parts`` as one Parquet file of the table (not yet part of it) in row groups of ``ROW_GROUP``."""
    path = f"{table.location()}/data/{name}-{uuid4().hex}.parquet"
    rows, waiting, held = 0, [], 0
    with (
        table.io.new_output(path).create() as out,
        pq.ParquetWriter(out, schema, compression="zstd", compression_level=3, **_encodings(schema)) as writer,
    ):
        for part in parts:
            waiting.append(part)
            held += part.num_rows
            rows += part.num_rows
            if held >= ROW_GROUP:
                writer.write_table(pa.concat_tables(waiting), row_group_size=ROW_GROUP)
                waiting, held = [], 0
        if waiting:
            writer.write_table(pa.concat_tables(waiting), row_group_size=ROW_GROUP)
    size, digest = _digest(table, path)
    return Sealed(path, rows, size, digest)


def _digest(table: Table, path: str) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with table.io.new_input(path).open() as file:
        while block := file.read(1 << 20):
            digest.update(block)
            size += len(block)
    return size, digest.hexdigest()
