"""History in a new place: Iceberg writes absolute paths, so a moved directory gets a new catalogue of the same files.

Only the current files of each table are taken over, because ``as_of`` is a filter on ``known_at`` and never Iceberg's
own time travel (DESIGN 4a).
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pysqlite3.dbapi2
from pyiceberg.io.pyarrow import PyArrowFile, PyArrowFileIO
from pyiceberg.serializers import FromInputFile
from pyiceberg.table.metadata import TableMetadata

from dajing.kernel.series.history import FLUSH, PROPERTIES, catalog


class Moved:
    """Turns locations below the old directory into those below the new one."""

    def __init__(self, *, was: Path, now: Path) -> None:
        self._was, self._now = was, now

    def __call__(self, location: str) -> str:
        """The new URI of a file; one that lies elsewhere stays."""
        path = Path(unquote(urlsplit(location).path))
        with contextlib.suppress(ValueError):
            return (self._now / path.relative_to(self._was)).as_uri()
        return location


class _MovedIO(PyArrowFileIO):
    """Reads old locations where the files are now."""

    def __init__(self, *, moved: Moved) -> None:
        super().__init__({})
        self._moved = moved

    def new_input(self, location: str) -> PyArrowFile:
        """The file that was at ``location``."""
        return super().new_input(self._moved(location))


def relocate(*, data: Path, was: Path) -> int:
    """Rebuild ``catalog.db`` of the directory ``data`` that used to be at ``was``; returns the number of tables.

    ``data`` must be the data directory of this process's settings.
    """
    old = data / "catalog.db"
    if not old.exists():
        return 0
    aside = data / "catalog.old"
    old.rename(aside)
    moved = Moved(was=was, now=data)
    connection = pysqlite3.dbapi2.connect(str(aside))
    try:
        query = "SELECT table_namespace, table_name, metadata_location FROM iceberg_tables"
        tables = connection.execute(query).fetchall()
    finally:
        connection.close()
    for namespace, name, location in tables:
        _take_over(data=data, identifier=(namespace, name), location=location, moved=moved)
    aside.unlink()
    return len(tables)


def _take_over(*, data: Path, identifier: tuple[str, str], location: str, moved: Moved) -> None:
    io = _MovedIO(moved=moved)
    metadata = FromInputFile.table_metadata(io.new_input(location))
    paths = _current(metadata, io)
    # a folder of its own: file names below the old table's folder must stay as they are
    base = (data / "history" / "moved" / f"{identifier[1]}-{metadata.last_updated_ms}").as_uri()
    made = catalog().create_table(identifier, metadata.schema(), location=base, properties=PROPERTIES)
    with made.transaction() as commit:
        if flush := metadata.properties.get(FLUSH):
            commit.set_properties({FLUSH: flush})
        if paths:
            commit.add_files([moved(path) for path in paths], snapshot_properties=_last(metadata, flush))


def _current(metadata: TableMetadata, io: PyArrowFileIO) -> list[str]:
    snapshot = metadata.current_snapshot()
    if snapshot is None:
        return []
    return [
        entry.data_file.file_path
        for manifest in snapshot.manifests(io)
        for entry in manifest.fetch_manifest_entry(io, discard_deleted=True)
    ]


def _last(metadata: TableMetadata, flush: str | None) -> dict[str, str]:
    """What the snapshot of the last flush says of itself, for a flush whose trim is still due."""
    for snapshot in metadata.snapshots:
        if snapshot.summary and flush and snapshot.summary.additional_properties.get(FLUSH) == flush:
            return {k: v for k, v in snapshot.summary.additional_properties.items() if k.startswith("dajing.")}
    return {}
