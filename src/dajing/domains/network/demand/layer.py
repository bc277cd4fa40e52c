"""The demand layer: every village and community with people and households, and every registered venue.

People and households are those of the census by county unit, spread over the unit's villages and communities so that
the sums agree exactly; within a unit the spread is synthetic, and so are positions unless the ``place`` register has
surveyed ones. Every figure below the county therefore is synthetic and says so.
"""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Collection, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import cast

import msgspec
import numpy as np
import shapely
from numpy.typing import NDArray

from dajing.domains.network.demand import rules
from dajing.domains.network.demand.rasters import weights_of_raster
from dajing.domains.network.demand.rules import CENSUS
from dajing.domains.network.register.kinds import Place, Venue
from dajing.domains.network.register.service import digest, things
from dajing.kernel.areas.api import CensusRow, areas, census, townships, units, villages
from dajing.kernel.areas.boundaries import boundaries
from dajing.kernel.settings import settings
from dajing.kernel.text import Refusal, Text

STREET_KM, TOWN_SHARE = 1.2, 0.35  # spread of a street's communities; of a township's villages in its share of the unit
Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


class NoCensus(Refusal):
    """The pack has no census row for a unit, so its people are not known."""

    text = Text(
        zh="城市包缺 {unit} 的 {year} 年普查行；请补 census/{year}.csv",
        en="the pack has no census row of {year} for {unit}; add it to census/{year}.csv",
    )


class ManyGrids(Refusal):
    """Several population rasters: which one counts is not ours to choose."""

    text = Text(
        zh="{folder} 里有多个人口栅格（{files}）；请只留一个",
        en="{folder} holds several population rasters ({files}); leave one",
    )


