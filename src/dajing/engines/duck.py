"""DuckDB inside this process: the embedded analytical engine. It reads Parquet and Arrow, never a row store."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

import ibis
import pyarrow as pa
from ibis.backends import BaseBackend

from dajing.kernel.settings import settings

MEMORY = "1GB"  # beyond it DuckDB spills to the data directory


class Duck:
    """One in-memory DuckDB; not shared between threads."""

    def __init__(self) -> None:
        spill = settings().data_dir / "spill"
        self._backend: Any = ibis.duckdb.connect(
            memory_limit=MEMORY, temp_directory=str(spill), autoinstall_known_extensions=False
        )
        self._backend.raw_sql("SET TimeZone = 'UTC'")  # not a start option: ICU is loaded after the start

    @property
    def backend(self) -> BaseBackend:
        """The Ibis backend."""
        return self._backend

    def files(self, *, name: str, paths: list[str]) -> ibis.Table:
        """Parquet files as one view."""
        local = [unquote(urlsplit(path).path) if path.startswith("file:") else path for path in paths]
        return self._backend.read_parquet(local, table_name=name, union_by_name=True)

    def rows(self, *, name: str, table: pa.Table) -> ibis.Table:
        """An Arrow table, scanned in place; ``name`` is not needed, the expression itself holds the rows."""
        return ibis.memtable(table)


def connect(*, url: str) -> Duck:
    """A new engine; the URL has nothing but its scheme."""
    return Duck()
