"""Stored states of all readings: the latest, and past ones as they were known."""

from __future__ import annotations

import itertools
import threading
import zlib
from collections.abc import Collection
from datetime import datetime

import msgspec
from django.db import IntegrityError, transaction
from django.utils import timezone

from dajing.domains.plan.jobs import foresee
from dajing.domains.plan.loading import plan as plan_of
from dajing.domains.plan.models.readings import ReadingRow, Snapshot
from dajing.domains.plan.pack import Plan
from dajing.domains.plan.readings.computing import compute, definition, frame_of, streams_of
from dajing.domains.plan.readings.structs import IndicatorReading, SnapshotInfo, Variant
from dajing.kernel.catalog.api import relation
from dajing.kernel.measures.reading import Kind
from dajing.kernel.settings import settings

KEPT = 24  # past states kept; the oldest computed is dropped and computed again when somebody asks
BATCH = 500
_computing = threading.Lock()


def snapshot(*, plan: Plan | str, as_of: datetime | None = None) -> SnapshotInfo:
    """The state of ``plan`` known at ``as_of`` (aware; None: the latest), from rows.

    A past state that nobody has asked for yet is computed once and kept. The latest is recomputed by a job whenever
    figures are locked, so that it may be some seconds behind; ``refresh`` does it at once.
    """
    plan = plan_of(id=plan) if isinstance(plan, str) else plan
    if as_of is not None and as_of >= timezone.now():
        as_of = None
    stored = _stored(plan, as_of)
    if stored is None:
        with _computing:  # one at a time: many who ask for the past at once cost no more than one
            stored = _stored(plan, as_of)
            return info(stored) if stored else refresh(plan=plan, as_of=as_of, at=timezone.now())
    return info(stored)


def is_stored(*, plan: Plan, as_of: datetime) -> bool:
    """Whether the state known at ``as_of`` can be read without computing it."""
    return _stored(plan, as_of) is not None


def _stored(plan: Plan, as_of: datetime | None) -> Snapshot | None:
    kept = Snapshot.objects.filter(plan=plan.id, as_of=as_of, definition=definition(plan=plan))
    return kept.order_by("-id").first()


def refresh(
    *,
    plan: Plan,
    as_of: datetime | None,
    at: datetime,
) -> SnapshotInfo:
    """Compute the state anew, store it, and drop those that it replaces.

    Before a deadline a job is enqueued that adds forecasts, and with them the final statuses, to the stored state.
    """
    day = timezone.localdate(as_of or at)
    position = known_facts(plan=plan, as_of=as_of)
    found = compute(plan=plan, frame=frame_of(plan=plan, as_of=as_of), on=day)
    marks = [r.reading.watermark for r in found if r.reading.watermark is not None]
    synthetic = settings().synthetic or any(r.reading.kind is Kind.SYNTHETIC for r in found)
    try:
        with transaction.atomic():
            _forget_replaced(plan.id, as_of)
            made = Snapshot.objects.create(
                plan=plan.id,
                as_of=as_of,
                computed_at=at,
                watermark=max(marks, default=None),
                synthetic=synthetic,
                forecast=False,
                definition=definition(plan=plan),
                position=position,
            )
            ReadingRow.objects.bulk_create(rows_of(made, found), batch_size=BATCH)
            _forget_old(plan.id)
            if any(day <= indicator.target.deadline for indicator in plan.indicators):
                foresee.enqueue(made.id)
    except IntegrityError:  # two asked for the same past state at once: the other one's is as good
        return info(Snapshot.objects.get(plan=plan.id, as_of=as_of, definition=definition(plan=plan)))
    return info(made)


def drop_changed(*, plan: Plan) -> int:
    """Drop past states whose knowledge has changed since (history loaded late, or another pack); returns how many."""
    dropped = 0
    digest = definition(plan=plan)
    for past in Snapshot.objects.filter(plan=plan.id).exclude(as_of=None):
        if past.definition != digest or past.position != known_facts(plan=plan, as_of=past.as_of):
            past.delete()
            dropped += 1
    return dropped


def known_facts(*, plan: Plan, as_of: datetime | None) -> int:
    """How many facts the plan reads are known at ``as_of``; it only grows, so equal counts are equal knowledge."""
    return sum(int(relation(stream=name, as_of=as_of).count().execute()) for name in streams_of(plan=plan))


def _forget_replaced(plan: str, as_of: datetime | None) -> None:
    """Past states of the same time; of the latest ones the newest stays, because a page may just be reading it."""
    same = Snapshot.objects.filter(plan=plan, as_of=as_of).order_by("-id")
    kept = 1 if as_of is None else 0
    Snapshot.objects.filter(id__in=list(same.values_list("id", flat=True)[kept:])).delete()


def _forget_old(plan: str) -> None:
    past = Snapshot.objects.filter(plan=plan).exclude(as_of=None).order_by("-computed_at", "-id")
    surplus = list(past.values_list("id", flat=True)[KEPT:])
    if surplus:
        Snapshot.objects.filter(id__in=surplus).delete()


def readings(
    *,
    snapshot: SnapshotInfo | int,
    indicators: Collection[str] | None = None,
    areas: Collection[str] | None = None,
    periods: Collection[str] | None = None,
    variant: Variant = "official",
    latest: bool = False,
) -> list[IndicatorReading]:
    """Stored readings by index, ordered by indicator, area and period; ``latest``: only those that a board shows."""
    chosen = ReadingRow.objects.filter(
        snapshot_id=snapshot if isinstance(snapshot, int) else snapshot.id, variant=variant
    )
    for name, among in (("indicator", indicators), ("area", areas)):
        if among is not None:
            chosen = chosen.filter(**{f"{name}__in": list(among)})
    bodies = chosen.order_by("indicator", "area").values_list("latest" if latest else "body", flat=True)
    found = [reading for body in bodies if body for reading in _unpacked(bytes(body), latest)]
    return [r for r in found if r.reading.period in periods] if periods is not None else found


def _unpacked(body: bytes, latest: bool) -> list[IndicatorReading]:
    if latest:
        return [msgspec.json.decode(body, type=IndicatorReading)]
    return msgspec.json.decode(zlib.decompress(body), type=list[IndicatorReading])


def rows_of(snapshot: Snapshot, found: list[IndicatorReading]) -> list[ReadingRow]:
    """``found`` is ordered by indicator, variant and area, then period."""
    rows = []
    for key, group in itertools.groupby(found, key=lambda r: (r.indicator, r.variant, r.reading.area)):
        series = list(group)
        shown = next((msgspec.json.encode(r) for r in series if r.latest), b"")
        body = zlib.compress(msgspec.json.encode(series), 1)
        indicator, variant, area = key
        rows.append(
            ReadingRow(snapshot=snapshot, indicator=indicator, variant=variant, area=area, body=body, latest=shown)
        )
    return rows


def info(row: Snapshot) -> SnapshotInfo:
    """A stored snapshot as its structure."""
    names = SnapshotInfo.__struct_fields__
    return SnapshotInfo(**{name: getattr(row, name) for name in names})
