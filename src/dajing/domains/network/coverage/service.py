"""Runs: begun once for the same inputs, worked off station by station, finished in one transaction."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator
from datetime import date, datetime

import msgspec
import structlog
from django.db import transaction

from dajing.domains.network.coverage.facts import facts_of
from dajing.domains.network.coverage.loss import Losses, Station, compute, unpack
from dajing.domains.network.coverage.predicting import Errors, errors, predict
from dajing.domains.network.coverage.refusals import NothingRegistered
from dajing.domains.network.coverage.state import State, state, stations
from dajing.domains.network.coverage.structs import Table
from dajing.domains.network.coverage.summing import tables
from dajing.domains.network.models import Loss, Result, Run
from dajing.domains.network.streams import COVERAGE
from dajing.kernel.areas.api import top
from dajing.kernel.bus.api import publish
from dajing.kernel.identity.actor import Actor
from dajing.kernel.ledger.api import record
from dajing.kernel.measures.reading import Kind
from dajing.kernel.series.api import append

log = structlog.get_logger()
BATCH = 8  # stations per transaction: what a kill can cost
PAUSE = 0.02  # seconds between transactions, or SQLite's waiting writers would never find the lock free
Seen = Callable[[int, int], None]


def begin(*, on: date, known_at: datetime, by: Actor, at: datetime) -> Run:
    """A run for the registers' state on a day as known at a time; the same inputs give the run that is there already.

    Raises ``NothingRegistered``, ``NoTerrain``, ``NoCensus``.
    """
    found = state(on=on, known_at=known_at)
    if not (found.sectors or found.nodes or found.transmitters or found.hotspots):
        raise NothingRegistered(on=on.isoformat())
    with transaction.atomic():
        run, _ = Run.objects.get_or_create(
            digest=found.digest,
            defaults={
                "on": on, "known_at": known_at, "inputs": found.inputs, "at": at, "by": by.id,
                "synthetic": found.kind() == Kind.SYNTHETIC, "total": len(stations(state=found)),
            },
        )  # fmt: skip
    return run


def work(*, run: Run, by: Actor, at: datetime, seen: Seen) -> Run:
    """Finish a run: losses that are missing are computed and kept batch by batch, so that a killed job goes on.

    ``seen`` is told how many stations of how many are done. Raises ``RuntimeError`` when the inputs are no longer those
    that the run was begun with (its registers are versions, so only another pack or terrain can do that).
    """
    if run.finished_at is not None:
        return run
    found = state(on=run.on, known_at=run.known_at)
    if found.digest != run.digest:
        raise RuntimeError(f"run {run.pk} was begun with other standards, terrain or census; begin a new one")
    for done, total in prepare(state=found):
        Run.objects.filter(pk=run.pk).update(done=done, total=total)
        seen(done, total)
    results = list(_results(found))
    with transaction.atomic():
        locked = Run.objects.select_for_update().get(pk=run.pk)
        if locked.finished_at is not None:
            return locked  # another worker was quicker with the same result
        _keep(locked, found, results, by, at)
    return locked


def prepare(*, state: State) -> Iterator[tuple[int, int]]:
    """Compute and keep every loss that is not there yet; yields how many of how many are."""
    listed = stations(state=state)
    keys = {station: _key(state, station) for station in listed}
    there = set(Loss.objects.filter(key__in=list(keys.values())).values_list("key", flat=True))
    missing = [station for station in listed if keys[station] not in there]
    done = len(listed) - len(missing)
    yield done, len(listed)
    for start in range(0, len(missing), BATCH):
        rows = [_loss(state, station, keys[station]) for station in missing[start : start + BATCH]]
        with transaction.atomic():
            Loss.objects.bulk_create(rows, ignore_conflicts=True)  # two workers compute the same
        done += len(rows)
        time.sleep(PAUSE)
        yield done, len(listed)


def _key(state: State, station: Station) -> str:
    return station.key(terrain=state.ground.digest, points=state.points_digest, model=state.standards.model)


def _loss(state: State, station: Station, key: str) -> Loss:
    from dajing.domains.network.propagation.p1812 import OutsideTheModel

    try:
        made = compute(
            station=station, longitude=state.longitude, latitude=state.latitude, terrain=state.ground.terrain,
            model=state.standards.model,
        )  # fmt: skip
    except OutsideTheModel as reason:  # its radius leaves the terrain: it serves nobody in this run, and that is said
        log.warning("network.station_left_out", station=str(station), reason=str(reason))
        return Loss(key=key, points=0, body=zlib.compress(b""))
    return Loss(key=key, points=made.numbers.size, body=made.pack())


def left_out(*, state: State) -> list[Station]:
    """Stations without a single point: beyond the terrain, over a void of it, or far from everybody."""
    keys = {_key(state, station): station for station in stations(state=state)}
    empty = Loss.objects.filter(key__in=list(keys), points=0).values_list("key", flat=True)
    return sorted(keys[key] for key in empty)


def fetcher(*, state: State) -> Callable[[Station], Losses]:
    """Losses by station from the store, each read once. A station not prepared raises ``Loss.DoesNotExist``."""
    kept: dict[Station, Losses] = {}

    def fetch(station: Station) -> Losses:
        if station not in kept:
            row = Loss.objects.get(key=_key(state, station))
            kept[station] = unpack(body=bytes(row.body), points=row.points)
        return kept[station]

    return fetch


def worlds_of(*, state: State) -> Errors:
    """The run's ensemble: its seed is the digest of the inputs, so the same run gives the same figures."""
    return errors(state=state, seed=int(state.digest[:15], 16))


def _results(found: State) -> Iterator[tuple[str, str, str, Table]]:
    fetch, worlds, city = fetcher(state=found), worlds_of(state=found), top().code
    for service in found.standards.services:
        for operator, shares in predict(state=found, service=service, fetch=fetch, worlds=worlds).items():
            for level, table in tables(demand=found.demand, shares=shares, city=city).items():
                if service.kind == "wifi" and level != "venue":
                    continue  # a hotspot serves a place that people visit, not one where they live
                yield service.id, operator, level, table


def _keep(run: Run, found: State, results: list[tuple[str, str, str, Table]], by: Actor, at: datetime) -> None:
    Result.objects.bulk_create(
        [
            Result(
                run=run, service=service, operator=operator, level=level,
                body=zlib.compress(msgspec.json.encode(table), 6),
            )
            for service, operator, level, table in results
        ],
        batch_size=50,
    )  # fmt: skip
    together = {(service, level): table for service, operator, level, table in results if not operator}
    facts = facts_of(run=str(run.pk), digest=run.digest, on=run.on, state=found, together=together)
    append(stream=COVERAGE, facts=facts, known_at=run.known_at if run.synthetic else at)
    run.finished_at, run.done = at, run.total
    run.save(update_fields=["finished_at", "done"])
    detail = {"on": run.on.isoformat(), "digest": run.digest, "inputs": run.inputs, "synthetic": run.synthetic,
              "left_out": len(left_out(state=found))}  # fmt: skip
    record(act="network.run.finished", by=by, at=at, subject=f"network:run/{run.pk}", detail=detail)
    publish(topic="facts.appended", payload={"stream": COVERAGE, "run": run.pk}, at=at)
