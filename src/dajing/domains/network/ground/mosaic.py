"""One terrain out of many files: what is missing is named, what disagrees is refused, small voids are filled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from dajing.domains.network.ground.tiles import (
    GroundRefused,
    Problem,
    Raster,
    Tile,
    Undulation,
    read_geotiff,
    read_hgt,
)
from dajing.domains.network.propagation.area import Terrain

Places = NDArray[np.float64]
AGREE = 30.0  # metres of median difference that two sources of one place may have; SRTM's own error is half of it


class Mosaic(msgspec.Struct, frozen=True, kw_only=True):
    """The terrain, and what a person should know of it: conversions, filled and remaining voids, missing tiles."""

    terrain: Terrain
    notes: tuple[Problem, ...]


def files_in(*, folder: Path) -> list[Path]:
    """Elevation files of a folder by name: .hgt, .hgt.zip, .tif, .tiff."""
    endings = (".hgt", ".zip", ".tif", ".tiff")
    return sorted(path for path in Path(folder).iterdir() if path.suffix.lower() in endings)


def read_tile(*, path: Path, unit: str | None = None, undulation: Undulation | None = None) -> Tile:
    """One elevation file of either kind."""
    if path.suffix.lower() in (".hgt", ".zip"):
        return read_hgt(path=path)
    return read_geotiff(path=path, unit=unit, undulation=undulation)


def mosaic(
    *,
    files: Sequence[Path],
    west: float,
    south: float,
    east: float,
    north: float,
    step: float = 1.0 / 1200.0,
    fill_km: float = 1.0,
    unit: str | None = None,
    undulation: Undulation | None = None,
) -> Mosaic:
    """Heights over the box at ``step`` degrees from ``files``, the later ones only where the earlier are void.

    Voids narrower than about ``fill_km`` are interpolated and counted; larger ones and parts without any file stay NaN
    and are named, so that only the sites near them are refused. Raises ``GroundRefused`` for a file that cannot be read
    or disagrees with another about the same place, and where nothing lies in the box.
    """
    rows, columns = math.ceil((north - south) / step) + 1, math.ceil((east - west) / step) + 1
    if rows < 2 or columns < 2 or rows * columns > 400_000_000:
        raise GroundRefused(Problem(where="terrain", zh=f"范围 {rows}×{columns} 格不可用：改范围或步长",
                                    en=f"a box of {rows} x {columns} cells: change the box or the step"))  # fmt: skip
    heights = np.full((rows, columns), np.float32(np.nan))
    notes: list[Problem] = []
    for path in files:
        tile = read_tile(path=path, unit=unit, undulation=undulation)
        notes += tile.notes
        _lay(heights, tile, west, north, step)
    if not np.isfinite(heights).any():
        raise GroundRefused(Problem(where="terrain", zh="没有一个文件落在该范围内：核对范围与文件名",
                                    en="no file lies in the box: check the box and the names"))  # fmt: skip
    notes += missing(heights=heights, west=west, north=north, step=step)
    notes += _filled(heights, max(round(fill_km / (step * 111.2)), 1))
    terrain = Terrain(heights=heights, clutter=np.zeros_like(heights), west=west, north=north, step=step)
    return Mosaic(terrain=terrain, notes=tuple(notes))


def missing(*, heights: Raster, west: float, north: float, step: float) -> list[Problem]:
    """The one-degree squares of the box of which not a single height is known, by the name of their tile."""
    rows, columns = heights.shape
    latitude = np.floor(north - np.arange(rows) * step + 1e-9).astype(int)
    longitude = np.floor(west + np.arange(columns) * step + 1e-9).astype(int)
    out = []
    for lat in np.unique(latitude):
        band = heights[latitude == lat]
        for lon in np.unique(longitude):
            square = band[:, longitude == lon][1:-1, 1:-1]  # a neighbour's file has the edge too
            if square.size and not np.isfinite(square).any():
                name = f"{'N' if lat >= 0 else 'S'}{abs(lat):02d}{'E' if lon >= 0 else 'W'}{abs(lon):03d}.hgt"
                out.append(Problem(where=name, zh="缺少这一幅：放入该文件，否则其附近的站点无法计算",
                                   en="this tile is missing: add it, or sites near it cannot be computed"))  # fmt: skip
    return out


def _lay(heights: Raster, tile: Tile, west: float, north: float, step: float) -> None:
    """Write the tile where nothing is known yet, read bilinearly; a void corner voids the cell."""
    rows, columns = heights.shape
    row: Places = (tile.north - (north - np.arange(float(rows)) * step)) / tile.dy
    column: Places = (west + np.arange(float(columns)) * step - tile.west) / tile.dx
    inside_r = np.nonzero((row >= -1e-6) & (row <= tile.heights.shape[0] - 1 + 1e-6))[0]
    inside_c = np.nonzero((column >= -1e-6) & (column <= tile.heights.shape[1] - 1 + 1e-6))[0]
    if not inside_r.size or not inside_c.size:
        return
    cut = np.s_[inside_r[0] : inside_r[-1] + 1, inside_c[0] : inside_c[-1] + 1]
    for start in range(inside_r[0], inside_r[-1] + 1, 512):  # strips, so that memory stays that of the result
        stop = min(start + 512, inside_r[-1] + 1)
        strip = _sampled(tile.heights, row[start:stop], column[cut[1]])
        known = heights[start:stop, cut[1]]
        both = np.isfinite(known) & np.isfinite(strip)
        if both.sum() > 200:
            _agree(tile.name, known[both], strip[both])
        known[~np.isfinite(known)] = strip[~np.isfinite(known)]


def _sampled(grid: Raster, row: Places, column: Places) -> Raster:
    r0 = np.clip(np.floor(row + 1e-6).astype(int), 0, grid.shape[0] - 2)
    c0 = np.clip(np.floor(column + 1e-6).astype(int), 0, grid.shape[1] - 2)
    fr = np.clip(row - r0, 0.0, 1.0)[:, None].astype(np.float32)
    fc = np.clip(column - c0, 0.0, 1.0)[None, :].astype(np.float32)
    near, far = grid[r0], grid[r0 + 1]
    with np.errstate(invalid="ignore"):
        across = [_mix(side[:, c0], side[:, c0 + 1], fc) for side in (near, far)]
        return _mix(across[0], across[1], fr)


def _mix(a: Raster, b: Raster, share: Raster) -> Raster:
    """Between ``a`` and ``b``; at either end the other one does not matter, void or not."""
    out = a + share * (b - a)
    out = np.where(share < 1e-4, a, out)
    return np.where(share > 1.0 - 1e-4, b, out).astype(np.float32)


def _agree(name: str, known: Raster, here: Raster) -> None:
    difference = float(np.median(here - known))
    if abs(difference) <= AGREE:
        return
    ratio = float(np.median(here) / np.median(known)) if abs(np.median(known)) > 50.0 else 0.0
    if 3.0 < ratio < 3.6 or 0.28 < ratio < 0.33:
        zh, en = "与邻幅相差 3.28 倍：一个是英尺，写明单位", "3.28 times its neighbour: one is in feet, say its unit"
    else:
        zh = f"同一地点与其他文件中位相差 {difference:+.0f} 米：高程基准或位置（偏移坐标？）不同，只用其一"
        en = (f"it differs from another file of the same place by {difference:+.0f} m in the median: another "
              "datum or a shifted place; use only one")  # fmt: skip
    raise GroundRefused(Problem(where=name, zh=zh, en=en))


def _filled(heights: Raster, reach: int) -> list[Problem]:
    """Fill voids that known heights surround within ``reach`` cells, in place; says how many there were and are."""
    void = ~np.isfinite(heights)
    before = int(void.sum())
    if before == 0:
        return []
    from rasterio.fill import fillnodata

    solid = np.where(void, np.float32(0.0), heights)
    near = fillnodata(solid, mask=(~void).astype(np.uint8), max_search_distance=reach, smoothing_iterations=0)
    close = _within_reach(void, reach)
    heights[close] = near[close]
    left = before - int(close.sum())
    notes = [
        Problem(where="", zh=f"插补了 {before - left} 个空值格", en=f"{before - left} void cells were interpolated")
    ]
    if left:
        notes.append(Problem(where="", zh=f"仍有 {left} 个空值格太大，未插补：其附近的站点会被拒绝，可补充数据",
                             en=f"{left} void cells are in holes too large to fill: sites near them are refused; add "
                                "another source"))  # fmt: skip
    return notes


def _within_reach(void: NDArray[np.bool_], reach: int) -> NDArray[np.bool_]:
    """Void cells that a known cell faces on both sides of their row or of their column within ``reach`` cells."""
    out = np.zeros_like(void)
    for axis in (0, 1):
        size = void.shape[axis]
        place = np.arange(size).reshape((-1, 1) if axis == 0 else (1, -1))
        before = np.maximum.accumulate(np.where(void, -(10**9), place), axis=axis)
        after = np.flip(np.minimum.accumulate(np.flip(np.where(void, 10**9, place), axis), axis=axis), axis)
        out |= void & (after - before <= reach + 1)
    return out
