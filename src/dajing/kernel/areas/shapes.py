"""Areas as drawings: outlines (a map, which needs an approval number on a public page) and tiles (a cartogram)."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np
from shapely.geometry.base import BaseGeometry

from dajing.kernel.areas.api import Area, units
from dajing.kernel.areas.boundaries import boundaries
from dajing.kernel.settings import settings


class Outlines(msgspec.Struct, frozen=True):
    """SVG paths by code in a view box of ``width`` × ``height``; ``labels`` hold a point inside each."""

    width: int
    height: int
    paths: dict[str, str]
    labels: dict[str, tuple[int, int]]


class Tile(msgspec.Struct, frozen=True):
    """One unit's square in a cartogram, counted from the north-west."""

    area: Area
    row: int
    column: int


@functools.lru_cache(maxsize=8)
def _outlines(folder: Path, width: int, tolerance: float) -> Outlines:
    found = boundaries()
    bounds = [boundary.polygon.bounds for boundary in found.values()]
    west, south = min(b[0] for b in bounds), min(b[1] for b in bounds)
    east, north = max(b[2] for b in bounds), max(b[3] for b in bounds)
    narrow = math.cos(math.radians((south + north) / 2))
    scale = width / ((east - west) * narrow)

    def place(x: float, y: float) -> tuple[int, int]:
        return round((x - west) * narrow * scale), round((north - y) * scale)

    simple = {code: b.polygon.simplify(tolerance / scale) for code, b in found.items()}
    return Outlines(
        width=width,
        height=round((north - south) * scale),
        paths={
            code: "".join(_ring(map(lambda p: place(*p[:2]), ring)) for ring in _rings(g)) for code, g in simple.items()
        },
        labels={code: place(*b.polygon.representative_point().coords[0]) for code, b in found.items()},
    )


def _rings(polygon: BaseGeometry) -> Iterable[Iterable[tuple[float, ...]]]:
    for part in getattr(polygon, "geoms", [polygon]):
        yield part.exterior.coords
        for hole in part.interiors:
            yield hole.coords


def _ring(points: Iterable[tuple[int, int]]) -> str:
    listed = list(points)
    return "M" + "L".join(f"{x} {y}" for x, y in listed[:-1]) + "Z"


def outlines(*, width: int = 600, tolerance: float = 1.0) -> Outlines:
    """The divisions as SVG paths, simplified to ``tolerance`` in units of the view box (plate carrée at mid latitude).

    A page that the public can see asks ``may_draw_map`` first and otherwise draws ``tiles``.
    """
    return _outlines(settings().city_dir, width, tolerance)


@functools.lru_cache(maxsize=4)
def _tiles(folder: Path) -> tuple[Tile, ...]:
    from scipy.optimize import linear_sum_assignment

    listed = units(hierarchy="reporting")
    points = np.array([_anchor(unit) for unit in listed])
    side = math.ceil(math.sqrt(len(listed) * 1.3))
    grid = np.array([(column, row) for row in range(side) for column in range(side)], dtype=float)
    spread = (points - points.min(axis=0)) / np.ptp(points, axis=0) * (side - 1)
    spread[:, 1] = side - 1 - spread[:, 1]
    distance = ((spread[:, None, :] - grid[None, :, :]) ** 2).sum(axis=2)
    _, chosen = linear_sum_assignment(distance)
    cells = [(int(grid[index][1]), int(grid[index][0])) for index in chosen]
    top, left = min(row for row, _ in cells), min(column for _, column in cells)
    tiles = [Tile(unit, row - top, column - left) for unit, (row, column) in zip(listed, cells, strict=True)]
    return tuple(sorted(tiles, key=lambda tile: (tile.row, tile.column)))


def _anchor(unit: Area) -> tuple[float, float]:
    """Where a unit lies: its own centroid, or for a zone without polygon the mean of the divisions it lies in."""
    own = boundaries().get(unit.code)
    polygons = [own] if own else [boundaries()[code] for code in unit.territory if code in boundaries()]
    centroids = [boundary.polygon.centroid for boundary in polygons] or [
        boundary.polygon.centroid for boundary in boundaries().values()
    ]
    return float(np.mean([c.x for c in centroids])), float(np.mean([c.y for c in centroids]))


def tiles() -> tuple[Tile, ...]:
    """Every reporting unit as one equal square, placed near where it lies (least sum of squared distances)."""
    return _tiles(settings().city_dir)
