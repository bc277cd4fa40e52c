"""The terrain under the city: the demo's synthetic relief, or what the installation's terrain folder holds."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

import msgspec
import numpy as np

from dajing.domains.network.propagation.area import Terrain
from dajing.domains.network.propagation.demo import relief
from dajing.kernel.areas.boundaries import boundaries
from dajing.kernel.settings import settings
from dajing.kernel.text import Refusal, Text

STEP = 1.0 / 400.0  # degrees, about 250 m
MARGIN = 0.75  # degrees around the city, so that a broadcast transmitter's radius stays on the terrain
SEED = 130700


class NoTerrain(Refusal):
    """A real installation without elevation data."""

    text = Text(
        zh="没有地形数据：请把覆盖全市及周边的 SRTM .hgt 或 GeoTIFF 放入 {folder}",
        en="there is no terrain: put SRTM .hgt or GeoTIFF files of the city and its surroundings into {folder}",
    )


class Ground(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Terrain with the digest of its heights, and whether it is synthetic."""

    terrain: Terrain
    digest: str
    synthetic: bool


def city_terrain() -> Ground:
    """The terrain of this installation. Raises ``NoTerrain`` where there is none and none may be made up."""
    folder = settings().data_dir / "terrain"
    if not settings().synthetic:
        raise NoTerrain(folder=folder)
    return _demo(settings().city_dir)


@functools.lru_cache(maxsize=1)
def _demo(folder: Path) -> Ground:
    west, south, east, north = bounds()
    cells = int(max((east - west), (north - south)) / STEP) + 2
    heights = relief(seed=SEED, cells=cells)
    terrain = Terrain(heights=heights, clutter=np.zeros_like(heights), west=west, north=north, step=STEP)
    mark = hashlib.sha256(np.round(heights).astype(np.int16).tobytes()).hexdigest()
    return Ground(terrain=terrain, digest=mark, synthetic=True)


def bounds() -> tuple[float, float, float, float]:
    """West, south, east, north of the city and its surroundings, degrees."""
    boxes = np.array([boundary.polygon.bounds for boundary in boundaries().values()])
    west, south = boxes[:, :2].min(axis=0) - MARGIN
    east, north = boxes[:, 2:].max(axis=0) + MARGIN
    return float(west), float(south), float(east), float(north)
