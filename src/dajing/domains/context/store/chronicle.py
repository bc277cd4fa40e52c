"""The hot tail of history: one row per attribute instance that was ever current, kept when the entity goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import apsw
import msgspec

from dajing.domains.context.ngsi.merge import Change
from dajing.domains.context.ngsi.plain import Instance, PlainChange, encode, general
from dajing.domains.context.ngsi.scope import SCOPE, scope_instance
from dajing.domains.context.ngsi.terms import NULL, VALUE_OF, double, micros

type Json = dict[str, Any]
type Keep = Literal["all", "observed", "none"]
MOST_HEADS = 50_000
_REPEATED = "SELECT n FROM instance WHERE k=? AND attr=? AND observed=? AND dataset IS NOT DISTINCT FROM ?"
_GONE = "INSERT INTO gone_history VALUES (?, ?, ?) ON CONFLICT(tenant, id) DO UPDATE SET upto=excluded.upto"
_SEALING = "INSERT INTO sealing VALUES (1, ?) ON CONFLICT(one) DO UPDATE SET upto=excluded.upto"
_UPDATE = (
    "UPDATE instance SET dataset=?, instance=?, observed=?, created=?, modified=?, deleted=?, value=?, doc=? WHERE n=?"
)
_INSERT = (
    "INSERT INTO instance(k, attr, dataset, instance, observed, created, modified, deleted, value, doc) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


class Chronicle:
    """History inside the writer's transaction. ``keep`` says which attributes ask for it."""

    def __init__(self, *, connection: apsw.Connection, term: Callable[[str, str], int]) -> None:
        self._db = connection
        self._term = term
        self._rows: list[tuple[Any, ...]] = []  # observations that wait for ``flush``
        self._again: dict[int, tuple[Any, ...]] = {}  # the same of rows that are there
        # entity and attribute -> a time that no later one was observed than, and the row of it where that is known
        self._latest: dict[tuple[int, int], tuple[int, int | None]] = {}
        self.steps = 0
        self._heads: dict[tuple[str, str], tuple[int, list[str]]] = {}
        self._sealed_upto: int | None = None
        self.keep: Keep = "all"

    def forget_heads(self) -> None:
        """What is remembered may have been rolled back."""
        self._heads.clear()
        self._latest.clear()
        self._rows.clear()
        self._again.clear()
        self._sealed_upto = None

    @property
    def _connection(self) -> apsw.Connection:
        """For whoever looks at instances: what waits is written before."""
        self.flush()
        return self._db

    def flush(self) -> None:
        """Write the observations that wait."""
        if self._rows:
            rows, self._rows = self._rows, []
            self._db.executemany(_INSERT, rows)
        if self._again:
            changed, self._again = self._again, {}
            self._db.executemany(_UPDATE, [(*columns, row) for row, columns in changed.items()])

    @property
    def _sealed(self) -> int:
        """Up to which row nothing is changed in place."""
        if self._sealed_upto is None:
            self._sealed_upto = int(self._db.execute("SELECT max(upto) FROM sealing").get or 0)
        return self._sealed_upto

    def head(self, tenant: str, identifier: str) -> tuple[int, Json] | None:
        """The key and the head (id, types, times; scope in old files alone) of an entity's history."""
        row = self._db.execute("SELECT k, head FROM chronicle WHERE tenant=? AND id=?", (tenant, identifier))
        found = row.get
        return (found[0], msgspec.json.decode(found[1])) if found else None

    def begin(self, tenant: str, entity: Json) -> int:
        """The key of the history of an entity, begun at its first call; types are added as they appear."""
        kept = self._heads.get((tenant, entity["id"]))
        if kept is not None and kept[1] == entity.get("type", kept[1]):
            return kept[0]
        key, head = self._begin(tenant, entity)
        if len(self._heads) >= MOST_HEADS:
            self._heads.clear()
        self._heads[tenant, entity["id"]] = key, head["type"]
        return key

    def _begin(self, tenant: str, entity: Json) -> tuple[int, Json]:
        found = self.head(tenant, entity["id"])
        if found is None:
            head = {k: v for k, v in entity.items() if k not in ("attrs", "scope")}
            self._db.execute(
                "INSERT INTO chronicle(tenant, id, head) VALUES (?, ?, ?)",
                (tenant, entity["id"], msgspec.json.encode(head)),
            )
            key = self._db.last_insert_rowid()
            self._kinds(tenant, key, entity["type"])
            return key, head
        key, head = found
        types = list(dict.fromkeys([*head["type"], *entity.get("type", ())]))
        if types != head["type"] or "deletedAt" in head:
            head = {k: v for k, v in head.items() if k != "deletedAt"} | {"type": types}
            self.save(key, head)
            self._kinds(tenant, key, types)
        return key, head

    def save(self, key: int, head: Json) -> None:
        """Replace a head."""
        self._heads.clear()
        self._db.execute("UPDATE chronicle SET head=? WHERE k=?", (msgspec.json.encode(head), key))

    def _kinds(self, tenant: str, key: int, types: list[str]) -> None:
        for iri in types:
            self._db.execute(
                "INSERT INTO chronicle_kind VALUES (?, ?) ON CONFLICT DO NOTHING", (self._term(tenant, iri), key)
            )

    def record(self, tenant: str, change: Change) -> None:
        """Append what a write did; a deletion leaves a row that says when."""
        if self.keep == "none" or (isinstance(change, PlainChange) and self._record_plain(tenant, change)):
            return
        wanted = []
        for trigger, iri, old, new in change.attributes():
            instance = new if new is not None else deletion(old or {}, at=change.at)
            if self.keep == "all" or "observedAt" in (new or old or {}):
                wanted.append((trigger, iri, instance))
        if (scope := change.scope()) is not None and (self.keep == "all" or _observed(change)):
            wanted.append(("attributeUpdated", SCOPE, scope))
        entity = change.new or change.old or {}
        if not wanted and (change.old is not None or self.keep != "all"):
            return
        key = self.begin(tenant, entity)
        for trigger, iri, instance in wanted:
            if trigger == "attributeDeleted" and change.new is None:
                continue
            if iri == SCOPE:
                self.unfold(tenant, entity["id"])
            self.append(tenant, key, iri, instance)
        if change.new is None and (found := self.head(tenant, entity["id"])):
            self.save(key, found[1] | {"deletedAt": change.at})

    def _record_plain(self, tenant: str, change: PlainChange) -> bool:
        """The common case: attributes of a plain entity were written, and those that carry a time are kept."""
        if self.keep != "observed" or change.gone:
            return False
        for iri, record in change.observed:
            entity = change.after
            kept = self._heads.get((tenant, entity.id))
            key = kept[0] if kept and kept[1] == entity.type else self.begin(tenant, change.new or {})
            self._observe(key, self._term(tenant, iri), micros(str(record.observed_at)), record)
        return True

    def _observe(self, key: int, attr: int, observed: int, record: Instance) -> None:
        """One observation; it is looked for only where it is not later than all before."""
        self.steps += 1
        value = record.value
        number = double(value) if isinstance(value, int | float) and type(value) is not bool else None
        created, modified = micros(str(record.created_at)), micros(str(record.modified_at))
        columns = (None, "", observed, created, modified, None, number, encode(record))
        latest, row = self._latest.get((key, attr)) or self._look(key, attr)
        if observed > latest:
            self._latest[key, attr] = observed, None
            self._rows.append((key, attr, *columns))
        elif observed == latest and row is not None and row > self._sealed:
            self._again[row] = columns
        elif (again := self._repeated(key, attr, observed, None)) is None:
            self._rows.append((key, attr, *columns))
        elif again <= self._sealed:
            self._replace(again, general(record), columns)
        else:
            self._again[again] = columns
            if observed == latest:
                self._latest[key, attr] = observed, again

    def _look(self, key: int, attr: int) -> tuple[int, int | None]:
        """The latest time of an attribute in the tail, or one before all times."""
        if len(self._latest) >= MOST_HEADS:
            self._latest.clear()
        found = self._connection.execute("SELECT max(observed) FROM instance WHERE k=? AND attr=?", (key, attr)).get
        self._latest[key, attr] = entry = (-(2**62) if found is None else int(found)), None
        return entry

    def _repeated(self, key: int, attr: int, observed: int, dataset: str | None) -> int | None:
        run = self._connection.execute if self._rows else self._db.execute
        found = run(_REPEATED, (key, attr, observed, dataset)).get
        return int(found) if found is not None else None

    def unfold(self, tenant: str, identifier: str) -> None:
        """Turn the scope that an earlier version kept in the head into an instance, as the first of them."""
        found = self.head(tenant, identifier)
        if found is not None and (scopes := found[1].pop("scope", None)):
            self.append(tenant, found[0], SCOPE, scope_instance(scopes=scopes, at=found[1]["createdAt"]))
            self.save(*found)

    def append(self, tenant: str, key: int, iri: str, instance: Json) -> str:
        """One instance; unless it brings an instanceId of its own, its row gives it one (see ``named``).

        An observation that is repeated (same attribute, dataset and observedAt) replaces what was known of it.
        """
        attribute, columns = self._term(tenant, iri), _columns(instance)
        if columns[2] is not None:
            again = self._repeated(key, attribute, columns[2], columns[0])
            if again is not None:
                self._replace(again, instance, columns)
                return str(instance.get("instanceId") or named(again))
            self._latest.pop((key, attribute), None)  # this one may be later
        self._connection.execute(_INSERT, (key, attribute, *columns))
        return str(instance.get("instanceId") or named(self._connection.last_insert_rowid()))

    def replace(self, row: int, instance: Json) -> None:
        """Change one instance that is there (5.6.14); what may be sealed already is written anew under its old id."""
        self._latest.clear()  # its time may be later than any before
        self._replace(row, instance, _columns(instance))

    def _replace(self, row: int, instance: Json, columns: tuple[Any, ...]) -> None:
        if row <= self._sealed:
            attribute, key = self._connection.execute("SELECT attr, k FROM instance WHERE n=?", (row,)).get
            self.forget([row])
            self._connection.execute(_INSERT, (key, attribute, *_columns({"instanceId": named(row), **instance})))
            return
        self._connection.execute(_UPDATE, (*columns, row))

    def instances(self, tenant: str, key: int, iri: str) -> Iterator[tuple[int, Json]]:
        """Every row of one attribute."""
        query = "SELECT n, doc FROM instance WHERE k=? AND attr=? ORDER BY n"
        for row, doc in list(self._connection.execute(query, (key, self._term(tenant, iri)))):
            yield row, {"instanceId": named(row), **msgspec.json.decode(doc)}

    def forget(self, rows: list[int]) -> None:
        """Remove rows of history (5.6.13, 5.6.15), also where they are sealed already."""
        self._latest.clear()
        self._connection.executemany("DELETE FROM instance WHERE n=?", [(row,) for row in rows])
        sealed = [(row,) for row in rows if row <= self._sealed]
        self._connection.executemany("INSERT INTO gone VALUES (?) ON CONFLICT DO NOTHING", sealed)

    def forget_sealed(self, tenant: str, key: int, iri: str, dataset: str | None, *, every: bool) -> bool:
        """Remove what the archive holds of an attribute (all of it, or one dataset's); whether it may hold any."""
        number = self._term(tenant, iri)
        if self._connection.execute("SELECT 1 FROM cold WHERE k=? AND attr=?", (key, number)).get is None:
            return False
        self._connection.execute(
            "INSERT INTO gone_part VALUES (?, ?, ?, ?, ?)", (key, number, dataset, int(every), self._sealed)
        )
        return True

    def archived(self, tenant: str, key: int, iri: str) -> int:
        """The newest time of an attribute's instances that left the tail, in microseconds; 0 where none did."""
        sql = "SELECT newest FROM cold WHERE k=? AND attr=?"
        return int(self._connection.execute(sql, (key, self._term(tenant, iri))).get or 0)

    def evaporate(self, tenant: str, identifier: str, iri: str, dataset: str | None) -> None:
        """Remove the history of an attribute instance that expired (4.24)."""
        found = self.head(tenant, identifier)
        if found is not None:
            sql = "SELECT n FROM instance WHERE k=? AND attr=? AND dataset IS NOT DISTINCT FROM ?"
            values = (found[0], self._term(tenant, iri), dataset)
            self.forget([n for (n,) in list(self._connection.execute(sql, values))])
            self.forget_sealed(tenant, found[0], iri, dataset, every=False)

    def end(self, tenant: str, identifier: str, key: int) -> None:
        """Remove an entity's whole history (5.6.16)."""
        self._heads.clear()
        self._latest.clear()
        for table in ("instance", "chronicle_kind", "chronicle", "cold", "gone_part"):
            self._connection.execute(f"DELETE FROM {table} WHERE k=?", (key,))
        if self._sealed:
            self._connection.execute(
                "INSERT INTO gone_history VALUES (?, ?, ?) ON CONFLICT(tenant, id) DO UPDATE SET upto=excluded.upto",
                (tenant, identifier, self._sealed),
            )

    # -- towards the archive --------------------------------------------------------------------------------------
    def offer(self) -> None:
        """Say that rows up to the newest may be sealed: from now on none of them is changed in place."""
        newest = self._connection.execute("SELECT max(n) FROM instance").get or 0
        if newest > self._sealed:
            self._connection.execute(
                "INSERT INTO sealing VALUES (1, ?) ON CONFLICT(one) DO UPDATE SET upto=excluded.upto", (newest,)
            )
            self._sealed_upto = newest

    def trim(self, *, position: int, before: int, most: int = 5_000) -> int:
        """Remove rows that are in the archive (up to ``position``) and older than ``before``; how many."""
        sql = (
            "SELECT n, k, attr, coalesce(observed, modified, created, deleted) FROM instance "
            "WHERE n<=? AND coalesce(created, deleted, 0)<? ORDER BY n LIMIT ?"
        )
        rows = list(self._connection.execute(sql, (min(position, self._sealed), before, most)))
        self._connection.executemany(
            "INSERT INTO cold VALUES (?, ?, ?) ON CONFLICT(k, attr) DO UPDATE SET newest=excluded.newest "
            "WHERE excluded.newest > cold.newest",
            [(k, attr, at) for _, k, attr, at in rows],
        )
        self._connection.executemany("DELETE FROM instance WHERE n=?", [(n,) for n, *_ in rows])
        self._latest.clear()
        return len(rows)


