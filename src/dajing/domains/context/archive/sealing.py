"""The worker's side: rows of live.db become facts of the stream, each exactly once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import apsw
from django.db import transaction

from dajing.domains.context.models import Sealed
from dajing.domains.context.store.schema import Location, begun, connect
from dajing.domains.context.streams import OBSERVATIONS
from dajing.kernel.series.api import append

BATCH = 20_000
_TIMES = ("observed_at", "created_at", "modified_at", "deleted_at")
_ROWS = (
    "SELECT i.n, c.tenant, c.id, t.iri, i.dataset, i.observed, i.created, i.modified, i.deleted, i.value, i.doc "
    "FROM instance i CROSS JOIN chronicle c ON c.k=i.k CROSS JOIN term t ON t.n=i.attr "
    "WHERE i.n>? AND i.n<=(SELECT coalesce(max(upto), 0) FROM sealing) ORDER BY i.n LIMIT ?"
)


def seal(*, path: Location, at: datetime) -> int:
    """Append every sealable row of the live store at ``path`` beyond the position; returns how many facts."""
    if not begun(path=path):
        return 0
    connection = connect(path=path)
    total = 0
    try:
        while moved := _batch(connection, at):
            total += moved
    finally:
        connection.close()
    return total


def _batch(connection: apsw.Connection, at: datetime) -> int:
    with transaction.atomic():
        Sealed.objects.get_or_create(id=1)
        state = Sealed.objects.select_for_update().get(id=1)
        facts = list(_facts(connection, state.position))
        if facts:
            append(stream=OBSERVATIONS, facts=facts, known_at=at)
            Sealed.objects.filter(id=1).update(position=facts[-1]["row"], at=at)
    return len(facts)


def _facts(connection: apsw.Connection, position: int) -> Iterator[dict[str, Any]]:
    for n, tenant, entity, iri, dataset, *times, value, doc in connection.execute(_ROWS, (position, BATCH)):
        stamps = {name: _instant(micros) for name, micros in zip(_TIMES, times, strict=True)}
        text = doc if isinstance(doc, str) else doc.decode()
        yield {
            "row": n, "tenant": tenant, "entity": entity, "attribute": iri, "dataset": dataset, **stamps,
            "value": value, "instance": text,
        }  # fmt: skip


def _instant(micros: int | None) -> datetime | None:
    return None if micros is None else datetime.fromtimestamp(micros // 1_000_000, UTC).replace(
        microsecond=micros % 1_000_000
    )  # fmt: skip
