"""Land cover to representative clutter heights, by a table that is named: the same code means trees here, crops there.

Heights are those of ITU-R P.1812-8 Table 2: 0 m water and open country, 10 m suburbs, 15 m towns and forest, 20 m dense
towns. A city that knows its roofs gives its own table.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np

from dajing.domains.network.ground.tiles import GroundRefused, Problem, is_global
from dajing.domains.network.propagation.area import Terrain

# code: height (m)
WORLDCOVER = {10: 15.0, 20: 0.0, 30: 0.0, 40: 0.0, 50: 15.0, 60: 0.0, 70: 0.0, 80: 0.0, 90: 0.0, 95: 15.0, 100: 0.0}
GLOBELAND30 = {10: 0.0, 20: 15.0, 30: 0.0, 40: 0.0, 50: 0.0, 60: 0.0, 70: 0.0, 80: 15.0, 90: 0.0, 100: 0.0}
TABLES: dict[str, Mapping[int, float]] = {"worldcover": WORLDCOVER, "globeland30": GLOBELAND30}
TALLEST = 120.0  # m; taller means are no clutter but single buildings


def with_clutter(*, terrain: Terrain, path: Path, table: str | Mapping[int, float]) -> Terrain:
    """``terrain`` with clutter heights (m) of the land-cover raster at ``path``, the commonest class of each cell.

    ``table`` is "worldcover" (ESA, v200), "globeland30", or the city's own code to height (m). Cells outside the
    raster are open. Raises ``GroundRefused`` for an unknown table, code, place or height.
    """
    heights = _table(path, table)
    codes = _codes(path, terrain)
    unknown = sorted(set(np.unique(codes).tolist()) - set(heights) - {0})
    if unknown:
        shown = ", ".join(f"{code} ({int((codes == code).sum())})" for code in unknown[:8])
        raise _refused(
            path,
            f"表中没有的类别（格数）：{shown}；补上其高度，或换用正确的表",
            f"classes (cells) that the table lacks: {shown}; add their heights or name the right table",
        )
    lookup = np.zeros(max([*heights, 0]) + 1, np.float32)
    for code, height in heights.items():
        lookup[code] = height
    return msgspec.structs.replace(terrain, clutter=lookup[codes])


def table_of(*, path: Path) -> str:
    """Which table a raster's name begins with, as ESA and NGCC name their files. Raises ``GroundRefused``."""
    name = path.name.lower()
    found = {"esa_worldcover": "worldcover", "worldcover": "worldcover", "globeland30": "globeland30"}
    for start, table in found.items():
        if name.startswith(start):
            return table
    raise _refused(
        path,
        "看不出用哪张类别表：文件名请以 ESA_WorldCover 或 GlobeLand30 开头，或同目录放 heights.toml（类别 = 米）",
        "which table it follows cannot be told: begin its name with ESA_WorldCover or GlobeLand30, or put heights.toml "
        "beside it (class = height in metres)",
    )


def heights_in(*, path: Path) -> dict[int, float]:
    """A city's own table: lines ``code = height in metres``. Raises ``GroundRefused``."""
    try:
        return {int(code): float(height) for code, height in tomllib.loads(path.read_text("utf-8-sig")).items()}
    except (ValueError, TypeError) as error:
        raise _refused(
            path, f"应逐行写“类别 = 高度（米）”：{error}", f"write lines “class = metres”: {error}"
        ) from None


def _table(path: Path, table: str | Mapping[int, float]) -> Mapping[int, float]:
    heights = TABLES.get(table) if isinstance(table, str) else table
    if heights is None:
        raise _refused(path, f"没有名为 {table} 的表：{'、'.join(TABLES)}，或自带编码与高度",
                       f"there is no table {table}: {', '.join(TABLES)}, or your own codes and heights")  # fmt: skip
    wrong = {code: height for code, height in heights.items() if not 0.0 <= height <= TALLEST or not 0 <= code <= 65535}
    if wrong:
        raise _refused(path, f"高度应为 0–{TALLEST:g} 米：{wrong}", f"heights must be 0 to {TALLEST:g} m: {wrong}")
    return heights


def _codes(path: Path, terrain: Terrain) -> np.ndarray:
    """The commonest class of each terrain cell; 0 outside the raster."""
    import rasterio
    from rasterio.transform import from_origin
    from rasterio.vrt import WarpedVRT

    rows, columns = terrain.heights.shape
    half = terrain.step / 2.0
    try:
        with rasterio.open(path) as file:
            placed = file.crs is not None and is_global(crs=file.crs)
            if not placed or file.count != 1 or not np.issubdtype(np.dtype(file.dtypes[0]), np.integer):
                raise _refused(
                    path,
                    "土地覆盖应为单波段整数类别，坐标基准为 WGS-84 或 CGCS2000",
                    "land cover is one band of integer classes with a coordinate system on WGS-84 or CGCS2000",
                )
            with WarpedVRT(
                file, crs="EPSG:4326", width=columns, height=rows, resampling=rasterio.enums.Resampling.mode,
                transform=from_origin(terrain.west - half, terrain.north + half, terrain.step, terrain.step), nodata=0,
            ) as warped:  # fmt: skip
                codes = warped.read(1)
    except rasterio.errors.RasterioError as error:
        raise _refused(path, f"读不出：{error}", f"unreadable: {error}") from None
    if not codes.any():
        raise _refused(path, "与地形范围不重叠", "it does not overlap the terrain")
    return codes.astype(np.int64)


def _refused(path: Path, zh: str, en: str) -> GroundRefused:
    return GroundRefused(Problem(where=path.name, zh=zh, en=en))
