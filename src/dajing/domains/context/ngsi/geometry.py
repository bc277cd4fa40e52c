"""GeoJSON geometries of GeoProperties (clause 4.7; RFC 7946)."""

from __future__ import annotations

from typing import Any

from dajing.domains.context.ngsi.errors import BadRequestData
from dajing.domains.context.ngsi.terms import GEOMETRIES

_DEPTH = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
MOST_POSITIONS = 50_000  # a larger one would hold everybody up each time that it is looked at
_LEAST = {"LineString": 2, "MultiLineString": 2, "Polygon": 4, "MultiPolygon": 4}


def need_geometry(value: Any, *, what: str) -> dict[str, Any]:
    """``value`` itself when it is a GeoJSON geometry other than a GeometryCollection (4.6.3)."""
    if not isinstance(value, dict) or str(value.get("type")) not in GEOMETRIES:
        raise BadRequestData(f"{what} must be a GeoJSON geometry ({', '.join(sorted(GEOMETRIES))}).")
    kind = str(value["type"])
    if _count(value.get("coordinates")) > MOST_POSITIONS:
        raise BadRequestData(f"{what} has more than {MOST_POSITIONS} positions; send a simplified geometry.")
    _positions(value.get("coordinates"), _DEPTH[kind], kind, what)
    return value


def _count(coordinates: Any) -> int:
    """How many positions there may be, without looking at each."""
    lists = [coordinates]
    while any(isinstance(part, list) and part and isinstance(part[0], list) for part in lists):
        found = [inner for part in lists if isinstance(part, list) for inner in part]
        if len(found) > MOST_POSITIONS:
            return len(found)
        lists = found
    return len(lists)


def _positions(value: Any, depth: int, kind: str, what: str) -> None:
    if not isinstance(value, list) or not value:
        raise BadRequestData(f"The coordinates of {what} ({kind}) are not as RFC 7946 says.")
    if depth == 0:
        _position(value, what)
        return
    for part in value:
        _positions(part, depth - 1, kind, what)
    if depth == 1 and len(value) < _LEAST.get(kind, 1):
        raise BadRequestData(f"{what} ({kind}) has too few positions.")
    if depth == 1 and kind in ("Polygon", "MultiPolygon") and value[0] != value[-1]:
        raise BadRequestData(f"A ring of {what} ({kind}) does not close.")


def _position(value: list[Any], what: str) -> None:
    if len(value) < 2 or any(isinstance(v, bool) or not isinstance(v, int | float) for v in value):
        raise BadRequestData(f"A position of {what} must be [longitude, latitude] in degrees.")
    if not (-180 <= value[0] <= 180 and -90 <= value[1] <= 90):
        raise BadRequestData(f"A position of {what} lies outside longitude ±180 and latitude ±90.")


def bounds(geometry: dict[str, Any]) -> tuple[float, float, float, float]:
    """West, south, east, north of a geometry in degrees."""
    flat: list[list[float]] = []
    stack = [geometry["coordinates"]]
    while stack:
        part = stack.pop()
        if isinstance(part[0], list):
            stack.extend(part)
        else:
            flat.append(part)
    longitudes, latitudes = [p[0] for p in flat], [p[1] for p in flat]
    return min(longitudes), min(latitudes), max(longitudes), max(latitudes)
