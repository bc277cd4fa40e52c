"""Relief for the demo: seeded detail bent through known spot heights. Synthetic, and to be marked so wherever shown."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from dajing.domains.network.ground.files import heights_at
from dajing.domains.network.propagation.area import Raster, Terrain
from dajing.domains.network.propagation.demo import relief
from dajing.domains.network.propagation.p1812 import OutsideTheModel

Array = NDArray[np.float64]


class SpotHeight(msgspec.Struct, frozen=True, kw_only=True):
    """A published height (m above sea) at a place, and who published it."""

    name: str
    longitude: float
    latitude: float
    height_m: float
    source: str


def demo_terrain(
    *,
    west: float,
    south: float,
    east: float,
    north: float,
    step: float = 1.0 / 400.0,
    seed: int,
    lowest: float = 500.0,
    span: float = 1800.0,
    spots: Sequence[SpotHeight] = (),
) -> Terrain:
    """A fractal surface over the box, the same for the same arguments; ``step`` degrees a cell, bare of clutter.

    Without ``spots`` it rises from ``lowest`` by ``span`` metres and resembles no place. With spots (three or more) it
    passes through every one of them, so that plateaus and basins lie where they do; the detail between stays invented.
    Raises ``OutsideTheModel`` for an empty or absurdly large box.
    """
    rows, columns = round((north - south) / step) + 1, round((east - west) / step) + 1
    if not (2 <= rows <= 20_000 and 2 <= columns <= 20_000):
        raise OutsideTheModel(f"a demo terrain of {rows} x {columns} cells; take a box and a step within 2 to 20,000")
    surface = relief(seed=seed, cells=max(rows, columns), height_range=span)[:rows, :columns] - 500.0 + lowest
    heights = np.ascontiguousarray(surface, np.float32)
    terrain = Terrain(heights=heights, clutter=np.zeros_like(heights), west=west, north=north, step=step)
    return _bent(terrain, spots) if len(spots) >= 3 else terrain


def _bent(terrain: Terrain, spots: Sequence[SpotHeight]) -> Terrain:
    """``terrain`` plus the smooth surface that makes it pass through the spots; never below the sea."""
    where = np.array([(s.longitude, s.latitude) for s in spots])
    own = np.array([
        heights_at(terrain=terrain, latitudes=where[i : i + 1, 1], longitudes=where[i : i + 1, 0])[0, 0]
        for i in range(len(spots))
    ])  # fmt: skip
    inside = np.isfinite(own)
    gaps = np.array([s.height_m for s in spots]) - own
    rows, columns = terrain.heights.shape
    latitudes: Array = terrain.north - np.arange(float(rows)) * terrain.step
    longitudes: Array = terrain.west + np.arange(float(columns)) * terrain.step
    correction = _thin_plate(where[inside], gaps[inside], longitudes, latitudes)
    return Terrain(
        heights=np.maximum(terrain.heights + correction, 0.0).astype(np.float32),
        clutter=terrain.clutter, west=terrain.west, north=terrain.north, step=terrain.step,
    )  # fmt: skip


def _thin_plate(points: Array, values: Array, longitudes: Array, latitudes: Array) -> Raster:
    """The thin-plate spline through ``values`` at ``points``, on a grid; a plane where the points lie far apart."""
    scale = math.cos(math.radians(float(points[:, 1].mean())))
    xy = points * (scale, 1.0)
    count = len(points)
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = _kernel(np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)))
    system[:count, count:] = np.column_stack((np.ones(count), xy))
    system[count:, :count] = system[:count, count:].T
    weights = np.linalg.lstsq(system, np.concatenate((values, np.zeros(3))), rcond=None)[0]
    x, y = (longitudes * scale)[None, :], latitudes[:, None]
    out = (weights[count] + weights[count + 1] * x + weights[count + 2] * y).astype(np.float32)
    for weight, (px, py) in zip(weights[:count], xy, strict=True):
        out += (weight * _kernel(np.hypot(x - px, y - py))).astype(np.float32)
    return out


def _kernel(r: Array) -> Array:
    return r * r * np.log(np.maximum(r, 1e-12))
