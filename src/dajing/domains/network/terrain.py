"""The terrain under the city: the demo's synthetic relief, or what the installation's terrain folder holds."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import structlog

from dajing.kernel.areas.boundaries import boundaries
from dajing.kernel.settings import settings
from dajing.kernel.text import Refusal, Text

if TYPE_CHECKING:  # numba waits until something is computed
    from dajing.domains.network.ground.tiles import Problem
    from dajing.domains.network.propagation.area import Terrain

log = structlog.get_logger()
STEP = 1.0 / 400.0  # degrees of the demo's relief, about 250 m
FINE = 1.0 / 1200.0  # of a mosaic of files: 3 arc-seconds, as SRTM has them
MARGIN = 0.75  # degrees around the city, so that a broadcast transmitter's radius stays on the terrain
SEED = 130700
TABLE = "heights.toml"  # a city's own heights of land-cover classes
type Marked = tuple[tuple[Path, int, int], ...]  # files with size and time of change


class NoTerrain(Refusal):
    """A real installation without elevation data."""

    text = Text(
        zh="没有地形数据：请把覆盖全市及周边的 SRTM .hgt 或 GeoTIFF 放入 {folder}",
        en="there is no terrain: put SRTM .hgt or GeoTIFF files of the city and its surroundings into {folder}",
    )


class TerrainRefused(Refusal):
    """An elevation file that cannot be used as it is."""

    text = Text(zh="{where}：{zh}", en="{where}: {en}")

    def __init__(self, *, problem: Problem) -> None:
        super().__init__(where=problem.where, zh=problem.zh, en=problem.en)


class Ground(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Terrain with the digest of its heights, and whether it is synthetic."""

    terrain: Terrain
    digest: str
    synthetic: bool


def city_terrain() -> Ground:
    """The terrain of this installation: the files of its folder, else in a demo a synthetic relief.

    Land cover in the folder ``clutter`` stands on it. Raises ``NoTerrain`` where there is none and none may be made up,
    ``TerrainRefused`` for files that cannot be used.
    """
    from dajing.domains.network.ground.mosaic import files_in

    folder = settings().data_dir / "terrain"
    files = files_in(folder=folder) if folder.is_dir() else []
    if not files and not settings().synthetic:
        raise NoTerrain(folder=folder)
    bare = _measured(_marked(files)) if files else _demo(settings().city_dir)
    cover = settings().data_dir / "clutter"
    rasters = sorted(path for path in cover.glob("*") if path.suffix.lower() in {".tif", ".tiff"})
    table = cover / TABLE
    return _covered(bare, _marked(rasters), _marked([table] if table.exists() else [])) if rasters else bare


def _marked(files: Sequence[Path]) -> Marked:
    return tuple((path, path.stat().st_size, path.stat().st_mtime_ns) for path in files)


@functools.lru_cache(maxsize=1)
def _covered(bare: Ground, rasters: Marked, table: Marked) -> Ground:
    """The ground with the clutter of all rasters; where two overlap, the taller."""
    from dajing.domains.network.ground.clutter import heights_in, table_of, with_clutter
    from dajing.domains.network.ground.tiles import GroundRefused

    terrain = bare.terrain
    try:
        own = heights_in(path=table[0][0]) if table else None
        for path, _, _ in rasters:
            named = own if own is not None else table_of(path=path)
            added = with_clutter(terrain=bare.terrain, path=path, table=named)
            terrain = msgspec.structs.replace(terrain, clutter=np.maximum(terrain.clutter, added.clutter))
    except GroundRefused as refused:
        raise TerrainRefused(problem=refused.problem) from refused
    mark = hashlib.sha256(bare.digest.encode() + np.round(terrain.clutter * 10.0).astype(np.int16).tobytes())
    return Ground(terrain=terrain, digest=mark.hexdigest(), synthetic=bare.synthetic)


@functools.lru_cache(maxsize=1)
def _measured(files: Marked) -> Ground:
    """A mosaic of these files (path, size, time of change); parts without data are void and serve no station."""
    from dajing.domains.network.ground.mosaic import mosaic
    from dajing.domains.network.ground.tiles import GroundRefused

    west, south, east, north = bounds()
    try:
        made = mosaic(files=[path for path, _, _ in files], west=west, south=south, east=east, north=north, step=FINE)
    except GroundRefused as refused:
        raise TerrainRefused(problem=refused.problem) from refused
    for note in made.notes:
        log.info("network.terrain", where=note.where, said=note.en)
    mark = hashlib.sha256(np.round(np.nan_to_num(made.terrain.heights, nan=-9999.0)).astype(np.int16).tobytes())
    return Ground(terrain=made.terrain, digest=mark.hexdigest(), synthetic=False)


@functools.lru_cache(maxsize=1)
def _demo(folder: Path) -> Ground:
    from dajing.domains.network.propagation.area import Terrain
    from dajing.domains.network.propagation.demo import relief

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
