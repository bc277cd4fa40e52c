"""Geo-queries (clause 4.10): every relation on every geometry, distances on the WGS-84 sphere.

The rough box of a query prunes by cells; shapely (GEOS) decides exactly. Distances are metres: between points the
great circle; otherwise in a local equirectangular plane around the reference, whose error stays below 0.5 % within
some hundred kilometres.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from dajing.domains.context.ngsi.errors import BadRequestData
from dajing.domains.context.ngsi.geometry import bounds, need_geometry

EARTH = 6_371_008.8  # mean radius, metres (IUGG)
RELATIONS = frozenset({"near", "within", "contains", "intersects", "equals", "disjoint", "overlaps"})
type Json = dict[str, Any]


@dataclass(frozen=True)
class GeoQuery:
    """One geo-query; ``nearest``/``farthest`` are the bounds of ``near`` in metres."""

    relation: str
    geometry: Json
    attribute: str
    nearest: float = 0.0
    farthest: float = math.inf

    @cached_property
    def shape(self) -> BaseGeometry:
        """The reference geometry for GEOS."""
        return shape_of(self.geometry)

    @cached_property
    def box(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north that every answer touches; None where the relation does not limit."""
        if self.relation == "disjoint" or (self.relation == "near" and math.isinf(self.farthest)):
            return None
        west, south, east, north = bounds(self.geometry)
        if self.relation != "near":
            return west, south, east, north
        tall = math.degrees(self.farthest / EARTH) * 1.01
        widest = max(abs(south - tall), abs(north + tall))
        if widest >= 89:
            return -180.0, south - tall, 180.0, north + tall
        wide = tall / math.cos(math.radians(widest))
        return west - wide, south - tall, east + wide, north + tall

    def matches(self, *, entity: Json) -> bool:
        """Whether one instance of the entity's geo attribute satisfies the query."""
        instances = entity["attrs"].get(self.attribute, ())
        return any(i.get("type") == "GeoProperty" and self.holds(geometry=i["value"]) for i in instances)

    def holds(self, *, geometry: Json) -> bool:
        """Whether this geometry satisfies the query."""
        if self.relation == "near":
            return self.nearest <= distance(geometry, self.geometry) <= self.farthest
        other = shape_of(geometry)
        if self.relation == "disjoint":
            return bool(other.disjoint(self.shape))
        return bool(getattr(other, self.relation)(self.shape))


def shape_of(geometry: Json) -> BaseGeometry:
    """A GEOS geometry; a self-crossing polygon is mended so that its relations are defined."""
    kind, coordinates = geometry["type"], geometry["coordinates"]
    if kind == "Point":
        return shapely.Point(coordinates[0], coordinates[1])
    try:
        found = shapely.from_geojson(json.dumps({"type": kind, "coordinates": coordinates}))
    except shapely.errors.GEOSException as error:
        raise BadRequestData(f"The geometry cannot be used: {error}") from None
    return found if found.is_valid else shapely.make_valid(found)


def distance(first: Json, second: Json) -> float:
    """Metres between two geometries."""
    if first["type"] == "Point" and second["type"] == "Point":
        return great_circle(first["coordinates"], second["coordinates"])
    a, b = shape_of(first), shape_of(second)
    here = b.centroid
    scale = math.cos(math.radians(here.y))

    def local(xy: Any) -> Any:
        return (xy - [here.x, here.y]) * [math.radians(EARTH) * scale, math.radians(EARTH)]

    west, east = min(a.bounds[0], b.bounds[0]), max(a.bounds[2], b.bounds[2])
    turns = (-360, 0, 360) if east - west > 180 else (0,)  # the way across the date line may be the shorter one
    there = shapely.transform(b, local)
    return min(float(shapely.transform(a, lambda xy, t=t: local(xy + [t, 0])).distance(there)) for t in turns)


def great_circle(a: list[float], b: list[float]) -> float:
    """Metres between two positions [longitude, latitude] on the mean sphere (haversine)."""
    phi1, phi2 = math.radians(a[1]), math.radians(b[1])
    half = math.sin((phi2 - phi1) / 2) ** 2
    half += math.cos(phi1) * math.cos(phi2) * math.sin(math.radians(b[0] - a[0]) / 2) ** 2
    return 2 * EARTH * math.asin(min(1.0, math.sqrt(half)))


def parse(*, georel: str, geometry: str, coordinates: Any, attribute: str) -> GeoQuery:
    """A geo-query from its parameters; ``coordinates`` is JSON text or already parsed."""
    relation, *modifiers = georel.split(";")
    if relation not in RELATIONS:
        raise BadRequestData(f"georel {relation[:40]!r} is none of {', '.join(sorted(RELATIONS))}.")
    if isinstance(coordinates, str):
        try:
            coordinates = json.loads(coordinates)
        except (ValueError, RecursionError):
            raise BadRequestData("coordinates is no JSON array.") from None
    shape = need_geometry({"type": geometry, "coordinates": coordinates}, what="The geometry of the geo-query")
    nearest, farthest = 0.0, math.inf
    if relation == "near" and len(modifiers) != 1:
        raise BadRequestData("near needs exactly one of maxDistance== and minDistance==, in metres.")
    for modifier in modifiers:
        name, _, value = modifier.partition("==")
        try:
            metres = float(value)
        except ValueError:
            raise BadRequestData(f"{modifier[:80]!r} is no distance in metres.") from None
        if relation != "near" or name not in ("maxDistance", "minDistance") or not 0 < metres < math.inf:
            raise BadRequestData(f"{modifier[:80]!r} does not belong to georel {relation}.")
        nearest, farthest = (metres, farthest) if name == "minDistance" else (nearest, metres)
    return GeoQuery(relation=relation, geometry=shape, attribute=attribute, nearest=nearest, farthest=farthest)
