"""Who is not covered, most people first: what to build next is asked here."""

from __future__ import annotations

import msgspec

from dajing.domains.network.coverage.reading import lines
from dajing.domains.network.coverage.structs import ALL, Line, RunInfo
from dajing.kernel.areas.api import areas, townships, villages

# the plan's indicator that a service's gap holds back
INDICATORS = {"4g": "population_4g", "fibre": "fibre_community", "iptv": "iptv", "wifi": "park_wifi"}


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """One place whose people lack a service: where it is, and how many with 90 % interval."""

    rank: int
    line: Line
    township: str
    unit: str
    unit_name: str
    low: float
    high: float


def gaps(
    *, run: RunInfo, service: str, level: str = "place", operator: str = ALL, unit: str | None = None,
    limit: int | None = 100,
) -> list[Gap]:  # fmt: skip
    """Places (or ``level`` township, venue) by people lacking the service, at least one of them; ``unit`` keeps one."""
    where = _where(level, run)
    found = [line for line in lines(run=run, service=service, level=level, operator=operator) if line.lacking >= 1.0]
    found = [line for line in found if unit is None or where.get(line.code, ("", ""))[1] == unit]
    found.sort(key=lambda line: (-line.lacking, line.code))
    return [
        Gap(
            rank=rank, line=line, township=where[line.code][0], unit=where[line.code][1],
            unit_name=str(areas()[where[line.code][1]].name), low=line.people - line.high,
            high=line.people - line.low,
        )
        for rank, line in enumerate(found[:limit], start=1)
    ]  # fmt: skip


def _where(level: str, run: RunInfo) -> dict[str, tuple[str, str]]:
    """Code → name of its township, code of its unit."""
    towns = {town.code: town for town in townships()}
    if level == "township":
        return {code: (town.name, town.unit or "") for code, town in towns.items()}
    if level == "venue":
        from dajing.domains.network.register.service import things

        found = things(register="venue", on=run.on, as_of=run.known_at)
        return {id: ("", getattr(venue, "area", "")) for id, venue in found.items()}
    return {
        place.code: (towns[place.township or ""].name, towns[place.township or ""].unit or "") for place in villages()
    }
