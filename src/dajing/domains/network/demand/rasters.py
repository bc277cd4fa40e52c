"""People by cell from a population raster (GeoTIFF such as WorldPop or GHS-POP), brought to the census by unit.

A modelled grid is never the denominator: GHSL puts this city 6.7 % above its census. Cells of a unit are scaled so that
their whole numbers add up to the unit's census total; how far the grid was off is returned and shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from dajing.domains.network.demand.rules import largest_remainder
from dajing.kernel.text import Refusal, Text

Floats = NDArray[np.float64]
FAR_DEGREES = 0.18  # 20 km: whose nearest village is farther away lives in another city


class RasterRefused(Refusal):
    """A raster that cannot say where people are."""

    text = Text(zh="{file}：{zh}", en="{file}: {en}")

    def __init__(self, *, file: str, zh: str, en: str) -> None:
        super().__init__(file=file, zh=zh, en=en)


class Cell(msgspec.Struct, frozen=True):
    """People living in one cell; the cell's centre in WGS-84 degrees, ``unit`` the code of its unit."""

    unit: str
    longitude: float
    latitude: float
    people: int


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """What the grid said of one unit, and what the census says: ``ratio`` is grid over census."""

    unit: str
    grid: float
    census: int

    @property
    def ratio(self) -> float:
        """Above 1 the grid has too many people."""
        return self.grid / self.census if self.census else float("nan")


def people_of_raster(
    *, path: Path, polygons: Mapping[str, BaseGeometry], totals: Mapping[str, int]
) -> tuple[list[Cell], list[Balance]]:
    """Cells with people whose sums per unit are exactly ``totals``, and how far the grid was from them.

    ``polygons`` (WGS-84) are disjoint units, each with a total. Raises ``RasterRefused`` for a file that is no raster
    in degrees, one with negative people, units that overlap, or a unit on which the grid has nobody.
    """
    _disjoint(path.name, polygons, totals)
    longitude, latitude, people = read_people(path=path)
    cells: list[Cell] = []
    balances: list[Balance] = []
    for unit, polygon in sorted(polygons.items()):
        mine = np.flatnonzero(shapely.contains_xy(polygon, longitude, latitude))
        weights = people[mine]
        balances.append(Balance(unit=unit, grid=float(weights.sum()), census=totals[unit]))
        if totals[unit] and not weights.sum():
            raise RasterRefused(
                file=path.name,
                zh=f"栅格在 {unit} 没有人口，而普查有 {totals[unit]} 人；请换覆盖全市的文件",
                en=f"nobody lives in {unit} by the grid, {totals[unit]} by the census; use one that covers the city",
            )
        counts = largest_remainder(total=totals[unit], weights=weights.tolist())
        cells += [
            Cell(unit, float(longitude[n]), float(latitude[n]), count)
            for n, count in zip(mine, counts, strict=True)
            if count
        ]
    return cells, balances


def read_people(*, path: Path) -> tuple[Floats, Floats, Floats]:
    """Longitude, latitude (WGS-84 degrees, cell centres) and people of every cell with people.

    Raises ``RasterRefused`` for a file that is no raster in degrees or has negative people.
    """
    import rasterio
    from rasterio.errors import RasterioIOError

    from dajing.domains.network.ground.tiles import is_global

    try:
        with rasterio.open(path) as source:
            if source.crs is None or not (source.crs.is_geographic and is_global(crs=source.crs)):
                raise RasterRefused(
                    file=path.name,
                    zh=f"坐标系是 {source.crs or '未注明'}，应为 WGS-84 经纬度（EPSG:4326）；请先重投影",
                    en=f"its system is {source.crs or 'not stated'}, not WGS-84 (EPSG:4326); reproject it first",
                )
            values, place = source.read(1, masked=True).filled(0.0).astype(np.float64), source.transform
    except RasterioIOError as error:
        raise RasterRefused(file=path.name, zh="不是可读的栅格", en="no readable raster; export a GeoTIFF") from error
    values[~np.isfinite(values)] = 0.0
    if (values < 0).any():
        raise RasterRefused(
            file=path.name,
            zh="有负的人数；请在文件里写明 nodata 值",
            en="it has negative people; declare the nodata value in the file",
        )
    rows, columns = np.nonzero(values)
    longitude = place.c + (columns + 0.5) * place.a + (rows + 0.5) * place.b
    latitude = place.f + (columns + 0.5) * place.d + (rows + 0.5) * place.e
    return longitude, latitude, values[rows, columns]


def weights_of_raster(*, path: Path, longitude: Floats, latitude: Floats) -> Floats:
    """People by the grid whose nearest point is each of these points (WGS-84 degrees); beyond 20 km of all: nobody's.

    Raises ``RasterRefused``.
    """
    from scipy.spatial import cKDTree

    squeeze = float(np.cos(np.radians(latitude.mean())))
    east, north, people = read_people(path=path)
    away, nearest = cKDTree(np.stack([longitude * squeeze, latitude], axis=1)).query(
        np.stack([east * squeeze, north], axis=1), distance_upper_bound=FAR_DEGREES
    )
    near = np.isfinite(away)
    return np.bincount(nearest[near], weights=people[near], minlength=longitude.size).astype(np.float64)


def _disjoint(file: str, polygons: Mapping[str, BaseGeometry], totals: Mapping[str, int]) -> None:
    lacking = sorted(set(totals) ^ set(polygons))
    if lacking:
        listed = ", ".join(lacking)
        raise RasterRefused(
            file=file,
            zh=f"这些单位缺多边形或总数：{listed}",
            en=f"these units lack a polygon or a total: {listed}",
        )
    listed_ = sorted(polygons)
    for at, one in enumerate(listed_):
        for other in listed_[at + 1 :]:
            shared = polygons[one].intersection(polygons[other]).area
            if shared > 0.01 * min(polygons[one].area, polygons[other].area):
                raise RasterRefused(
                    file=file,
                    zh=f"{one} 与 {other} 的范围重叠，人口会重复计；请合并为一个单位",
                    en=f"{one} and {other} overlap, so people would count twice; merge them into one unit",
                )
