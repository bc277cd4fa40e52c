"""Reading entities: by id, and by query with the indexes choosing candidates that the rules then judge exactly."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw
import msgspec

from dajing.domains.context.ngsi import query as q_language
from dajing.domains.context.ngsi import selection
from dajing.domains.context.ngsi.geoquery import GeoQuery
from dajing.domains.context.ngsi.query import Group, Node, Term
from dajing.domains.context.ngsi.scope import ScopeQuery
from dajing.domains.context.ngsi.terms import SYSTEM
from dajing.domains.context.store.index import LARGE, WORD, spans
from dajing.domains.context.store.schema import connect

type Json = dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """Which entities: every condition given must hold."""

    tenant: str = ""
    ids: tuple[str, ...] = ()
    pattern: Any = None
    types: selection.Types | None = None
    attributes: tuple[str, ...] = ()
    q: Node | None = None
    geo: GeoQuery | None = None
    scope: ScopeQuery | None = None
    datasets: tuple[str, ...] = ()
    alternatives: tuple[Wanted, ...] = field(default=())


class Reader:
    """Read-only connections, one per thread."""

    def __init__(self, *, path: Path) -> None:
        self._path = path
        self._local = threading.local()

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
        found = self.connection.execute("SELECT n FROM term WHERE tenant=? AND iri=?", (tenant, iri)).get
        return -1 if found is None else int(found)

    def find(self, *, wanted: Wanted) -> Iterator[Json]:
        """Matching entities in the order of their creation."""
        sql, values = self._plan(wanted)
        for (doc,) in self.connection.execute(sql, values):
            entity = msgspec.json.decode(doc)
            if self.judge(wanted=wanted, entity=entity):
                yield entity

    def page(self, *, wanted: Wanted, offset: int, limit: int, count: bool) -> tuple[list[Json], int, bool]:
        """One page, the total (when counted, else 0) and whether more follow."""
        found: list[Json] = []
        total = 0
        for entity in self.find(wanted=wanted):
            total += 1
            if offset < total <= offset + limit:
                found.append(entity)
            elif total > offset + limit and not count:
                return found, 0, True
        return found, total, total > offset + limit

    def judge(self, *, wanted: Wanted, entity: Json) -> bool:
        """Whether an entity satisfies every condition exactly."""
        if wanted.alternatives and not any(self.judge(wanted=w, entity=entity) for w in wanted.alternatives):
            return False
        if wanted.ids and entity["id"] not in wanted.ids:
            return False
        if wanted.pattern is not None and not wanted.pattern.search(entity["id"]):
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

    def _plan(self, wanted: Wanted) -> tuple[str, list[Any]]:
        """Candidates: never fewer than the answers. Each condition is a membership test on an index."""
        where = ["e.tenant=?"]
        values: list[Any] = [wanted.tenant]
        if wanted.ids:
            where.append(f"e.id IN ({','.join('?' * len(wanted.ids))})")
            values += wanted.ids
        if wanted.types:
            parts = []
            for conjunction in wanted.types:
                parts.append("(" + " AND ".join(["e.k IN (SELECT k FROM kind WHERE type=?)"] * len(conjunction)) + ")")
                values += [self.term(wanted.tenant, iri) for iri in conjunction]
            where.append("(" + " OR ".join(parts) + ")")
        if wanted.attributes:
            marks = ",".join("?" * len(wanted.attributes))
            where.append(f"e.k IN (SELECT k FROM has WHERE attr IN ({marks}))")
            values += [self.term(wanted.tenant, iri) for iri in wanted.attributes]
        for sql, more in [*self._geo(wanted), *self._terms(wanted)]:
            where.append(sql)
            values += more
        return f"SELECT e.doc FROM entity e WHERE {' AND '.join(where)} ORDER BY e.k", values

    def _geo(self, wanted: Wanted) -> Iterator[tuple[str, list[Any]]]:
        if wanted.geo is None:
            return
        attribute = self.term(wanted.tenant, wanted.geo.attribute)
        if wanted.geo.box is None:
            yield "e.k IN (SELECT k FROM has WHERE attr=?)", [attribute]
            return
        ranges = spans(box=wanted.geo.box)
        tests = " OR ".join(["(attr=? AND cell BETWEEN ? AND ?)"] * len(ranges))
        values: list[Any] = [attribute, LARGE]
        for low, high in ranges:
            values += [attribute, low, high]
        yield f"e.k IN (SELECT k FROM cell WHERE (attr=? AND cell=?) OR {tests})", values

    def _terms(self, wanted: Wanted) -> Iterator[tuple[str, list[Any]]]:
        node = wanted.q
        parts = node.parts if isinstance(node, Group) and node.every else (node,) if node else ()
        for part in parts:
            if (
                isinstance(part, Term)
                and not part.negated
                and part.linked is None
                and part.path[0] not in (*SYSTEM, "id")
            ):
                yield self._term(wanted.tenant, part)

    def _term(self, tenant: str, term: Term) -> tuple[str, list[Any]]:
        attribute = self.term(tenant, term.path[0])
        plain = len(term.path) == 1 and not term.member
        if plain and term.op == "==" and term.span is None and len(term.values) == 1:
            value = term.values[0]
            if isinstance(value, int | float) and not isinstance(value, bool):
                return _member("number", "value=?"), [attribute, float(value)]
            if isinstance(value, str) and not value[:4].isdigit():
                return _member("word", "value=?"), [attribute, value[:WORD]]
        if plain and term.op in (">", ">=", "<", "<=") and isinstance(term.values[0], int | float):
            return _member("number", f"value{term.op}?"), [attribute, float(term.values[0])]
        if plain and term.op == "==" and term.span is not None and isinstance(term.span[0], int | float):
            return _member("number", "value BETWEEN ? AND ?"), [attribute, *term.span]
        return "e.k IN (SELECT k FROM has WHERE attr=?)", [attribute]

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
        sql = "SELECT t.iri, count(*) FROM kind JOIN term t ON t.n=kind.type WHERE t.tenant=? GROUP BY kind.type"
        return list(self.connection.execute(sql, (tenant,)))

    def attributes(self, *, tenant: str) -> list[tuple[str, int]]:
        """Every attribute with the number of entities that have it."""
        sql = "SELECT t.iri, count(*) FROM has JOIN term t ON t.n=has.attr WHERE t.tenant=? GROUP BY has.attr"
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


def _member(table: str, test: str) -> str:
    """A test per candidate by its own key, so that a page costs the page and not the whole index."""
    return f"EXISTS (SELECT 1 FROM {table} x WHERE x.k=e.k AND x.attr=? AND x.{test})"