def _observed(change: Change) -> bool:
    """Whether any attribute before or after a change carries a time of observation."""
    sides = [side["attrs"] for side in (change.old, change.new) if side is not None]
    return any("observedAt" in i for attrs in sides for instances in attrs.values() for i in instances)


def named(row: int) -> str:
    """The instanceId of a row that brought none."""
    return f"urn:ngsi-ld:instance:{row}"


def deletion(old: Json, *, at: str) -> Json:
    """What stands in history for the deletion of an attribute (4.5.6): NGSI-LD Null with its time."""
    member = VALUE_OF[old["type"]]
    found = {"type": old["type"], member: {"@none": NULL} if member == "languageMap" else NULL, "deletedAt": at}
    return {**found, "datasetId": old["datasetId"]} if "datasetId" in old else found


def _columns(instance: Json) -> tuple[Any, ...]:
    value = instance.get(VALUE_OF[instance["type"]])
    number = double(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    times = [micros(instance[n]) if n in instance else None for n in ("observedAt", "createdAt", "modifiedAt")]
    deleted = micros(instance["deletedAt"]) if "deletedAt" in instance else None
    return (
        instance.get("datasetId"), instance.get("instanceId", ""), *times, deleted, number,
        msgspec.json.encode(instance),
    )  # fmt: skip
