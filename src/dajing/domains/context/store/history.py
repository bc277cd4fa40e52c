"""Reading history: instances by index ranges, the latest of every device, counts."""

from __future__ import annotations

from typing import Any

import msgspec

from dajing.domains.context.ngsi import selection
from dajing.domains.context.ngsi.evolution import Span
from dajing.domains.context.ngsi.terms import micros
from dajing.domains.context.store.chronicle import named
from dajing.domains.context.store.reader import Reader

type Json = dict[str, Any]
_COLUMNS = {"observedAt": "observed", "createdAt": "created", "modifiedAt": "modified", "deletedAt": "deleted"}
MOST = 200_000


class History:
    """The hot tail, read on the threads of the reader."""

    def __init__(self, *, reader: Reader) -> None:
        self._reader = reader

    def head(self, *, tenant: str, identifier: str) -> tuple[int, Json] | None:
        """The key and head of an entity's history."""
        found = self._reader.connection.execute(
            "SELECT k, head FROM chronicle WHERE tenant=? AND id=?", (tenant, identifier)
        ).get
        return (found[0], msgspec.json.decode(found[1])) if found else None

    def heads(self, *, tenant: str, types: selection.Types | None, ids: tuple[str, ...]) -> list[tuple[int, Json]]:
        """Every history of a selection, in the order of creation."""
        where = ["c.tenant=?"]
        values: list[Any] = [tenant]
        if ids:
            where.append(f"c.id IN ({','.join('?' * len(ids))})")
            values += ids
        if types:
            parts = []
            for conjunction in types:
                test = "EXISTS (SELECT 1 FROM chronicle_kind x WHERE x.type=? AND x.k=c.k)"
                parts.append("(" + " AND ".join([test] * len(conjunction)) + ")")
                values += [self._reader.term(tenant, iri) for iri in conjunction]
            where.append("(" + " OR ".join(parts) + ")")
        sql = f"SELECT c.k, c.head FROM chronicle c WHERE {' AND '.join(where)} ORDER BY c.k"
        return [(key, msgspec.json.decode(head)) for key, head in self._reader.connection.execute(sql, values)]

    def attributes(self, *, key: int) -> list[tuple[int, str]]:
        """The attributes that an entity ever had."""
        sql = "SELECT DISTINCT i.attr, t.iri FROM instance i JOIN term t ON t.n=i.attr WHERE i.k=? ORDER BY i.attr"
        return list(self._reader.connection.execute(sql, (key,)))

    def instances(self, *, key: int, attr: int, span: Span) -> list[Json]:
        """The instances of one attribute within a span, in order of time; with ``last``, the latest ones."""
        column = _COLUMNS[span.timeproperty]
        where, values = f"k=? AND attr=? AND {column} IS NOT NULL", [key, attr]
        if span.relation == "before":
            where, values = f"{where} AND {column} < ?", [*values, micros(span.at)]
        elif span.relation == "after":
            where, values = f"{where} AND {column} >= ?", [*values, micros(span.at)]
        elif span.relation == "between":
            where = f"{where} AND {column} >= ? AND {column} < ?"
            values = [*values, micros(span.at), micros(span.end)]
        elif span.timeproperty == "observedAt":
            # without a time asked for, instances that carry no observation time count as well
            where, column = "k=? AND attr=? AND deleted IS NULL", "coalesce(observed, modified, created)"
        limit = min(span.last or MOST, MOST)
        order = "DESC" if span.last else "ASC"
        sql = f"SELECT n, doc FROM instance WHERE {where} ORDER BY {column} {order}, n {order} LIMIT {limit}"
        rows = self._reader.connection.execute(sql, values)
        return [{"instanceId": named(n), **msgspec.json.decode(doc)} for n, doc in rows]
