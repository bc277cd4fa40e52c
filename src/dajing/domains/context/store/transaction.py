"""What one act may read and write, inside the writer's transaction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import apsw
import msgspec

from dajing.domains.context.ngsi import plain
from dajing.domains.context.ngsi.merge import Change
from dajing.domains.context.store.chronicle import Chronicle
from dajing.domains.context.store.index import Row, content_row, rows
from dajing.domains.context.store.pending import Document, Pending, Place, encoded, expiry

type Json = dict[str, Any]
_ENTITY = "SELECT k, doc FROM entity WHERE tenant=? AND id=?"
_TERM = "INSERT INTO term(tenant, iri) VALUES (?, ?) ON CONFLICT DO NOTHING"
MOST_KNOWN = 4_000  # plain entities that are kept as records, so that the next change need not read them


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
        self._pending = Pending(connection=connection)
        self._known: dict[Place, tuple[int, plain.Entity]] = {}
        self.quiet = False  # set while history itself is written, so that nothing is recorded twice
        self.chronicle = Chronicle(connection=connection, term=self.term)

    # -- the writer's own -------------------------------------------------------------------------------------
    def mark(self) -> int:
        """Where ``undo`` goes back to."""
        return len(self._changes)

    def undo(self, mark: int) -> None:
        """Forget what a failed act did."""
        del self._changes[mark:]
        self._forget_rows()

    def forget(self) -> None:
        """Forget a whole transaction that was rolled back."""
        self._changes.clear()
        self._forget_rows()

    def _forget_rows(self) -> None:
        """Whatever is remembered may belong to rows that were rolled back."""
        self._terms.clear()
        self._known.clear()
        self._pending.forget()
        self.chronicle.forget_heads()
        self._tenants = None

    def flush(self) -> None:
        """Write what the acts have gathered; the writer does so before it commits."""
        self._pending.flush()
        self.chronicle.flush()

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
        """A number that grows with every row that was written or waits to be."""
        return self._connection.total_changes() + self._pending.steps + self.chronicle.steps

    def entity(self, tenant: str, identifier: str) -> tuple[int, Json] | None:
        """The key and the stored form of an entity."""
        waiting = self._pending.documents.get((tenant, identifier))
        if waiting is not None:
            key, document = waiting
            return key, plain.general(document) if isinstance(document, plain.Entity) else document
        row = self._connection.execute(_ENTITY, (tenant, identifier)).get
        return (row[0], msgspec.json.decode(row[1])) if row else None

    def record(self, tenant: str, identifier: str) -> tuple[int, plain.Entity] | None:
        """The key and the record of an entity, where it is a plain one."""
        place = tenant, identifier
        if (known := self._known.get(place)) is not None:
            return known
        if place in self._pending.documents:
            return None
        row = self._connection.execute(_ENTITY, place).get
        found = plain.stored(row[1]) if row else None
        if found is None:
            return None
        return self._remember(place, row[0], found)

    def _remember(self, place: Place, key: int, record: plain.Entity) -> tuple[int, plain.Entity]:
        if len(self._known) >= MOST_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[place] = found = key, record
        return found

    def create(self, tenant: str, new: Json) -> None:
        """Store a new entity with its index rows."""
        key = self._insert(tenant, new["id"], new)
        self._index(tenant, key, None, new)
        self._changed(tenant, Change(old=None, new=new, at=new["modifiedAt"]), new["id"])

    def create_plain(self, tenant: str, change: plain.PlainChange) -> None:
        """The same for a record."""
        new = change.after
        key = self._insert(tenant, new.id, new)
        self._remember((tenant, new.id), key, new)
        for iri in new.type:
            self._pending.add("kind", (self.term(tenant, iri), key))
        self._index_plain(tenant, key, change)
        self._changed(tenant, change, new.id)

    def _insert(self, tenant: str, identifier: str, document: Document) -> int:
        self.begin_tenant(tenant)
        values = (tenant, identifier, expiry(document), encoded(document))
        self._connection.execute("INSERT INTO entity(tenant, id, expires, doc) VALUES (?, ?, ?, ?)", values)
        return self._connection.last_insert_rowid()

    def change(self, tenant: str, key: int, old: Json, new: Json) -> None:
        """Replace an entity; only index rows that differ are touched."""
        place = tenant, new["id"]
        self._known.pop(place, None)
        self._pending.put(place, key, new)
        self._index(tenant, key, old, new)
        self._changed(tenant, Change(old=old, new=new, at=new["modifiedAt"]), new["id"])

    def change_plain(self, tenant: str, key: int, change: plain.PlainChange) -> None:
        """The same for records of one type."""
        new = change.after
        place = tenant, new.id
        self._known[place] = key, new
        self._pending.put(place, key, new)
        self._index_plain(tenant, key, change)
        self._changed(tenant, change, new.id)

    def delete(self, tenant: str, key: int, old: Json, at: str) -> None:
        """Remove an entity with its index rows."""
        place = tenant, old["id"]
        self._known.pop(place, None)
        self._pending.documents.pop(place, None)
        self._index(tenant, key, old, None)
        self._connection.execute("DELETE FROM entity WHERE k=?", (key,))
        self._changed(tenant, Change(old=old, new=None, at=at), old["id"])

    def _changed(self, tenant: str, change: Change, identifier: str) -> None:
        if not self.quiet:
            self.chronicle.record(tenant, change)
        self._changes.append(Changed(tenant, identifier, change))

    def _index(self, tenant: str, key: int, old: Json | None, new: Json | None) -> None:
        types = (set(old["type"]) if old else set()), (set(new["type"]) if new else set())
        for iri in types[0] - types[1]:
            self._pending.remove("kind", (self.term(tenant, iri), key))
        for iri in types[1] - types[0]:
            self._pending.add("kind", (self.term(tenant, iri), key))
        before, after = _rows(old, new)
        for table, iri, value in before - after:
            self._pending.remove(table, (self.term(tenant, iri), key, *_values(table, value)))
        for table, iri, value in after - before:
            self._pending.add(table, (self.term(tenant, iri), key, *_values(table, value)))

    def _index_plain(self, tenant: str, key: int, change: plain.PlainChange) -> None:
        for iri, was, now in change.differing:
            term = self.term(tenant, iri)
            if was is None:
                self._pending.add("has", (term, key))
            elif (row := content_row(record=was)) is not None:
                self._pending.remove(row[0], (term, key, *row[1]))
            if (row := content_row(record=now)) is not None:
                self._pending.add(row[0], (term, key, *row[1]))
        for iri, was in change.gone:
            term = self.term(tenant, iri)
            self._pending.remove("has", (term, key))
            if (row := content_row(record=was)) is not None:
                self._pending.remove(row[0], (term, key, *row[1]))

    def expired(self, now: int, limit: int = 500) -> Iterator[tuple[str, int, Json]]:
        """Transient entities whose time is over (clause 4.24)."""
        self._pending.flush()
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


def _values(table: str, value: Any) -> tuple[Any, ...]:
    if table == "has":
        return ()
    return tuple(value) if table == "cell" else (value,)


def _rows(old: Json | None, new: Json | None) -> tuple[set[Row], set[Row]]:
    """The index rows of every attribute that differs between the two."""
    was: Json = old["attrs"] if old else {}
    now: Json = new["attrs"] if new else {}
    before: set[Row] = set()
    after: set[Row] = set()
    for iri, instances in now.items():
        earlier = was.get(iri)
        if earlier is instances:
            continue
        after.update(rows(iri=iri, instances=instances))
        if earlier is not None:
            before.update(rows(iri=iri, instances=earlier))
    for iri in was.keys() - now.keys():
        before.update(rows(iri=iri, instances=was[iri]))
    return before, after
