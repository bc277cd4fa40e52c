"""What pages show beside the tables: positions for the map, earlier runs, a place's services, waiting jobs."""

from __future__ import annotations

import functools
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from dajing.domains.network.coverage import reading
from dajing.domains.network.coverage.profile import kept_state
from dajing.domains.network.coverage.refusals import ServiceUnknown
from dajing.domains.network.coverage.structs import ALL, Line, RunInfo
from dajing.domains.network.standards import standards
from dajing.kernel.areas.api import units
from dajing.kernel.jobs.api import JobState, jobs
from dajing.kernel.text import Text

if TYPE_CHECKING:
    from dajing.domains.network.pages import Asked

Place = tuple[float, float]


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """The city's figure in an earlier (or this) run."""

    run: RunInfo
    line: Line


def waiting() -> list[JobState]:
    """Jobs of the network that have not ended."""
    return [job for job in jobs(limit=200, unfinished=True) if job.task.startswith("dajing.domains.network.")]


def history(asked: Asked) -> list[Past]:
    """The city's figure by run, oldest first; only runs known by then."""
    found = []
    for run in reversed(reading.runs(limit=24)):
        if run.finished_at is None or run.known_at > asked.run.known_at:
            continue
        try:
            listed = reading.lines(run=run, service=asked.service.id, level="city", operator=asked.operator)
        except ServiceUnknown:
            continue  # this operator, or this service, was not there yet
        found += [Past(run=run, line=line) for line in listed]
    return found


def positions(*, run: RunInfo, technology: str | None) -> tuple[dict[str, Place], list[Place]]:
    """Townships by code at the mean of their people; masts that carry the technology (all where it is None)."""
    return _kept(run.on, run.known_at, technology or "")


@functools.lru_cache(maxsize=8)
def _kept(on: date, known_at: datetime, technology: str) -> tuple[dict[str, Place], list[Place]]:
    found = kept_state(on, known_at)
    demand = found.demand
    codes = sorted(set(demand.township))
    number = {code: at for at, code in enumerate(codes)}
    group = np.array([number[code] for code in demand.township])
    people = np.maximum(demand.people, 1)
    whole = np.bincount(group, weights=people)
    x = np.bincount(group, weights=people * demand.longitude) / whole
    y = np.bincount(group, weights=people * demand.latitude) / whole
    used = {s.site for s in found.sectors.values() if not technology or s.technology == technology}
    masts = [(found.sites[id].longitude, found.sites[id].latitude) for id in sorted(used)]
    return {code: (float(x[at]), float(y[at])) for code, at in number.items()}, masts


@functools.lru_cache(maxsize=8)
def left_out(digest: str, on: date, known_at: datetime) -> list[str]:
    """Sectors and transmitters that serve nobody in a run: beyond the terrain, over a void, or far from everybody."""
    from dajing.domains.network.coverage.service import left_out as stations_of
    from dajing.domains.network.coverage.state import sector_station, transmitter_station

    found = kept_state(on, known_at)
    if found.digest != digest:
        return []  # the run's own inputs are gone; its figures stay
    empty = set(stations_of(state=found))
    sectors = [s.id for s in found.sectors.values() if sector_station(state=found, sector=s) in empty]
    masts = [t.id for t in found.transmitters.values() if transmitter_station(state=found, transmitter=t) in empty]
    return sorted([*sectors, *masts, *found.homeless])


def shares_of(*, run: RunInfo, code: str, operator: str = ALL) -> list[tuple[Text, Line]]:
    """Every service's row of one place (or venue) in a run, of all operators together or of one where it offers it."""
    found: list[tuple[Text, Line]] = []
    for service in standards().services:
        for level in ("place", "venue"):
            try:
                listed = reading.lines(run=run, service=service.id, level=level, operator=operator)
            except ServiceUnknown:
                continue
            found += [(service.title, line) for line in listed if line.code == code]
    return found


def unit_choices() -> list[tuple[str, Any]]:
    """County units for a choice."""
    return [(unit.code, unit.name) for unit in units(hierarchy="reporting")]
