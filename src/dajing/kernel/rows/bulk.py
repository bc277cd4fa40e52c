"""Plain statements for the few places where building model objects would cost more than the work itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from django.db import connection, models


def insert(*, into: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Insert ``rows`` of ``columns`` (database names) within the caller's transaction, on any engine."""
    quote = connection.ops.quote_name
    names, marks = ", ".join(map(quote, columns)), ", ".join(["%s"] * len(columns))
    table = quote(into._meta.db_table)
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(rows))


def by_pairs(
    *, of: type[models.Model], key: tuple[str, str], value: str, pairs: Collection[tuple[int, int]]
) -> dict[tuple[int, int], bytes]:
    """The binary ``value`` of every row whose two ``key`` columns are one of ``pairs``, in one indexed statement."""
    if not pairs:
        return {}
    quote = connection.ops.quote_name
    first, second = map(quote, key)
    marks = ", ".join(["(%s, %s)"] * len(pairs))
    table = quote(of._meta.db_table)
    text = f"SELECT {first}, {second}, {quote(value)} FROM {table} WHERE ({first}, {second}) IN (VALUES {marks})"
    with connection.cursor() as cursor:
        cursor.execute(text, [number for pair in pairs for number in pair])
        return {(row[0], row[1]): bytes(row[2]) for row in cursor.fetchall()}
