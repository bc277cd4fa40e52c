"""DuckDB inside this process: the embedded analytical engine. It reads Parquet and Arrow, never a row store.

One database per process, so that its memory limit holds for the whole process; each thread has a connection to it.
"""

from __future__ import annotations

import functools
import itertools
import threading
import weakref
from collections import deque
from typing import Any
from urllib.parse import unquote, urlsplit

import duckdb
import ibis
import pyarrow as pa
from ibis.backends import BaseBackend

from dajing.kernel.settings import settings

MEMORY = "1GB"  # beyond it DuckDB spills to the data directory
VIEWS = 64  # states of histories that one connection keeps bound
_opening = threading.Lock()
_numbers = itertools.count()


@functools.cache
def _database() -> duckdb.DuckDBPyConnection:
    spill = str(settings().data_dir / "spill")
    config: dict[str, Any] = {
        "memory_limit": MEMORY,
        "temp_directory": spill,
        "autoinstall_known_extensions": False,
    }
    return duckdb.connect(config=config)


class Duck:
    """One connection to the process's in-memory DuckDB; not shared between threads. Its views are its own."""

    def __init__(self) -> None:
        with _opening:
            connection = _database().cursor()
        self._backend: Any = ibis.duckdb.from_connection(connection)
        self._views: dict[str, ibis.Table] = {}
        self._left: deque[str] = deque()
        self._backend.raw_sql("SET TimeZone = 'UTC'")  # not a start option: ICU is loaded after the start

    @property
    def backend(self) -> BaseBackend:
        """The Ibis backend."""
        return self._backend

    def files(self, *, name: str, paths: list[str]) -> ibis.Table:
        """Parquet files as one view, made once because binding it opens every file; the oldest views are dropped."""
        if name in self._views:
            return self._views[name]
        while len(self._views) >= VIEWS:
            oldest = next(iter(self._views))
            self._backend.raw_sql(f'DROP VIEW "{oldest}"')  # Ibis 12's own drop_view leaves out the name here
            del self._views[oldest]
        local = [unquote(urlsplit(path).path) if path.startswith("file:") else path for path in paths]
        self._views[name] = self._backend.read_parquet(local, table_name=name, union_by_name=True)
        return self._views[name]

    def rows(self, *, name: str, table: pa.Table) -> ibis.Table:
        """An Arrow table, scanned in place, until the last expression over it is gone.

        Not ``ibis.memtable``, whose rows Ibis 12 gives back only when the process ends.
        """
        while self._left:
            self._backend.con.unregister(self._left.popleft())
        unique = f"{name}__rows_{next(_numbers)}"
        self._backend.con.register(unique, table)
        found = self._backend.table(unique)
        weakref.finalize(found.op(), self._left.append, unique)  # from any thread; dropped by this one, later
        return found


def connect(*, url: str) -> Duck:
    """A new engine; the URL has nothing but its scheme."""
    return Duck()
