"""The broker's side: how far the stream has come, and instances that are no longer in the hot tail.

Django, Ibis and DuckDB are loaded by the first question that reaches back beyond the tail, so that a broker that is
asked about the present alone stays small.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pysqlite3

from dajing.domains.context.ngsi.evolution import Span
from dajing.domains.context.ngsi.terms import parse_time

type Json = dict[str, Any]
type Row = tuple[int, Json]
COLUMNS = {
    "observedAt": "observed_at", "createdAt": "created_at", "modifiedAt": "modified_at", "deletedAt": "deleted_at",
}  # fmt: skip


class Archive:
    """The stream of this installation, as the broker sees it."""

    def __init__(self, *, rows: Path, url: str = "") -> None:
        self._rows, self._url = rows, url
        self._guard = threading.Lock()

    def position(self) -> int:
        """The last row that is in the stream; 0 while nothing is, or where the row store cannot be read."""
        sql = "SELECT position FROM context_sealed WHERE id=1"
        try:
            if self._url:
                import psycopg

                with psycopg.connect(self._url, autocommit=True, connect_timeout=5) as connection:
                    found = connection.execute(sql).fetchone()
            else:
                reading = pysqlite3.connect(f"file:{self._rows}?mode=ro", uri=True, timeout=5)
                try:
                    found = reading.execute(sql).fetchone()
                finally:
                    reading.close()
        except Exception as error:
            if not isinstance(error, pysqlite3.Error) and not type(error).__module__.startswith("psycopg"):
                raise
            return 0
        return int(found[0]) if found else 0

    def instances(self, *, tenant: str, entity: str, attribute: str, span: Span, most: int) -> list[Row]:
        """(row, instance) of one attribute within a span in order of time: the newest ``most`` where ``last`` asks for
        the latest, else the earliest."""
        self._load()
        import ibis

        from dajing.domains.context.streams import OBSERVATIONS
        from dajing.kernel.catalog.api import relation

        table = relation(stream=OBSERVATIONS)
        wanted = (table["tenant"] == tenant) & (table["entity"] == entity) & (table["attribute"] == attribute)
        time = table[COLUMNS[span.timeproperty]]
        if not span.relation and span.timeproperty == "observedAt":
            time = ibis.coalesce(table["observed_at"], table["modified_at"], table["created_at"])
            wanted &= table["deleted_at"].isnull()
        for test in _limits(span, time):
            wanted &= test
        found = table.filter(wanted & time.notnull()).mutate(_time=time)
        way = ibis.desc if span.last else ibis.asc
        found = found.order_by([way("_time"), way("row")]).limit(most).select("row", "instance")
        with self._guard:
            rows = found.to_pyarrow().to_pylist()
        return [(row["row"], msgspec.json.decode(row["instance"])) for row in (reversed(rows) if span.last else rows)]

    def _load(self) -> None:
        with self._guard:
            from dajing.kernel.web.start import start

            start()


def _limits(span: Span, time: Any) -> list[Any]:
    import ibis

    def instant(text: str) -> Any:
        parsed = parse_time(text) or datetime(1970, 1, 1, tzinfo=UTC)
        return ibis.literal(parsed.astimezone(UTC), type="timestamp('UTC', 6)")

    if span.relation == "before":
        return [time < instant(span.at)]
    if span.relation == "after":
        return [time >= instant(span.at)]
    if span.relation == "between":
        return [time >= instant(span.at), time < instant(span.end)]
    return []
