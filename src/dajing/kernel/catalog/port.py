"""What an analytical engine offers to the kernel; adapters live in ``dajing.engines`` and are found by URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa
    from ibis.backends import BaseBackend


class AnalyticEngine(Protocol):
    """An Ibis backend that can also read Parquet files and take Arrow rows.

    An adapter module has ``connect(*, url: str) -> AnalyticEngine``.
    """

    @property
    def backend(self) -> BaseBackend:
        """The Ibis backend; expressions over ``files`` and ``rows`` run on it."""
        ...

    def files(self, *, name: str, paths: list[str]) -> ibis.Table:
        """Parquet files as one table, columns matched by name; the engine reads them itself, none is loaded here.

        ``name`` always stands for the same ``paths``.
        """
        ...

    def rows(self, *, name: str, table: pa.Table) -> ibis.Table:
        """A small Arrow table as a table of the engine."""
        ...
