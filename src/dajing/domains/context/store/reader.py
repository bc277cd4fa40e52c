"""Reading entities: by id, and by query with the indexes choosing candidates that the rules then judge exactly."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator, Iterator
from typing import Any

import apsw
import msgspec

from dajing.domains.context.ngsi import query as q_language
from dajing.domains.context.ngsi import selection
from dajing.domains.context.store.plan import Plan, plan
from dajing.domains.context.store.schema import Location, connect
from dajing.domains.context.store.wanted import Wanted

type Json = dict[str, Any]
PAGE = 24  # documents fetched at once at first: a page of the usual length, and one that says whether more follow


class Reader:
    """Read-only connections, one per thread."""

    def __init__(self, *, path: Location) -> None:
        self._path = path
        self._local = threading.local()
        self._terms: dict[tuple[str, str], int] = {}

    @property
    def connection(self) -> apsw.Connection:
        """This thread's connection."""
        found = getattr(self._local, "connection", None)
        if found is None:
            found = self._local.connection = connect(path=self._path)
        return found

    def document(self, *, tenant: str, identifier: str) -> bytes | None:
        """The stored bytes of one entity."""
        found = self.connection.execute("SELECT doc FROM entity WHERE tenant=? AND id=?", (tenant, identifier)).get
        return found

    def entity(self, *, tenant: str, identifier: str) -> Json | None:
        """One entity in stored form."""
        found = self.document(tenant=tenant, identifier=identifier)
        return msgspec.json.decode(found) if found is not None else None

    def term(self, tenant: str, iri: str) -> int:
        """The number of an IRI, or -1 when the tenant never used it."""
        known = self._terms.get((tenant, iri))
        if known is not None:
            return known
        found = self.connection.execute("SELECT n FROM term WHERE tenant=? AND iri=?", (tenant, iri)).get
        if found is None:
            return -1
        if len(self._terms) > 50_000:
            self._terms.clear()
        self._terms[tenant, iri] = int(found)  # committed numbers never change
        return int(found)

    def find(self, *, wanted: Wanted) -> Iterator[Json]:
        """Matching entities in the order of their creation."""
        for doc in self.documents_of(wanted=wanted):
            yield msgspec.json.decode(doc)

    def documents_of(self, *, wanted: Wanted) -> Iterator[bytes]:
        """The stored bytes of matching entities in the order of their creation."""
        chosen = plan(wanted=wanted, term=self.term, connection=self.connection)
        rows = self._sorted(chosen) if chosen.scattered else self._ordered(chosen)
        try:
            for doc, unsure in rows:
                if (chosen.exact and not unsure) or self.judge(wanted=wanted, entity=msgspec.json.decode(doc)):
                    yield doc
        finally:
            rows.close()

    def _ordered(self, chosen: Plan) -> Generator[tuple[bytes, int]]:
        """Documents from one statement, and whether each must be judged."""
        lazily = getattr(self.connection, "lazy", self.connection.execute)  # PostgreSQL would send all at once
        cursor = lazily(chosen.documents, chosen.values)
        try:
            yield from cursor
        finally:
            cursor.close()  # an abandoned page must not hold its snapshot

    def _sorted(self, chosen: Plan) -> Generator[tuple[bytes, int]]:
        """The same from few keys that come in no order; documents are fetched as far as a page needs them."""
        run = self.connection.execute
        own = not self.connection.in_transaction
        if own:
            run("BEGIN")  # keys and documents of one moment
        try:
            pairs: list[Any] = run(chosen.first, chosen.first_values).fetchall()
            pairs.sort(reverse=True)
            unsure: dict[int, int] = dict(pairs)  # of a key that came twice the surest
            keys, size = list(unsure)[::-1], PAGE
            while keys:
                part, keys = keys[:size], keys[size:]
                part += part[-1:] * (size - len(part))  # few sizes, so that the statements stay compiled
                found: list[Any] = run(chosen.among(size), (*part, *chosen.where_values)).fetchall()
                yield from ((doc, unsure[key]) for key, doc in found)
                size = 10 * PAGE
        finally:
            if own:
                with contextlib.suppress(apsw.InterruptError):  # who has set a bound of time ends what it cut off
                    run("END")

    def page(self, *, wanted: Wanted, offset: int, limit: int, count: bool) -> tuple[list[bytes], int, bool]:
        """One page of stored bytes, the total (when counted, else 0) and whether more follow."""
        if count:
            chosen = plan(wanted=wanted, term=self.term, connection=self.connection)
            if chosen.exact and wanted.geo is None:
                total = int(
                    self.connection.execute(chosen.count, (*chosen.first_values, *chosen.where_values)).get or 0
                )
                found, _, more = self.page(wanted=wanted, offset=offset, limit=limit, count=False)
                return found, total, more
        found = []
        total = 0
        for doc in self.documents_of(wanted=wanted):
            total += 1
            if offset < total <= offset + limit:
                found.append(doc)
            elif total > offset + limit and not count:
                return found, 0, True
        return found, total, total > offset + limit

    def judge(self, *, wanted: Wanted, entity: Json) -> bool:
        """Whether an entity satisfies every condition exactly."""
        if wanted.alternatives and not any(self.judge(wanted=w, entity=entity) for w in wanted.alternatives):
            return False
        if wanted.ids and entity["id"] not in wanted.ids:
            return False
        if wanted.pattern is not None and not wanted.pattern.found_in(entity["id"]):
            return False
        if wanted.types and not selection.matches(types=wanted.types, entity=entity["type"]):
            return False
        return self._content(wanted, entity)

    def _content(self, wanted: Wanted, entity: Json) -> bool:
        attrs = entity["attrs"]
        if wanted.attributes and not any(a in attrs for a in wanted.attributes):
            return False
        if wanted.datasets and not wanted.attributes and not any(_present(attrs, a, wanted.datasets) for a in attrs):
            return False
        if wanted.scope is not None and not wanted.scope.matches(scopes=entity.get("scope", ())):
            return False
        if wanted.geo is not None and not wanted.geo.matches(entity=entity):
            return False
        if wanted.q is None:
            return True
        return q_language.holds(
            node=wanted.q, entity=entity, lookup=lambda i: self.entity(tenant=wanted.tenant, identifier=i)
        )

    def documents(self, *, table: str, tenant: str | None = None) -> list[tuple[str, str, Json]]:
        """Every subscription or context, of one tenant or of all."""
        if table not in ("subscription", "context"):
            raise ValueError(table)
        where, values = ("WHERE tenant=?", [tenant]) if tenant is not None else ("", [])
        rows = self.connection.execute(f"SELECT tenant, id, doc FROM {table} {where}", values)
        return [(t, i, msgspec.json.decode(d)) for t, i, d in rows]

    def tenants(self) -> set[str]:
        """Every tenant that was ever written to."""
        return {name for (name,) in self.connection.execute("SELECT name FROM tenant")}

    def types(self, *, tenant: str) -> list[tuple[str, int]]:
        """Every entity type with its number of entities."""
        sql = "SELECT min(t.iri), count(*) FROM kind JOIN term t ON t.n=kind.type WHERE t.tenant=? GROUP BY kind.type"
        return list(self.connection.execute(sql, (tenant,)))

    def attributes(self, *, tenant: str) -> list[tuple[str, int]]:
        """Every attribute with the number of entities that have it."""
        sql = "SELECT min(t.iri), count(*) FROM has JOIN term t ON t.n=has.attr WHERE t.tenant=? GROUP BY has.attr"
        return list(self.connection.execute(sql, (tenant,)))

    def attributes_of(self, *, tenant: str, type_iri: str) -> list[str]:
        """The attributes that entities of a type have."""
        sql = "SELECT DISTINCT t.iri FROM kind JOIN has ON has.k=kind.k JOIN term t ON t.n=has.attr WHERE kind.type=?"
        return [iri for (iri,) in self.connection.execute(sql, (self.term(tenant, type_iri),))]


def _present(attrs: Json, iri: str, datasets: tuple[str, ...]) -> bool:
    instances = attrs.get(iri)
    if not instances:
        return False
    return not datasets or any(i.get("datasetId", "@none") in datasets for i in instances)