class Layer(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Demand points as columns of equal length, ordered by code; WGS-84 degrees.

    ``urban`` marks communities; ``surveyed`` those whose position comes from the register and is not synthetic.
    """

    code: tuple[str, ...]
    name: tuple[str, ...]
    township: tuple[str, ...]
    unit: tuple[str, ...]
    urban: NDArray[np.bool_]
    surveyed: NDArray[np.bool_]
    longitude: Floats
    latitude: Floats
    people: Counts
    households: Counts
    venues: tuple[Venue, ...]
    digest: str

    def at(self, code: str) -> int | None:
        """The number of a point, None for a code that is none."""
        return _numbers(self).get(code)


@functools.lru_cache(maxsize=4)
def _index(digest_: str, codes: tuple[str, ...]) -> dict[str, int]:
    return {code: n for n, code in enumerate(codes)}


def _numbers(layer: Layer) -> dict[str, int]:
    return _index(layer.digest, layer.code)


def layer(*, on: date, as_of: datetime | None = None) -> Layer:
    """The demand layer with the places and venues that the registers hold on a day. Raises ``NoCensus``."""
    surveyed = cast(dict[str, Place], things(register="place", on=on, as_of=as_of))
    venues = cast(dict[str, Venue], things(register="venue", on=on, as_of=as_of))
    base = synthetic_layer()
    longitude, latitude, known = base.longitude.copy(), base.latitude.copy(), base.surveyed.copy()
    for code, place in surveyed.items():
        at = base.at(code)
        if at is not None:
            longitude[at], latitude[at], known[at] = place.longitude, place.latitude, True
    marks = [base.digest, digest(found=surveyed), digest(found=venues)]
    moved = msgspec.structs.replace(
        base, longitude=longitude, latitude=latitude, surveyed=known,
        venues=tuple(venues[key] for key in sorted(venues)),
    )  # fmt: skip
    if (grid := population_grid()) is not None:
        marks.append(hashlib.sha256(grid.read_bytes()).hexdigest())
        moved = by_grid(layer=moved, grid=grid)
    counted = {code: place.people for code, place in surveyed.items() if place.people is not None}
    if counted:
        moved = by_survey(layer=moved, counted=counted)
        marks.append("people")  # another result than before surveyed people counted
    return msgspec.structs.replace(moved, digest=hashlib.sha256("".join(marks).encode()).hexdigest())


def population_grid() -> Path | None:
    """The population raster of this installation: the one GeoTIFF in the data directory's ``population``, if any.

    Raises ``ManyGrids`` where there are several.
    """
    found = sorted((settings().data_dir / "population").glob("*.tif*"))
    if len(found) > 1:
        raise ManyGrids(folder=found[0].parent, files=", ".join(path.name for path in found))
    return found[0] if found else None


def by_survey(*, layer: Layer, counted: Mapping[str, int]) -> Layer:
    """The layer with people as surveyed (by code), in every unit all of whose places have a figure.

    The survey only shares out, as ``by_grid`` does: the unit's totals remain those of the census.
    """
    weights = np.array([counted.get(code, -1) for code in layer.code], dtype=np.float64)
    whole = set(layer.unit) - {u for u, w in zip(layer.unit, weights, strict=True) if w < 0}
    return _shared(layer, weights, whole)


def by_grid(*, layer: Layer, grid: Path) -> Layer:
    """The layer with people where the raster has them, in every unit all of whose places are surveyed.

    A cell counts for its nearest place. The raster only shares out: a unit's urban and rural people remain those of the
    census, to the last. Raises ``RasterRefused``.
    """
    weights = weights_of_raster(path=grid, longitude=layer.longitude, latitude=layer.latitude)
    open_ = {unit for unit, known in zip(layer.unit, layer.surveyed, strict=True) if not known}
    return _shared(layer, weights, set(layer.unit) - open_)


def _shared(layer: Layer, weights: Floats, wanted: Collection[str]) -> Layer:
    """The layer with the census of the ``wanted`` units shared out by ``weights``, one for each place."""
    people, households = layer.people.copy(), layer.households.copy()
    units_of = np.array(layer.unit)
    for unit in sorted(wanted):
        mine = np.flatnonzero(units_of == unit)
        codes, counted = [layer.code[n] for n in mine], census(CENSUS)[unit]
        urban = {layer.code[n] for n in mine if layer.urban[n]}
        shared = {layer.code[n]: float(weights[n]) for n in mine}
        found = people_of(codes=codes, urban=urban, counted=counted, weights=shared)
        people[mine] = [found[code] for code in codes]
        households[mine] = rules.largest_remainder(
            total=counted.households, weights=[float(found[code]) for code in codes]
        )
    return msgspec.structs.replace(layer, people=people, households=households)


def synthetic_layer() -> Layer:
    """The layer of the pack alone: census totals, synthetic positions, no venues."""
    return _layer(settings().city_dir)


@functools.lru_cache(maxsize=2)
def _layer(folder: Path) -> Layer:
    rows = [row for unit in units(hierarchy="reporting") for row in _unit(unit.code)]
    rows.sort(key=lambda row: row[0])
    columns = list(zip(*rows, strict=True))
    mark = hashlib.sha256(msgspec.json.encode(rows)).hexdigest()
    return Layer(
        code=columns[0], name=columns[1], township=columns[2], unit=columns[3],
        urban=np.array(columns[4], dtype=np.bool_), surveyed=np.zeros(len(rows), dtype=np.bool_),
        longitude=np.array([spot[0] for spot in columns[5]]), latitude=np.array([spot[1] for spot in columns[5]]),
        people=np.array(columns[6], dtype=np.int64), households=np.array(columns[7], dtype=np.int64),
        venues=(), digest=mark,
    )  # fmt: skip


Row = tuple[str, str, str, str, bool, rules.Point, int, int]


def _unit(code: str) -> list[Row]:
    """The points of one county unit: its people split by urban and rural, then by village."""
    counted = census(CENSUS).get(code)
    if counted is None:
        raise NoCensus(unit=areas()[code].name, year=CENSUS)
    listed = [place for township in townships(unit=code) for place in villages(township=township.code)]
    codes = sorted(place.code for place in listed)
    urban = {place.code for place in listed if rules.is_community(place.name)}
    people = people_of(codes=codes, urban=urban, counted=counted)
    households = rules.largest_remainder(total=counted.households, weights=[people[c] for c in codes])
    spots = _positions(code)
    names = {place.code: (place.name, place.township or "") for place in listed}
    return [
        (c, names[c][0], names[c][1], code, c in urban, spots[c], people[c], homes)
        for c, homes in zip(codes, households, strict=True)
    ]


def people_of(
    *, codes: list[str], urban: Collection[str], counted: CensusRow, weights: Mapping[str, float] | None = None
) -> dict[str, int]:
    """The unit's people by village: urban ones in communities, rural ones in villages, wherever both exist.

    ``weights`` by code share them out, where a group has any; otherwise the sizes follow Zipf's law.
    """
    communities = [code for code in codes if code in urban]
    rural = [code for code in codes if code not in urban]
    totals = (counted.urban, counted.rural) if communities and rural else (counted.population, counted.population)
    found: dict[str, int] = {}
    for group, total, exponent, start in ((communities, totals[0], 0.4, 5.0), (rural, totals[1], 0.6, 3.0)):
        if group:
            known = [weights[code] for code in group] if weights else []
            shares = known if sum(known) > 0 else rules.zipf(keys=group, exponent=exponent, start=start)
            found |= dict(zip(group, rules.largest_remainder(total=total, weights=shares), strict=True))
    return found


def _positions(code: str) -> dict[str, rules.Point]:
    """Synthetic positions in the unit: streets about its seat, townships spread out, villages about their township."""
    unit = areas()[code]
    polygons = [boundaries()[c].polygon for c in (unit.territory or (code,)) if c in boundaries()]
    whole = shapely.union_all(polygons)
    shapely.prepare(whole)

    def inside(spot: rules.Point) -> bool:
        return bool(shapely.contains_xy(whole, spot[0], spot[1]))

    seat = rules.scattered(key=f"seat {code}", inside=inside, bounds=whole.bounds, among=())
    listed = townships(unit=code)
    spread = math.sqrt((census(CENSUS)[code].km2 or 500.0) / max(len(listed), 1))
    centres: list[rules.Point] = [seat]
    found: dict[str, rules.Point] = {}
    for township in listed:
        street = int(township.code[6:9]) < 100
        key = f"township {township.code}"
        if street:
            centre = rules.around(key=key, centre=seat, sigma_km=2.5, inside=inside)
        else:
            centre = rules.scattered(key=key, inside=inside, bounds=whole.bounds, among=centres)
            centres.append(centre)
        sigma = STREET_KM if street else TOWN_SHARE * spread
        for place in villages(township=township.code):
            own = min(sigma, STREET_KM) if rules.is_community(place.name) else sigma
            found[place.code] = rules.around(key=f"place {place.code}", centre=centre, sigma_km=own, inside=inside)
    return found
