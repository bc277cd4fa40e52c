"""Finished runs and their tables, for pages, files and the command line."""

from __future__ import annotations

import functools
import zlib
from datetime import datetime

import msgspec

from dajing.domains.network.coverage.refusals import NoRun, ServiceUnknown
from dajing.domains.network.coverage.structs import ALL, Line, RunInfo, Table
from dajing.domains.network.models import Result, Run
from dajing.domains.network.register.service import things
from dajing.domains.network.standards import Service, standards
from dajing.kernel.areas.api import areas, townships, villages
from dajing.kernel.measures.reading import Kind


def runs(*, limit: int = 50) -> list[RunInfo]:
    """Runs, the newest day first, unfinished ones too."""
    return [info(run) for run in Run.objects.order_by("-on", "-known_at", "-id")[:limit]]


def latest(*, as_of: datetime | None = None) -> RunInfo:
    """The finished run with the newest state of the registers known at ``as_of``. Raises ``NoRun``."""
    finished = Run.objects.exclude(finished_at=None)
    if as_of is not None:
        finished = finished.filter(known_at__lte=as_of)
    run = finished.order_by("-on", "-known_at", "-id").first()
    if run is None:
        raise NoRun()
    return info(run)


def run_of(*, id: int) -> RunInfo:
    """One finished run. Raises ``NoRun``."""
    run = Run.objects.filter(pk=id).exclude(finished_at=None).first()
    if run is None:
        raise NoRun()
    return info(run)


def info(run: Run) -> RunInfo:
    """A run's row as its structure."""
    return RunInfo(
        id=run.pk, on=run.on, known_at=run.known_at, digest=run.digest, inputs=run.inputs,
        kind=Kind.SYNTHETIC if run.synthetic else Kind.ESTIMATED, finished_at=run.finished_at, done=run.done,
        total=run.total,
    )  # fmt: skip


def service_of(*, id: str) -> Service:
    """The service ``id``. Raises ``ServiceUnknown``."""
    found = {service.id: service for service in standards().services}
    if id not in found:
        raise ServiceUnknown(id=id, known=", ".join(found))
    return found[id]


def operators(*, run: int, service: str) -> list[str]:
    """Operators that a run has tables of, for one service."""
    kept = Result.objects.filter(run_id=run, service=service, level="city").exclude(operator=ALL)
    return sorted(kept.values_list("operator", flat=True))


@functools.lru_cache(maxsize=64)
def _table(run: int, digest: str, service: str, operator: str, level: str) -> Table | None:
    row = Result.objects.filter(run_id=run, service=service, operator=operator, level=level).first()
    return msgspec.json.decode(zlib.decompress(bytes(row.body)), type=Table) if row else None


def table(*, run: RunInfo, service: str, level: str, operator: str = ALL) -> Table:
    """One table of a run. Raises ``ServiceUnknown`` where the run has none."""
    found = _table(run.id, run.digest, service, operator, level)
    if found is None:
        known = sorted({f"{s}/{o}" for s, o in Result.objects.filter(run_id=run.id).values_list("service", "operator")})
        raise ServiceUnknown(id=f"{service}/{operator}", known=", ".join(known))
    return found


def lines(*, run: RunInfo, service: str, level: str, operator: str = ALL, within: str | None = None) -> list[Line]:
    """The rows of a table in the order of codes; ``within`` keeps a unit's townships or a township's villages."""
    found = table(run=run, service=service, level=level, operator=operator)
    names = _names(level)
    wanted = {code for code, (_, parent) in names.items() if within is None or parent == within}
    return [
        line_of(found, at, names[code][0])
        for at, code in enumerate(found.codes)
        if code in wanted
    ]  # fmt: skip


def line_of(found: Table, at: int, name: str) -> Line:
    """One row of a table."""
    columns = {key: getattr(found, key)[at] for key in Line.__struct_fields__ if key not in {"code", "name"}}
    return Line(code=found.codes[at], name=name, **columns)


def _names(level: str) -> dict[str, tuple[str, str | None]]:
    """Code → name and parent."""
    if level in {"city", "unit"}:
        return {code: (str(area.name), area.parent) for code, area in areas().items()}
    if level == "township":
        return {place.code: (place.name, place.unit) for place in townships()}
    if level == "venue":
        found = things(register="venue", on=None)
        return {id: (getattr(venue, "name", id), getattr(venue, "area", None)) for id, venue in found.items()}
    return {place.code: (place.name, place.township) for place in villages()}
