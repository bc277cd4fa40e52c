"""Plain statements for hot paths: rows are written and read as values, without building model objects.

Making a query set, compiling its statement and building objects costs several times what the engine needs for one row
by its key. Statements and conversions are worked out once for each table, engine and set of columns; what is stored is
what the model would store (a test compares them). Values are always parameters; names come from the model.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections, models

Table = Any  # a model's class; typed so because a class is no key of a cache to the type checker
Convert = Callable[[Any], Any]
Columns = tuple[str, ...]
Row = dict[str, Any]


def add(*, into: Table, rows: Sequence[Row]) -> None:
    """Insert ``rows`` within the caller's transaction; all name the same columns, among them every one that may not be
    null."""
    if not rows:
        return
    names = tuple(rows[0])
    link = connections[DEFAULT_DB_ALIAS]
    statement, writers = _insertion(into, names, link.vendor)
    values = [[write(row[name]) for name, write in zip(names, writers, strict=True)] for row in rows]
    cursor = _cursor(link)
    if len(values) == 1:
        cursor.execute(statement, values[0])
    else:
        cursor.executemany(statement, values)


def add_one(*, into: Table, row: Row) -> int:
    """Insert one row of a table that numbers its rows; its number."""
    link = connections[DEFAULT_DB_ALIAS]
    statement, writers = _insertion(into, tuple(row), link.vendor)
    key = link.ops.quote_name(str(into._meta.pk.column))
    cursor = _cursor(link)
    cursor.execute(f"{statement} RETURNING {key}", [w(v) for w, v in zip(writers, row.values(), strict=True)])
    return int(cursor.fetchone()[0])


def change(*, of: Table, values: Row, where: Row) -> int:
    """Set ``values`` in the rows that equal ``where``; how many there were."""
    link = connections[DEFAULT_DB_ALIAS]
    statement, writers = _update(of, tuple(values), tuple(where), link.vendor)
    given = [write(value) for write, value in zip(writers, [*values.values(), *where.values()], strict=True)]
    cursor = _cursor(link)
    cursor.execute(statement, given)
    return int(cursor.rowcount)


def remove(*, of: Table, where: Row) -> int:
    """Delete the rows that equal ``where``; how many there were. For tables that no other refers to."""
    statement, writers = _deletion(of, tuple(where), connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(statement, [write(value) for write, value in zip(writers, where.values(), strict=True)])
        return int(cursor.rowcount)


def read(*, of: Table, columns: Columns, where: str, given: Sequence[Any], tail: str = "") -> list[tuple[Any, ...]]:
    """Rows of ``columns``, converted as the model would.

    ``where`` and ``tail`` are constant text with ``%s`` for each of ``given`` (moments by ``moment``).
    """
    link = connections[DEFAULT_DB_ALIAS]
    start, readers = _selection(of, columns, link.vendor)
    cursor = _cursor(link)
    cursor.execute(f"{start} WHERE {where} {tail}", given)
    found: list[tuple[Any, ...]] = cursor.fetchall()
    return [_converted(row, readers) for row in found] if readers else found


def _converted(row: tuple[Any, ...], readers: Sequence[tuple[int, Convert]]) -> tuple[Any, ...]:
    values = list(row)
    for place, read_one in readers:
        if values[place] is not None:
            values[place] = read_one(values[place])
    return tuple(values)


def _cursor(link: Any) -> Any:
    """A cursor of the connection: within one transaction always the same, since making one costs a tenth of a step.

    Outside of a transaction each is new, because that is where a connection is looked after (its health, its age), and
    so it is while statements are being watched.
    """
    if not link.in_atomic_block or link.queries_logged or link.execute_wrappers:
        return link.cursor()
    held = getattr(link, "_plain_cursor", None)
    if held is None or held[0] is not link.connection:
        held = link._plain_cursor = (link.connection, link.cursor())
    return held[1]


def moment(at: datetime) -> Any:
    """An aware moment as a parameter for this engine."""
    return _text_of(at) if connection.vendor == "sqlite" else at


@functools.cache
def _insertion(into: Any, names: Columns, _vendor: str) -> tuple[str, list[Convert]]:
    marks = ", ".join(["%s"] * len(names))
    return f"INSERT INTO {_table(into)} ({_listed(into, names)}) VALUES ({marks})", _writers(into, names)


@functools.cache
def _update(of: Any, names: Columns, where: Columns, _vendor: str) -> tuple[str, list[Convert]]:
    sets = ", ".join(f"{_listed(of, (name,))} = %s" for name in names)
    equal = " AND ".join(f"{_listed(of, (name,))} = %s" for name in where)
    return f"UPDATE {_table(of)} SET {sets} WHERE {equal}", _writers(of, (*names, *where))


@functools.cache
def _deletion(of: Any, where: Columns, _vendor: str) -> tuple[str, list[Convert]]:
    equal = " AND ".join(f"{_listed(of, (name,))} = %s" for name in where)
    return f"DELETE FROM {_table(of)} WHERE {equal}", _writers(of, where)


@functools.cache
def _selection(of: Any, names: Columns, _vendor: str) -> tuple[str, list[tuple[int, Convert]]]:
    readers = [(place, _reader(of._meta.get_field(name))) for place, name in enumerate(names)]
    needed = [(place, one) for place, one in readers if one is not None]
    return f"SELECT {_listed(of, names)} FROM {_table(of)}", needed


def _table(of: Table) -> str:
    return connection.ops.quote_name(of._meta.db_table)


def _listed(of: Table, names: Columns) -> str:
    return ", ".join(connection.ops.quote_name(str(of._meta.get_field(name).column)) for name in names)


def _writers(of: Table, names: Columns) -> list[Convert]:
    return [_writer(of._meta.get_field(name)) for name in names]


def _writer(field: Any) -> Convert:
    if isinstance(field, models.DateTimeField):
        return _text_of if connection.vendor == "sqlite" else _as_it_is
    if isinstance(field, (models.CharField, models.TextField, models.IntegerField, models.BooleanField)):
        return _as_it_is
    return lambda value: field.get_db_prep_save(value, connection)


def _as_it_is(value: Any) -> Any:
    return value


def _text_of(at: datetime | None) -> str | None:
    """A moment as Django stores it in SQLite: in UTC, without saying so."""
    return None if at is None else str(at.astimezone(UTC).replace(tzinfo=None))


def _reader(field: Any) -> Convert | None:
    """What turns a stored value into the model's, or None where they are the same."""
    if connection.vendor == "sqlite" and isinstance(field, models.DateTimeField):
        return _sqlite_moment
    if isinstance(field, models.BooleanField):
        return None  # both drivers give truth values
    column = field.get_col(str(field.model._meta.db_table))
    steps = [*connection.ops.get_db_converters(column), *field.get_db_converters(connection)]
    if not steps:
        return None

    def convert(value: Any) -> Any:
        for step in steps:
            value = step(value, column, connection)
        return value

    return convert


def _sqlite_moment(at: datetime) -> datetime:
    """What Django's driver made of the text that stands in UTC without saying so."""
    return at.replace(tzinfo=UTC)
