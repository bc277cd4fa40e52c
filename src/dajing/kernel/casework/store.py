"""The log and its projections in the row store; a rebuild reads the log alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import batched, groupby
from operator import attrgetter

import msgspec
from django.db import transaction
from django.db.models import Exists, Model, OuterRef, Q

from dajing.kernel.casework.events import Event
from dajing.kernel.casework.folding import CaseState, fold
from dajing.kernel.casework.kinds import CaseKind
from dajing.kernel.casework.models import AccessRow, Case, CaseEvent, ClockRow, KindVersion, QueueRow
from dajing.kernel.casework.projecting import Row, Rows, project, turns
from dajing.kernel.rows import plain

BATCH = 500
PROJECTIONS: tuple[tuple[type[Model], str], ...] = (
    (Case, "id"),
    (QueueRow, "case"),
    (ClockRow, "case"),
    (AccessRow, "case"),
)
CASE = (
    "id",
    "kind",
    "state",
    "seq",
    "subject",
    "area",
    "open",
    "main",
    "warn_at",
    "due",
    "opened_at",
    "closed_at",
    "body",
)
QUEUE = (
    "case", "kind", "title", "area", "state", "waiting", "warn_at", "due", "seq", "department", "post", "person",
)  # fmt: skip
CLOCK = ("case", "run", "clock", "started", "stopped", "warn_at", "due", "provisional")
ACCESS = ("case", "department")


def keep_kind(*, kind: CaseKind) -> str:
    """Store a kind as it is now, once; returns its digest, by which a case names it for ever."""
    digest, body = _encoded(kind)
    KindVersion.objects.get_or_create(digest=digest, defaults={"kind": kind.id, "body": body})
    return digest


def _encoded(kind: CaseKind) -> tuple[str, str]:
    body = msgspec.json.encode(kind, order="deterministic")
    return hashlib.sha256(body).hexdigest(), body.decode()


def kind_of(*, digest: str) -> CaseKind:
    """The kind as it was; raises ``KindVersion.DoesNotExist``."""
    return _version(digest)


@lru_cache(maxsize=1_000)
def _version(digest: str) -> CaseKind:
    """A digest names its content, so that it is read once for each process."""
    body = KindVersion.objects.values_list("body", flat=True).get(digest=digest)
    return msgspec.json.decode(body, type=CaseKind)


def read(*, case: str) -> tuple[CaseKind, CaseState]:
    """A case from its row; raises ``Case.DoesNotExist``."""
    found = plain.read(of=Case, columns=("body",), where='"id" = %s', given=[case])
    if not found:
        raise Case.DoesNotExist(case)
    state = msgspec.json.decode(found[0][0], type=CaseState)
    return kind_of(digest=state.kind_version), state


def write(*, kind: CaseKind, rows: Rows, before: Rows | None, at: datetime) -> None:
    """Bring the stored projections of one case from ``before`` to ``rows`` inside the caller's transaction.

    Only rows that differ are touched, so that what was told of a clock that goes on stays told.
    """
    case = str(rows.case["id"])
    if before is None:
        plain.add(into=Case, rows=[rows.case])
    elif changed := {name: value for name, value in rows.case.items() if value != before.case[name]}:
        plain.change(of=Case, values=changed, where={"id": case})
    _exchange(QueueRow, "department", before.queue if before else [], rows.queue)
    _exchange(AccessRow, "department", before.access if before else [], rows.access)
    old = before.clocks if before else []
    _exchange(ClockRow, "run", old, [_telling(kind, row, at) if row not in old else row for row in rows.clocks])


def _telling(kind: CaseKind, row: Row, at: datetime) -> Row:
    """The row of a clock with when it is to be told of next; turns before ``at`` count as told."""
    warn_at, due = row["warn_at"], row["due"]
    assert warn_at is None or isinstance(warn_at, datetime)  # noqa: S101 - rows hold any value
    assert due is None or isinstance(due, datetime)  # noqa: S101
    ahead = turns(kind=kind, warn_at=warn_at, due=due) if row["stopped"] is None else []
    level = sum(moment <= at for moment in ahead)
    return row | {"level": level, "next_at": ahead[level] if level < len(ahead) else None}


def _exchange(table: type[Model], key: str, old: Sequence[Row], new: Sequence[Row]) -> None:
    """Delete, change and add what differs; rows of one case are told apart by ``key``."""
    there, wanted = {row[key]: row for row in old}, {row[key] for row in new}
    for name in there:
        if name not in wanted:
            plain.remove(of=table, where={"case": old[0]["case"], key: name})
    added = []
    for row in new:
        if row[key] not in there:
            added.append(row)
            continue
        changed, place = _changed(row, there[row[key]]), {"case": row["case"], key: row[key]}
        if changed and not plain.change(of=table, values=changed, where=place):
            added.append(row)  # somebody removed it by hand; it follows from the log all the same
    for row in added:
        plain.add(into=table, rows=[row])


def _changed(row: Row, there: Row) -> Row:
    """What is to be set where the rows differ."""
    if row == there:
        return {}
    return {name: value for name, value in row.items() if name not in there or value != there[name]}


def rebuilt(*, cases: Sequence[str] | None = None) -> Iterator[tuple[CaseKind, CaseState, Rows]]:
    """The projections of every case (or of ``cases``) from the log, one case at a time."""
    chosen = CaseEvent.objects.all() if cases is None else CaseEvent.objects.filter(case__in=cases)
    lines = chosen.order_by("case", "seq").iterator(chunk_size=BATCH)
    for _, group in groupby(lines, key=attrgetter("case")):
        events = [as_event(line) for line in group]
        kind = kind_of(digest=events[0].data["kind_version"])
        state = fold(kind=kind, events=events)
        assert state is not None  # noqa: S101 - a group has at least one event
        yield kind, state, project(kind=kind, state=state)


def as_event(line: CaseEvent) -> Event:
    """A line of the log as a value."""
    return Event(
        case=line.case, seq=line.seq, verb=line.verb, at=line.at, by=line.by, post=line.post, data=line.data
    )  # fmt: skip


def differing() -> list[str]:
    """Cases whose stored projections are not byte for byte what the log gives, and projections without a log."""
    found: list[str] = []
    for batch in batched(_cases_all(), BATCH):
        kept = stored(cases=batch)
        for _, state, rows in rebuilt(cases=batch):
            there = kept.get(state.id)
            if there is None or there.encoded != rows.encoded:
                found.append(state.id)
    for table, column in PROJECTIONS:
        orphans = table._default_manager.filter(_without_log(column))
        found += list(orphans.values_list(column, flat=True).order_by(column)[:BATCH])
    return sorted(set(found))


def _without_log(column: str) -> Q:
    """Rows of no case; by the log's index, since PostgreSQL walks the whole of a ``NOT IN`` list again for each row."""
    return Q(~Exists(CaseEvent.objects.filter(case=OuterRef(column))))


