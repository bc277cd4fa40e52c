"""Reading history: instances by index ranges, the latest of every device, counts."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from dajing.domains.context.ngsi import selection
from dajing.domains.context.ngsi.evolution import Span
from dajing.domains.context.ngsi.terms import canonical_time, micros
from dajing.domains.context.store.chronicle import named
from dajing.domains.context.store.reader import Reader

type Json = dict[str, Any]
_COLUMNS = {"observedAt": "observed", "createdAt": "created", "modifiedAt": "modified", "deletedAt": "deleted"}
MOST = 200_000


class Archived(Protocol):
    """Where instances are that left the tail."""

    def instances(self, *, tenant: str, entity: str, attribute: str, span: Span, most: int) -> list[tuple[int, Json]]:
        """(row, instance) of one attribute within a span in order of time: the newest ``most`` where ``last`` asks for
        the latest, else the earliest."""


class History:
    """The hot tail, read on the threads of the reader."""

    def __init__(self, *, reader: Reader, archive: Archived | None = None) -> None:
        self._reader = self.reader = reader
        self._archive = archive

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
        # from one attribute to the next in the index, not through all of its instances
        sql = (
            "WITH RECURSIVE a(n) AS (SELECT min(attr) FROM instance WHERE k=:k UNION ALL "
            "SELECT (SELECT min(attr) FROM instance WHERE k=:k AND attr>a.n) FROM a WHERE a.n IS NOT NULL) "
            "SELECT t.n, t.iri FROM term t WHERE t.n IN (SELECT n FROM a UNION SELECT attr FROM cold WHERE k=:k) "
            "ORDER BY t.n"
        )
        return list(self._reader.connection.execute(sql, {"k": key}))

    def term(self, *, key: int, iri: str) -> int | None:
        """The number of an attribute that a history ever had."""
        return next((n for n, found in self.attributes(key=key) if found == iri), None)

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
        sql = f"SELECT n, {column}, doc FROM instance WHERE {where} ORDER BY {column} {order}, n {order} LIMIT {limit}"
        rows = list(self._reader.connection.execute(sql, values))
        hot = [{"instanceId": named(n), **msgspec.json.decode(doc)} for n, _, doc in rows]
        oldest = min((at for _, at, _ in rows), default=None) if span.last and len(rows) == limit else None
        if self._archive is None or not self._reaches_back(key, attr, span, oldest):
            return hot
        seen = [(n, instance) for (n, _, _), instance in zip(rows, hot, strict=True)]
        return self._with_archived(key, attr, span, seen, limit)

    def _reaches_back(self, key: int, attr: int, span: Span, oldest: int | None) -> bool:
        """Whether the archive may hold something of the span; ``oldest`` is set where the tail gave all that it may."""
        newest = self._reader.connection.execute("SELECT newest FROM cold WHERE k=? AND attr=?", (key, attr)).get
        if newest is None or (oldest is not None and oldest > newest):
            return False
        if span.relation in ("after", "between") and span.timeproperty == "observedAt":
            return micros(span.at) <= int(newest)
        return True

    def _with_archived(self, key: int, attr: int, span: Span, hot: list[tuple[int, Json]], limit: int) -> list[Json]:
        """Both in the order of time; of a repeated observation the one that was written last counts."""
        assert self._archive is not None  # noqa: S101 - the caller looked
        run = self._reader.connection.execute
        tenant, entity = run("SELECT tenant, id FROM chronicle WHERE k=?", (key,)).get
        iri = run("SELECT iri FROM term WHERE n=?", (attr,)).get
        upto = run("SELECT upto FROM gone_history WHERE tenant=? AND id=?", (tenant, entity)).get or 0
        parts = list(run("SELECT dataset, every, upto FROM gone_part WHERE k=? AND attr=?", (key, attr)))

        def there(n: int, instance: Json) -> bool:
            dataset = instance.get("datasetId")
            dropped = any(n <= end and (every or dataset == part) for part, every, end in parts)
            return n > upto and not dropped and not run("SELECT 1 FROM gone WHERE n=?", (n,)).get

        most = limit
        while True:
            found = self._archive.instances(tenant=tenant, entity=entity, attribute=str(iri), span=span, most=most)
            kept = _newest([(n, instance) for n, instance in [*found, *hot] if there(n, instance)])
            if len(found) < most or len(kept) >= limit + len(hot):
                break
            most *= 2  # some of them were deleted or written anew since: as many again are needed
        name = span.timeproperty

        def when(entry: tuple[int, Json]) -> tuple[int, int]:
            n, instance = entry
            at = instance.get(name) or instance.get("modifiedAt") or instance.get("createdAt") or instance["deletedAt"]
            return micros(at), n

        ordered = [instance for _, instance in sorted(kept, key=when)]
        return ordered[-limit:][::-1] if span.last else ordered[:limit]


def _newest(rows: list[tuple[int, Json]]) -> list[tuple[int, Json]]:
    """Of a repeated observation the row that was written last."""
    kept: dict[Any, tuple[int, Json]] = {}
    for n, instance in rows:
        same = (instance.get("datasetId"), canonical_time(instance["observedAt"])) if "observedAt" in instance else n
        if same not in kept or kept[same][0] <= n:
            kept[same] = n, {"instanceId": named(n), **instance}
    return list(kept.values())
