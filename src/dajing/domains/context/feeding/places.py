"""Where the simulated sensors stand: points inside each unit, drawn once and kept with the data."""

from __future__ import annotations

from pathlib import Path
from random import Random

import msgspec
from shapely import Point

from dajing.domains.context.connectors.simulator import KINDS, Position

FILE = "simulated-places.json"
type Places = dict[str, list[Position]]


def keep(*, data: Path, seed: int) -> None:
    """Draw and keep the points unless they are there; polygons are read here alone, since they are large."""
    from dajing.kernel.areas.api import units
    from dajing.kernel.areas.boundaries import boundaries

    if (data / FILE).exists():
        return
    found: Places = {}
    for unit in units(hierarchy="reporting"):
        rng = Random(f"{seed}:{unit.code}")  # noqa: S311 - repeatable is what is wanted
        # a management zone has no polygon of its own: its sensors stand somewhere in the division it lies in
        polygon = boundaries()[unit.code if unit.code in boundaries() else unit.territory[0]].polygon
        west, south, east, north = polygon.bounds
        points: list[Position] = []
        while len(points) < len(KINDS):
            place = round(rng.uniform(west, east), 5), round(rng.uniform(south, north), 5)
            if polygon.contains(Point(place)):
                points.append(place)
        found[unit.code] = points
    partial = data / f"{FILE}.tmp"
    partial.write_bytes(msgspec.json.encode(found))
    partial.replace(data / FILE)


def places(*, data: Path) -> Places:
    """The kept points by unit."""
    return msgspec.json.decode((data / FILE).read_bytes(), type=Places)