def stored(*, cases: Sequence[str]) -> dict[str, Rows]:
    """The projections as they are stored."""
    rows = {
        row["id"]: Rows(case=row, queue=[], clocks=[], access=[])
        for row in Case.objects.filter(pk__in=cases).values(*CASE)
    }
    for row in QueueRow.objects.filter(case__in=cases).order_by("case", "department").values(*QUEUE):
        if row["case"] in rows:
            rows[row["case"]].queue.append(row)
    for row in ClockRow.objects.filter(case__in=cases).order_by("case", "run").values(*CLOCK):
        if row["case"] in rows:
            rows[row["case"]].clocks.append(row)
    for row in AccessRow.objects.filter(case__in=cases).order_by("case", "department").values(*ACCESS):
        if row["case"] in rows:
            rows[row["case"]].access.append(row)
    return rows


def rebuild() -> int:
    """Write all projections again from the log, in batches; returns how many cases.

    Each batch is read and written in one transaction, so that an act in between is not overwritten with an older state.
    """
    total, after = 0, ""
    while batch := _cases(after):
        with transaction.atomic():
            list(Case.objects.select_for_update().filter(pk__in=batch).values("pk"))
            kept = stored(cases=batch)
            new = [found for found in rebuilt(cases=batch) if _mend(*found, kept.get(found[1].id))]
            _create(new)
        total, after = total + len(batch), batch[-1]
    for table, column in PROJECTIONS:
        table._default_manager.filter(_without_log(column)).delete()
    return total


def _mend(kind: CaseKind, state: CaseState, rows: Rows, there: Rows | None) -> bool:
    """Write what differs of a case that has a row; True for one that has none and is to be created."""
    if there is None:
        return True
    if there.encoded != rows.encoded:
        write(kind=kind, rows=rows, before=there, at=state.last_at)
    return False


def _create(found: Sequence[tuple[CaseKind, CaseState, Rows]]) -> None:
    """All rows of cases that have none, a table at a time."""
    if not found:
        return
    cases = [state.id for _, state, _ in found]
    for table, column in PROJECTIONS[1:]:
        table._default_manager.filter(**{f"{column}__in": cases}).delete()
    plain.add(into=Case, rows=[rows.case for _, _, rows in found])
    plain.add(into=QueueRow, rows=[row for _, _, rows in found for row in rows.queue])
    plain.add(into=AccessRow, rows=[row for _, _, rows in found for row in rows.access])
    told = [_telling(kind, row, state.last_at) for kind, state, rows in found for row in rows.clocks]
    plain.add(into=ClockRow, rows=told)


def _cases(after: str) -> list[str]:
    lines = CaseEvent.objects.filter(seq=1, case__gt=after).order_by("case")
    return list(lines.values_list("case", flat=True)[:BATCH])


def _cases_all() -> Iterator[str]:
    after = ""
    while batch := _cases(after):
        yield from batch
        after = batch[-1]
