"""Fact streams as Ibis tables: what was known at a time, on whichever engine the settings name.

Ibis and the engines are imported on first use only, so that a process that never asks pays nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from dajing.kernel.catalog.engine import EngineUnknown, analytic_engine
from dajing.kernel.series.declarations import KNOWN_AT, Stream, declared
from dajing.kernel.series.refusals import TimeNaive

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa
    from ibis.backends import BaseBackend

    from dajing.kernel.catalog.port import AnalyticEngine

__all__ = ["EngineUnknown", "engine", "latest", "relation", "rows"]


def engine(*, url: str | None = None) -> BaseBackend:
    """The Ibis backend that the settings name (or ``url``), opened once per thread."""
    return analytic_engine(url=url).backend


def relation(*, stream: str, as_of: datetime | None = None, url: str | None = None) -> ibis.Table:
    """Every fact of ``stream`` known at ``as_of`` (aware; None: all), as one table with ``known_at`` last.

    Raises ``StreamUnknown``, or ``TimeNaive`` for an ``as_of`` without a zone.
    """
    import ibis

    if as_of is not None and as_of.utcoffset() is None:
        raise TimeNaive(stream=stream)
    table = _union(declared(stream=stream), analytic_engine(url=url))
    if as_of is None:
        return table
    return table.filter(table[KNOWN_AT] <= ibis.literal(as_of.astimezone(UTC), type="timestamp('UTC', 6)"))


def _union(stream: Stream, adapter: AnalyticEngine) -> ibis.Table:
    """History's files and the tail beyond them; a side without rows is left out."""
    from dajing.kernel.series.tail import split

    history, rest = split(stream=stream)
    name = stream.name.replace(".", "__")
    if not history.paths:
        return adapter.rows(name=name, table=rest)
    state = sha256(history.key.encode()).hexdigest()[:24]
    files = _shaped(adapter.files(name=f"{name}__{state}", paths=list(history.paths)), rest)
    return files.union(adapter.rows(name=name, table=rest)) if rest.num_rows else files


def _shaped(files: ibis.Table, like: pa.Table) -> ibis.Table:
    """``files`` with the columns and types of ``like``: files written before a column was declared lack it."""
    import ibis

    target = ibis.Schema.from_pyarrow(like.schema)
    return files.select(
        **{name: files[name].cast(kind) if name in files.columns else ibis.null(kind) for name, kind in target.items()}
    )


def latest(table: ibis.Table, *, keys: Sequence[str]) -> ibis.Table:
    """The valid version per ``keys``: the row with the greatest ``(known_at, revision)``.

    ``revision`` counts only where the table has that column. A withdrawal (null value) is a version too and stays.
    """
    import ibis

    order = [table[name].desc() for name in (KNOWN_AT, "revision") if name in table.columns]
    rank = ibis.row_number().over(ibis.window(group_by=list(keys), order_by=order))
    return table.mutate(_rank=rank).filter(lambda t: t["_rank"] == 0).drop("_rank")


def rows(*, name: str, table: pa.Table, url: str | None = None) -> ibis.Table:
    """A small Arrow table (parameters, a selection) as a table of the engine, to be joined with relations."""
    return analytic_engine(url=url).rows(name=name, table=table)
