"""The log and its projections in the row store; a rebuild reads the log alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import batched, groupby
from operator import attrgetter

import msgspec
from django.db import transaction
from django.db.models import Model

from dajing.kernel.casework.events import Event
from dajing.kernel.casework.kinds import CaseKind
from dajing.kernel.casework.models import Case, CaseEvent, ClockRow, KindVersion, QueueRow
from dajing.kernel.casework.projecting import Rows, project
from dajing.kernel.casework.rules import CaseState, fold

BATCH = 500
PROJECTIONS: tuple[tuple[type[Model], str], ...] = ((Case, "id"), (QueueRow, "case"), (ClockRow, "case"))
QUEUE = (
    "case", "kind", "title", "area", "state", "waiting", "warn_at", "due", "seq", "department", "post", "person",
)  # fmt: skip
CLOCK = ("case", "run", "clock", "started", "stopped", "warn_at", "due", "provisional")


def keep_kind(*, kind: CaseKind) -> str:
    """Store a kind as it is now, once; returns its digest, by which a case names it for ever."""
    body = msgspec.json.encode(kind, order="deterministic")
    digest = hashlib.sha256(body).hexdigest()
    KindVersion.objects.get_or_create(digest=digest, defaults={"kind": kind.id, "body": body.decode()})
    return digest


def kind_of(*, digest: str) -> CaseKind:
    """The kind as it was; raises ``KindVersion.DoesNotExist``."""
    return msgspec.json.decode(KindVersion.objects.get(digest=digest).body, type=CaseKind)


def read(*, case: str) -> tuple[CaseKind, CaseState]:
    """A case from its row; raises ``Case.DoesNotExist``."""
    state = msgspec.json.decode(Case.objects.get(pk=case).body, type=CaseState)
    return kind_of(digest=state.kind_version), state


def write(*, rows: Rows) -> None:
    """Replace the projections of one case inside the caller's transaction."""
    case = str(rows.case["id"])
    Case.objects.update_or_create(id=case, defaults=rows.case)
    QueueRow.objects.filter(case=case).delete()
    QueueRow.objects.bulk_create(QueueRow(**row) for row in rows.queue)
    ClockRow.objects.filter(case=case).delete()
    ClockRow.objects.bulk_create(ClockRow(**row) for row in rows.clocks)


def rebuilt(*, cases: list[str] | None = None) -> Iterator[Rows]:
    """The projections of every case (or of ``cases``) from the log, one case at a time."""
    kinds: dict[str, CaseKind] = {}
    chosen = CaseEvent.objects.all() if cases is None else CaseEvent.objects.filter(case__in=cases)
    lines = chosen.order_by("case", "seq").iterator(chunk_size=BATCH)
    for case, group in groupby(lines, key=attrgetter("case")):
        events = [_event(line) for line in group]
        digest = events[0].data["kind_version"]
        kind = kinds.setdefault(digest, kinds.get(digest) or kind_of(digest=digest))
        state = fold(kind=kind, events=events)
        if state is None:
            raise AssertionError(case)
        yield project(kind=kind, state=state)


def _event(line: CaseEvent) -> Event:
    return Event(
        case=line.case, seq=line.seq, verb=line.verb, at=line.at, by=line.by, post=line.post, data=line.data
    )  # fmt: skip


def differing() -> list[str]:
    """Cases whose stored projections are not byte for byte what the log gives, and projections without a log."""
    found: list[str] = []
    for batch in batched(rebuilt(), BATCH):
        stored = _stored([str(rows.case["id"]) for rows in batch])
        found += [str(rows.case["id"]) for rows in batch if stored.get(str(rows.case["id"])) != rows.encoded]
    for table, column in PROJECTIONS:
        orphans = table._default_manager.exclude(**{f"{column}__in": CaseEvent.objects.values("case")})
        found += list(orphans.values_list(column, flat=True).order_by(column)[:BATCH])
    return sorted(set(found))


def _stored(cases: list[str]) -> dict[str, bytes]:
    rows = {
        row["id"]: Rows(case=row, queue=[], clocks=[])
        for row in Case.objects.filter(pk__in=cases).values("id", "kind", "state", "seq", "body")
    }
    for row in QueueRow.objects.filter(case__in=cases).order_by("pk").values(*QUEUE):
        if row["case"] in rows:
            rows[row["case"]].queue.append(row)
    for row in ClockRow.objects.filter(case__in=cases).order_by("case", "run").values(*CLOCK):
        if row["case"] in rows:
            rows[row["case"]].clocks.append(row)
    return {case: value.encoded for case, value in rows.items()}


def rebuild() -> int:
    """Write all projections again from the log, in batches; returns how many cases.

    Each batch is read and written in one transaction, so that an act in between is not overwritten with an older state.
    """
    total, after = 0, ""
    while batch := list(_cases(after)):
        with transaction.atomic():
            list(Case.objects.select_for_update().filter(pk__in=batch))
            for rows in rebuilt(cases=batch):
                write(rows=rows)
        total, after = total + len(batch), batch[-1]
    for table, column in PROJECTIONS:
        table._default_manager.exclude(**{f"{column}__in": CaseEvent.objects.values("case")}).delete()
    return total


def _cases(after: str) -> Iterator[str]:
    lines = CaseEvent.objects.filter(seq=1, case__gt=after).order_by("case")
    return iter(lines.values_list("case", flat=True)[:BATCH])
