"""What the acts of one transaction will write into the entities: gathered, so that one statement writes many rows.

Rows of an index are counted: one that an act adds and a later one takes away again is never written.
"""

from __future__ import annotations

from typing import Any

import apsw

from dajing.domains.context.ngsi import plain
from dajing.domains.context.ngsi.terms import micros

type Json = dict[str, Any]
type Document = Json | plain.Entity
type Place = tuple[str, str]  # tenant and id
_UPDATE = "UPDATE entity SET doc=?, expires=? WHERE k=?"
_INSERT = {
    "kind": "INSERT INTO kind VALUES (?, ?) ON CONFLICT DO NOTHING",
    "has": "INSERT INTO has VALUES (?, ?) ON CONFLICT DO NOTHING",
    "number": "INSERT INTO number(attr, k, value) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    "word": "INSERT INTO word(attr, k, value) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    "cell": "INSERT INTO place(attr, k, cell, east, north) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
}
_DELETE = {
    "kind": "DELETE FROM kind WHERE type=? AND k=?",
    "has": "DELETE FROM has WHERE attr=? AND k=?",
    "number": "DELETE FROM number WHERE attr=? AND k=? AND value=?",
    "word": "DELETE FROM word WHERE attr=? AND k=? AND value=?",
    "cell": "DELETE FROM place WHERE attr=? AND k=? AND cell=?",
}


class Pending:
    """Documents and index rows that wait for ``flush``."""

    def __init__(self, *, connection: apsw.Connection) -> None:
        self._connection = connection
        self.documents: dict[Place, tuple[int, Document]] = {}
        self._rows: dict[str, dict[tuple[Any, ...], int]] = {table: {} for table in _INSERT}
        self.steps = 0  # how much was ever added

    def put(self, place: Place, key: int, document: Document) -> None:
        """A new version of an entity that is there."""
        self.documents[place] = key, document
        self.steps += 1

    def add(self, table: str, row: tuple[Any, ...]) -> None:
        """One more row: number of the term, key of the entity, values."""
        rows = self._rows[table]
        rows[row] = rows.get(row, 0) + 1
        self.steps += 1

    def remove(self, table: str, row: tuple[Any, ...]) -> None:
        """One row less."""
        rows = self._rows[table]
        rows[row] = rows.get(row, 0) - 1
        self.steps += 1

    def forget(self) -> None:
        """Drop what waits, since the transaction was rolled back."""
        self.documents.clear()
        for rows in self._rows.values():
            rows.clear()

    def flush(self) -> None:
        """Write everything; what is taken away goes first, since it may make room."""
        if self.documents:
            rows = [(encoded(document), expiry(document), key) for key, document in self.documents.values()]
            self._connection.executemany(_UPDATE, rows)
        for table, counted in self._rows.items():
            if gone := [row[: 3 if table == "cell" else None] for row, step in counted.items() if step < 0]:
                self._connection.executemany(_DELETE[table], gone)
        for table, counted in self._rows.items():
            if new := [row for row, step in counted.items() if step > 0]:
                self._connection.executemany(_INSERT[table], new)
        self.forget()


def encoded(document: Document) -> bytes:
    """The bytes that the store holds."""
    return plain.encode(document)


def expiry(document: Document) -> int | None:
    """When something of an entity expires first, in microseconds."""
    if isinstance(document, plain.Entity):
        return None
    times = [i["expiresAt"] for v in document["attrs"].values() for i in v if "expiresAt" in i]
    if "expiresAt" in document:
        times.append(document["expiresAt"])
    return min(map(micros, times)) if times else None
