"""What one act may read and write, inside the writer's transaction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import apsw
import msgspec

from dajing.domains.context.ngsi.merge import Change
from dajing.domains.context.ngsi.quick import same_value
from dajing.domains.context.ngsi.terms import micros
from dajing.domains.context.store.chronicle import Chronicle
from dajing.domains.context.store.index import Row, plain_row, rows

type Json = dict[str, Any]
_TERM = "INSERT INTO term(tenant, iri) VALUES (?, ?) ON CONFLICT DO NOTHING"
_INSERT = {
    "has": "INSERT INTO has VALUES (?, ?) ON CONFLICT DO NOTHING",
    "number": "INSERT INTO number(attr, k, value) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    "word": "INSERT INTO word(attr, k, value) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    "cell": "INSERT INTO place(attr, k, cell, east, north) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
}
_DELETE = {
    "has": "DELETE FROM has WHERE attr=? AND k=?",
    "number": "DELETE FROM number WHERE attr=? AND k=? AND value=?",
    "word": "DELETE FROM word WHERE attr=? AND k=? AND value=?",
    "cell": "DELETE FROM place WHERE attr=? AND k=? AND cell=?",
}


class Changed(msgspec.Struct, frozen=True):
    """One entity that an act created, changed or deleted."""

    tenant: str
    id: str
    change: Change


class Transaction:
    """Entities, subscriptions, contexts and tenants as rows; index rows follow the entities by themselves."""

    def __init__(self, *, connection: apsw.Connection) -> None:
        self._connection = connection
        self._terms: dict[tuple[str, str], int] = {}
        self._changes: list[Changed] = []
        self._tenants: set[str] | None = None
        self.quiet = False  # set while history itself is written, so that nothing is recorded twice
        self.chronicle = Chronicle(connection=connection, term=self.term)

    # -- the writer's own -------------------------------------------------------------------------------------
    def mark(self) -> int:
        """Where ``undo`` goes back to."""
        return len(self._changes)

    def undo(self, mark: int) -> None:
        """Forget what a failed act did."""
        del self._changes[mark:]
        self.forget_terms()

    def forget(self) -> None:
        """Forget a whole transaction that was rolled back."""
        self._changes.clear()
        self.forget_terms()

    def forget_terms(self) -> None:
        """Cached numbers may belong to rows that were rolled back."""
        self._terms.clear()
        self.chronicle.forget_heads()
        self._tenants = None

    def take_changes(self) -> list[Changed]:
        """Everything that was committed since the last call."""
        taken, self._changes = self._changes, []
        return taken

    @property
    def changes(self) -> list[Changed]:
        """What this transaction changed so far."""
        return self._changes

    # -- notifications ----------------------------------------------------------------------------------------
    def put_notification(self, tenant: str, subscription: str, at: int, headers: bytes, body: bytes) -> int:
        """Queue one notification with the change that calls for it; its number."""
        self._connection.execute(
            "INSERT INTO notification(tenant, subscription, at, headers, body) VALUES (?, ?, ?, ?, ?)",
            (tenant, subscription, at, headers, body),
        )
        return self._connection.last_insert_rowid()

    def drop_notifications(self, numbers: list[int]) -> None:
        """Forget notifications that were delivered or given up."""
        self._connection.executemany("DELETE FROM notification WHERE n=?", [(n,) for n in numbers])

    def end_notifications(self, tenant: str, subscription: str) -> None:
        """Forget the whole queue of a subscription that was deleted."""
        self._connection.execute("DELETE FROM notification WHERE tenant=? AND subscription=?", (tenant, subscription))

    # -- terms and tenants --------------------------------------------------------------------------------------
    def term(self, tenant: str, iri: str) -> int:
        """The number of an IRI within a tenant, given out at its first use."""
        found = self._terms.get((tenant, iri))
        if found is None:
            self._connection.execute(_TERM, (tenant, iri))
            found = self._connection.execute("SELECT n FROM term WHERE tenant=? AND iri=?", (tenant, iri)).get
            assert found is not None  # noqa: S101 - the line before made it
            if len(self._terms) > 50_000:
                self._terms.clear()
            self._terms[tenant, iri] = found
        return int(found)

    def begin_tenant(self, tenant: str) -> None:
        """A tenant exists from its first creation on (clause 6.3.14)."""
        if tenant and tenant not in self.tenants:
            self._connection.execute("INSERT INTO tenant VALUES (?) ON CONFLICT DO NOTHING", (tenant,))
            self.tenants.add(tenant)

    @property
    def tenants(self) -> set[str]:
        """Every tenant that was ever written to; read when asked for, since the store may be away after a failure."""
        if self._tenants is None:
            self._tenants = {name for (name,) in self._connection.execute("SELECT name FROM tenant")}
        return self._tenants

    # -- entities -------------------------------------------------------------------------------------------------
    @property
    def written(self) -> int:
        """How many rows this connection ever changed."""
        return self._connection.total_changes()

    def entity(self, tenant: str, identifier: str) -> tuple[int, Json] | None:
        """The key and the stored form of an entity."""
        row = self._connection.execute("SELECT k, doc FROM entity WHERE tenant=? AND id=?", (tenant, identifier)).get
        return (row[0], msgspec.json.decode(row[1])) if row else None

    def create(self, tenant: str, new: Json) -> None:
        """Store a new entity with its index rows."""
        self.begin_tenant(tenant)
        self._connection.execute(
            "INSERT INTO entity(tenant, id, expires, doc) VALUES (?, ?, ?, ?)",
            (tenant, new["id"], _expires(new), msgspec.json.encode(new)),
        )
        key = self._connection.last_insert_rowid()
        self._index(tenant, key, None, new)
        self._changed(tenant, Change(old=None, new=new, at=new["modifiedAt"]), new["id"])

    def change(self, tenant: str, key: int, old: Json, new: Json) -> None:
        """Replace an entity; only index rows that differ are touched."""
        self._connection.execute(
            "UPDATE entity SET doc=?, expires=? WHERE k=?", (msgspec.json.encode(new), _expires(new), key)
        )
        self._index(tenant, key, old, new)
        self._changed(tenant, Change(old=old, new=new, at=new["modifiedAt"]), new["id"])

    def delete(self, tenant: str, key: int, old: Json, at: str) -> None:
        """Remove an entity with its index rows."""
        self._index(tenant, key, old, None)
        self._connection.execute("DELETE FROM entity WHERE k=?", (key,))
        self._changed(tenant, Change(old=old, new=None, at=at), old["id"])

    def _changed(self, tenant: str, change: Change, identifier: str) -> None:
        if not self.quiet:
            self.chronicle.record(tenant, change)
        self._changes.append(Changed(tenant, identifier, change))

    def _index(self, tenant: str, key: int, old: Json | None, new: Json | None) -> None:
        before, after = _rows(old, new)
        if not before and not after and old is not None and new is not None and old["type"] == new["type"]:
            return
        self._kinds(tenant, key, old, new)
        rows: dict[str, list[tuple[Any, ...]]] = {}
        for table, iri, value in before - after:
            more = () if table == "has" else (value[0],) if table == "cell" else (value,)
            rows.setdefault(_DELETE[table], []).append((self.term(tenant, iri), key, *more))
        for table, iri, value in after - before:
            more = () if table == "has" else value if table == "cell" else (value,)
            rows.setdefault(_INSERT[table], []).append((self.term(tenant, iri), key, *more))
        for statement, values in rows.items():
            self._connection.executemany(statement, values)

    def _kinds(self, tenant: str, key: int, old: Json | None, new: Json | None) -> None:
        if old is not None and new is not None and old["type"] == new["type"]:
            return
        before, after = set(old["type"] if old else ()), set(new["type"] if new else ())
        run = self._connection.execute
        for iri in before - after:
            run("DELETE FROM kind WHERE type=? AND k=?", (self.term(tenant, iri), key))
        for iri in after - before:
            run("INSERT INTO kind VALUES (?, ?) ON CONFLICT DO NOTHING", (self.term(tenant, iri), key))

    def expired(self, now: int, limit: int = 500) -> Iterator[tuple[str, int, Json]]:
        """Transient entities whose time is over (clause 4.24)."""
        query = "SELECT tenant, k, doc FROM entity WHERE expires IS NOT NULL AND expires <= ? LIMIT ?"
        for tenant, key, doc in list(self._connection.execute(query, (now, limit))):
            yield tenant, key, msgspec.json.decode(doc)

    # -- subscriptions and contexts ----------------------------------------------------------------------------
    def document(self, table: str, tenant: str, identifier: str) -> Json | None:
        """A subscription or a hosted context."""
        row = self._connection.execute(
            f"SELECT doc FROM {_documents(table)} WHERE tenant=? AND id=?", (tenant, identifier)
        ).get
        return msgspec.json.decode(row) if row else None

    def put_document(self, table: str, tenant: str, identifier: str, document: Json) -> None:
        """Store a subscription or a context."""
        self.begin_tenant(tenant)
        self._connection.execute(
            f"INSERT INTO {_documents(table)} VALUES (?, ?, ?) ON CONFLICT(tenant, id) DO UPDATE SET doc=excluded.doc",
            (tenant, identifier, msgspec.json.encode(document)),
        )

    def delete_document(self, table: str, tenant: str, identifier: str) -> bool:
        """Remove it; whether it was there."""
        self._connection.execute(f"DELETE FROM {_documents(table)} WHERE tenant=? AND id=?", (tenant, identifier))
        return self._connection.changes() > 0


def _documents(table: str) -> str:
    if table not in ("subscription", "context"):
        raise ValueError(table)
    return table


def _expires(entity: Json) -> int | None:
    """When something of an entity expires first, in microseconds."""
    times = [i["expiresAt"] for v in entity["attrs"].values() for i in v if "expiresAt" in i]
    if "expiresAt" in entity:
        times.append(entity["expiresAt"])
    return min(map(micros, times)) if times else None


def _rows(old: Json | None, new: Json | None) -> tuple[set[Row], set[Row]]:
    """The index rows of every attribute that differs between the two."""
    was: Json = old["attrs"] if old else {}
    now: Json = new["attrs"] if new else {}
    before: set[Row] = set()
    after: set[Row] = set()
    for iri, instances in now.items():
        earlier = was.get(iri)
        if earlier is instances or same_value(earlier, instances):
            continue
        quick = plain_row(iri=iri, instances=instances) if earlier is not None else None
        if quick is not None and (gone := plain_row(iri=iri, instances=earlier or [])) is not None:
            before.add(gone)
            after.add(quick)
            continue
        after.update(rows(iri=iri, instances=instances))
        if earlier is not None:
            before.update(rows(iri=iri, instances=earlier))
    for iri in was.keys() - now.keys():
        before.update(rows(iri=iri, instances=was[iri]))
    return before, after
