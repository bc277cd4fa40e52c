"""Fact streams as Ibis tables: what was known at a time, on whichever engine the settings name.

Ibis and the engines are imported on first use only, so that a process that never asks pays nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dajing.kernel.catalog.engine import EngineUnknown, analytic_engine
from dajing.kernel.series.declarations import KNOWN_AT, declared
from dajing.kernel.series.refusals import TimeNaive

if TYPE_CHECKING:
    import ibis
    from ibis.backends import BaseBackend

__all__ = ["EngineUnknown", "engine", "latest", "relation"]


def engine(*, url: str | None = None) -> BaseBackend:
    """The Ibis backend that the settings name (or ``url``), opened once per thread."""
    return analytic_engine(url=url).backend


def relation(*, stream: str, as_of: datetime | None = None, url: str | None = None) -> ibis.Table:
    """Every fact of ``stream`` known at ``as_of`` (aware; None: all), as one table with ``known_at`` last.

    Raises ``StreamUnknown``, or ``TimeNaive`` for an ``as_of`` without a zone.
    """
    import ibis

    from dajing.kernel.series.tail import facts

    if as_of is not None and as_of.utcoffset() is None:
        raise TimeNaive(stream=stream)
    adapter = analytic_engine(url=url)
    table = adapter.rows(name=stream, table=facts(stream=declared(stream=stream)))
    if as_of is None:
        return table
    return table.filter(table[KNOWN_AT] <= ibis.literal(as_of.astimezone(UTC), type="timestamp('UTC', 6)"))


def latest(table: ibis.Table, *, keys: Sequence[str]) -> ibis.Table:
    """The valid version per ``keys``: the row with the greatest ``(known_at, revision)``.

    ``revision`` counts only where the table has that column. A withdrawal (null value) is a version too and stays.
    """
    import ibis

    order = [table[name].desc() for name in (KNOWN_AT, "revision") if name in table.columns]
    rank = ibis.row_number().over(ibis.window(group_by=list(keys), order_by=order))
    return table.mutate(_rank=rank).filter(lambda t: t["_rank"] == 0).drop("_rank")
