"""Spark Connect (Spark itself, or Sail): the engine for cities that outgrow one machine."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from typing import Any

import ibis
import pyarrow as pa
from ibis.backends import BaseBackend
from pyspark.sql import SparkSession

INSTANT = "timestamp('UTC', 6)"
VIEWS = 256  # tails that one session keeps
_opening = threading.Lock()


class Spark:
    """One Spark Connect session, in UTC."""

    def __init__(self, *, url: str) -> None:
        with _opening:  # the builder keeps one session for the process unless asked to create
            self._session: Any = SparkSession.builder.remote(url).create()
        self._session.conf.set("spark.sql.session.timeZone", "UTC")
        self._backend: Any = ibis.pyspark.connect(self._session)
        self._numbers = itertools.count()
        self._sent: deque[str] = deque()

    @property
    def backend(self) -> BaseBackend:
        """The Ibis backend."""
        return self._backend

    def files(self, *, name: str, paths: list[str]) -> ibis.Table:
        """Parquet files that the cluster's workers reach under the same paths."""
        frame = self._session.read.option("mergeSchema", "true").parquet(*paths)
        frame.createOrReplaceTempView(name)
        return self._zoned(self._backend.table(name))

    def rows(self, *, name: str, table: pa.Table) -> ibis.Table:
        """Arrow rows sent to the session."""
        view = (
            f"{name}__rows_{next(self._numbers)}"  # of its own: an earlier expression keeps the rows it was made with
        )
        while len(self._sent) >= VIEWS:
            self._session.catalog.dropTempView(self._sent.popleft())
        self._session.createDataFrame(table).createOrReplaceTempView(view)
        self._sent.append(view)
        return self._zoned(self._backend.table(view))

    def _zoned(self, table: ibis.Table) -> ibis.Table:
        """Spark's timestamp is an instant, but Ibis calls it zoneless: name the zone, so that engines agree."""
        instants = {name: table[name].cast(INSTANT) for name, kind in table.schema().items() if kind.is_timestamp()}
        return table.mutate(**instants) if instants else table


def connect(*, url: str) -> Spark:
    """A session at ``sc://host:port``."""
    return Spark(url=url)
