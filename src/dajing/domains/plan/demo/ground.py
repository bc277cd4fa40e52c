"""People and households of each unit at a time, from the two censuses of the pack; pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec

from dajing.kernel.areas.api import Area, CensusRow

FIRST, LAST = 2010, 2020  # census years; both count on 1 November
COUNTED = (11, 1)


class Ground(msgspec.Struct, frozen=True):
    """One unit: persons, urban and rural persons, households."""

    population: float
    urban: float
    rural: float
    households: float

    def driver(self, name: str) -> float:
        """The quantity that a series names as its base."""
        share = self.urban / self.population if self.population else 0.0
        derived = {
            "unit": 1.0,
            "urban_households": self.households * share,
            "rural_households": self.households * (1 - share),
        }
        return derived[name] if name in derived else float(getattr(self, name))


def ground(*, code: str, on: date, areas: Mapping[str, Area], census: Mapping[int, Mapping[str, CensusRow]]) -> Ground:
    """The unit ``code`` on a day, between the censuses on a straight line.

    A unit's first census is that of all units it had taken over by ``on``, so that a merger moves people once; a unit
    that only one census knows keeps that figure.
    """
    then = _sum([census[FIRST].get(c) for c in _made_of(code, on, areas)])
    now = _sum([census[LAST].get(code)])
    if then is None or now is None or _merged_later(code, on, areas):
        found = then or now
        if found is None:
            raise KeyError(code)
        return found
    share = (on - date(FIRST, *COUNTED)).days / (date(LAST, *COUNTED) - date(FIRST, *COUNTED)).days
    return Ground(*(a + (b - a) * share for a, b in zip(_parts(then), _parts(now), strict=True)))


def _made_of(code: str, on: date, areas: Mapping[str, Area]) -> list[str]:
    """The unit and every former unit that it had taken over by ``on``."""
    return [code, *(a.code for a in areas.values() if a.successor == code and a.valid_to and a.valid_to <= on)]


def _merged_later(code: str, on: date, areas: Mapping[str, Area]) -> bool:
    """Whether the unit took over another one between ``on`` and the last census."""
    census_day = date(LAST, *COUNTED)
    return any(a.successor == code and a.valid_to and on < a.valid_to <= census_day for a in areas.values())


def _sum(rows: list[CensusRow | None]) -> Ground | None:
    found = [row for row in rows if row is not None]
    if not found:
        return None
    return Ground(
        population=sum(r.population for r in found),
        urban=sum(r.urban for r in found),
        rural=sum(r.rural for r in found),
        households=sum(r.households for r in found),
    )


def _parts(found: Ground) -> tuple[float, float, float, float]:
    return (found.population, found.urban, found.rural, found.households)
