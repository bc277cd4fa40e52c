"""Areas as a map of their real shapes, or as a cartogram of equal squares that claims no boundary."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

LEVELS = 5
Place = tuple[float, float]


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """One area on paper: its outline, where its label stands, and the class of its value (None = unknown)."""

    code: str
    path: str
    x: float
    y: float


class Drawing(msgspec.Struct, frozen=True, kw_only=True):
    """All areas; ``real`` says whether the outlines are boundaries (and so need a map review)."""

    width: int
    height: int
    real: bool
    shapes: list[Shape]
    points: dict[str, Place] = {}


class Steps(msgspec.Struct, frozen=True):
    """Class limits of a value: class ``n`` holds values from ``limits[n]`` to ``limits[n + 1]``."""

    limits: list[float]

    def level(self, value: float | None) -> int | None:
        """The class (0 to 4) of ``value``; None where it is unknown."""
        if value is None:
            return None
        return sum(value >= limit for limit in self.limits[1:-1])


def steps(values: Sequence[float | None]) -> Steps:
    """Five equal classes between the lowest and the highest known value."""
    known = [v for v in values if v is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    return Steps([low + (high - low) * n / LEVELS for n in range(LEVELS + 1)])


def outline(polygons: Mapping[str, Any], *, width: int = 560, points: Mapping[str, Place] | None = None) -> Drawing:
    """Real shapes: ``polygons`` are shapely geometries in WGS-84 degrees, drawn in a local equal-scale projection.

    ``points`` (longitude and latitude by name) are placed on the same drawing.
    """
    west = min(shape.bounds[0] for shape in polygons.values())
    east = max(shape.bounds[2] for shape in polygons.values())
    south = min(shape.bounds[1] for shape in polygons.values())
    north = max(shape.bounds[3] for shape in polygons.values())
    squeeze = math.cos(math.radians((south + north) / 2))
    unit = (width - 8) / ((east - west) * squeeze)

    def place(lon: float, lat: float) -> Place:
        return 4 + (lon - west) * squeeze * unit, 4 + (north - lat) * unit

    shapes = []
    for code, polygon in polygons.items():
        thinned = polygon.simplify(0.8 / unit, preserve_topology=True)
        parts = getattr(thinned, "geoms", [thinned])
        spot = polygon.representative_point()
        x, y = place(spot.x, spot.y)
        path = "".join(_ring([place(*c[:2]) for c in part.exterior.coords]) for part in parts)
        shapes.append(Shape(code=code, path=path, x=round(x), y=round(y)))
    placed = {name: (round(place(*p)[0], 1), round(place(*p)[1], 1)) for name, p in (points or {}).items()}
    return Drawing(width=width, height=round((north - south) * unit) + 8, real=True, shapes=shapes, points=placed)


def _ring(points: Sequence[Place]) -> str:
    """A closed ring as whole-pixel relative steps, which takes a third of the bytes of absolute ones."""
    whole = [(round(x), round(y)) for x, y in points]
    parts, (px, py) = [f"M{whole[0][0]} {whole[0][1]}"], whole[0]
    for x, y in whole[1:-1]:
        if (x, y) != (px, py):
            parts.append(f"l{x - px} {y - py}")
            px, py = x, y
    return "".join(parts) + "z"


def cartogram(places: Mapping[str, Place], *, others: Sequence[str] = (), side: int = 108) -> Drawing:
    """Equal squares on a grid in rough position (``places``: longitude and latitude by code).

    Rows run from north to south, each row from west to east; nothing about a boundary can be read from it. ``others``
    are areas without a known place; they stand in rows of their own at the end.
    """
    columns = max(math.ceil(math.sqrt(len(places) or len(others))), 1)
    southward = sorted(places, key=lambda code: (-places[code][1], code))
    bands = [southward[n : n + columns] for n in range(0, len(southward), columns)]
    spots = {
        code: (column, row)
        for row, band in enumerate(bands)
        for column, code in enumerate(sorted(band, key=lambda code: (places[code][0], code)))
    }
    spots |= {code: (n % columns, len(bands) + n // columns) for n, code in enumerate(others)}
    shapes = [_square(code, column, row, side) for code, (column, row) in spots.items()]
    height = (max((row for _, row in spots.values()), default=0) + 1) * side
    return Drawing(width=columns * side, height=height, real=False, shapes=shapes)


def _square(code: str, column: int, row: int, side: int) -> Shape:
    x, y = 2 + column * side, 2 + row * side
    path = f"M{x} {y}h{side - 4}v{side - 4}h{4 - side}z"
    return Shape(code=code, path=path, x=x + side / 2 - 2, y=y + side / 2 - 2)
