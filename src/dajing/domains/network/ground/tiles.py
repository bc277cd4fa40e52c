"""Elevation files: SRTM ``.hgt`` and GeoTIFF (COG), read as metres above the sea or refused with the cure.

Horizontal places are WGS-84 (CGCS2000 agrees within centimetres). Voids become NaN. A file whose heights are above the
ellipsoid, or whose unit, place or size is in doubt, is not guessed at.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

Raster = NDArray[np.float32]
Undulation = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]
VOID = -32768
LOWEST, HIGHEST = -450.0, 8900.0  # the shore of the Dead Sea and the summit of the Everest, rounded outwards
METRES = {"m": 1.0, "metre": 1.0, "meter": 1.0, "metres": 1.0, "meters": 1.0, "米": 1.0,
          "ft": 0.3048, "foot": 0.3048, "feet": 0.3048, "international foot": 0.3048, "英尺": 0.3048,
          "us-ft": 1200 / 3937, "us survey foot": 1200 / 3937, "us_survey_foot": 1200 / 3937}  # fmt: skip


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong, or only worth knowing, with a file: where, what in both languages, and what to do."""

    where: str
    zh: str
    en: str


class GroundRefused(ValueError):
    """A file that cannot be used as it is; ``problem`` says why and the cure in both languages."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.where}: {problem.en}")
        self.problem = problem


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """Heights (m above sea, NaN void) of cells whose first centre is ``west``, ``north``; ``dx``, ``dy`` in degrees.

    ``notes`` tell what was converted on the way.
    """

    name: str
    heights: Raster
    west: float
    north: float
    dx: float
    dy: float
    notes: tuple[Problem, ...] = ()


def read_hgt(*, path: Path) -> Tile:
    """An SRTM tile named by its south-west corner (``N40E114.hgt``, also zipped); 1 or 3 arc-seconds."""
    place = re.search(r"([NS])(\d{2})([EW])(\d{3})", path.name.upper())
    if place is None:
        raise _refused(path, "文件名应为其西南角，如 N40E114.hgt", "name it by its south-west corner, as N40E114.hgt")
    content = _unzipped(path) if path.suffix.lower() == ".zip" else path.read_bytes()
    side = {2 * n * n: n for n in (1201, 3601)}.get(len(content))
    if side is None:
        raise _refused(
            path, f"{len(content)} 字节，不是 1201² 或 3601² 个高程：下载不完整，请重新下载",
            f"{len(content)} bytes are not 1201² or 3601² heights: the download is incomplete, fetch it again",
        )  # fmt: skip
    raw = np.frombuffer(content, ">i2").reshape(side, side)
    south = int(place[2]) * (1 if place[1] == "N" else -1)
    west = int(place[4]) * (1 if place[3] == "E" else -1)
    step = 1.0 / (side - 1)
    heights = np.where(raw == VOID, np.float32(np.nan), raw.astype(np.float32))
    _plausible(path, heights)
    return Tile(name=path.name, heights=heights, west=float(west), north=south + 1.0, dx=step, dy=step)


def read_geotiff(
    *, path: Path, unit: str | None = None, undulation: Undulation | None = None, largest: int = 400_000_000
) -> Tile:
    """An elevation GeoTIFF in any projection, warped to longitude and latitude where it is in another.

    ``unit`` says the unit of heights when the file does not (default metres). ``undulation(longitudes, latitudes)``
    gives the geoid's height above the ellipsoid (m) and allows ellipsoidal heights. Raises ``GroundRefused``.
    """
    import rasterio
    from rasterio.vrt import WarpedVRT

    try:
        with rasterio.open(path) as file:
            ellipsoidal = _placed(path, file)
            if file.crs.is_geographic:
                return _tile(path, file, unit, undulation, ellipsoidal, largest)
            with WarpedVRT(file, crs="EPSG:4326", resampling=rasterio.enums.Resampling.bilinear) as warped:
                return _tile(path, warped, unit, undulation, ellipsoidal, largest)
    except rasterio.errors.RasterioError as error:
        raise _refused(
            path, f"读不出：{error}；请重新导出为 GeoTIFF", f"unreadable: {error}; export it again as GeoTIFF"
        ) from None


def is_global(*, crs: Any) -> bool:
    """Whether ``crs`` stands on WGS-84 or CGCS2000, which differ by centimetres.

    Older national datums lie up to about 100 m off, and without a region's parameters PROJ takes the shift for zero.
    """
    wkt = crs.to_wkt().lower()
    return any(name in wkt for name in ("wgs_1984", "wgs 84", "wgs84", "china_2000"))


def _placed(path: Path, file: Any) -> bool:
    """Whether heights are above the ellipsoid; refuses a file without a place or with several bands."""
    if file.count != 1:
        raise _refused(path, f"有 {file.count} 个波段，高程应只有一个", f"{file.count} bands; heights are one band")
    if file.crs is None:
        raise _refused(
            path, "没有坐标系：用 gdal_edit.py -a_srs EPSG:4326 写入其真实坐标系",
            "no coordinate system: write its true one with gdal_edit.py -a_srs EPSG:4326",
        )  # fmt: skip
    if not is_global(crs=file.crs):
        raise _refused(
            path, f"坐标基准是 {file.crs}，与 WGS-84 相差可达百米：先按本地区转换参数重投影为 EPSG:4326 或 EPSG:4490",
            f"its datum is {file.crs}, up to 100 m from WGS-84: first reproject it to EPSG:4326 or EPSG:4490 with "
            "the region's parameters",
        )  # fmt: skip
    wkt = file.crs.to_wkt().lower()
    return file.crs.to_epsg() == 4979 or ("vert" in wkt and "ellipsoid" in wkt.split("vert", 1)[1])


def _tile(
    path: Path, file: Any, unit: str | None, undulation: Undulation | None, ellipsoidal: bool, largest: int
) -> Tile:
    if file.width * file.height > largest:
        raise _refused(path, "过大：先用 gdalwarp -te 裁到城市范围", "too large: cut it to the city with gdalwarp -te")
    if file.transform.b or file.transform.d or file.transform.e > 0 or file.width < 2 or file.height < 2:
        raise _refused(
            path, "旋转或倒置的栅格：用 gdalwarp 转为北向上", "a rotated raster: make it north-up with gdalwarp"
        )
    band = file.read(1, masked=True)
    heights = np.ma.filled(band.astype(np.float32) * file.scales[0] + file.offsets[0], np.nan).astype(np.float32)
    heights[heights == VOID] = np.nan
    notes: list[Problem] = []
    told = (unit or file.units[0] or "m").strip().lower()
    if told not in METRES:
        raise _refused(path, f"高程单位“{told}”不认识：写明 m 或 ft", f"heights in “{told}”: say m or ft")
    if METRES[told] != 1.0:
        heights *= np.float32(METRES[told])
        notes.append(
            Problem(where=path.name, zh="高程原为英尺，已换算为米", en="heights were in feet and are now metres")
        )
    west, north = file.transform.c + file.transform.a / 2.0, file.transform.f + file.transform.e / 2.0
    if not (-180.0 <= west <= 180.0 and -90.0 <= north <= 90.0):
        raise _refused(path, "经纬度超出地球：坐标系写错", "beyond the globe: its coordinate system is wrong")
    tile = Tile(
        name=path.name, heights=heights, west=west, north=north, dx=file.transform.a, dy=-file.transform.e,
        notes=tuple(notes),
    )  # fmt: skip
    tile = _above_the_sea(path, tile, undulation) if ellipsoidal else tile
    _plausible(path, tile.heights)
    return tile


def _above_the_sea(path: Path, tile: Tile, undulation: Undulation | None) -> Tile:
    if undulation is None:
        raise _refused(
            path, "高程是相对椭球面的，与海拔相差数十米：换用海拔（如 EGM2008）数据，或给出大地水准面差距",
            "heights are above the ellipsoid, tens of metres from the sea: use heights above the geoid (as EGM2008), "
            "or give the geoid's undulation",
        )  # fmt: skip
    rows, columns = tile.heights.shape
    lon, lat = np.meshgrid(tile.west + np.arange(columns) * tile.dx, tile.north - np.arange(rows) * tile.dy)
    note = Problem(
        where=path.name, zh="椭球高已减去大地水准面差距", en="ellipsoidal heights less the geoid's undulation"
    )
    return msgspec.structs.replace(
        tile, heights=(tile.heights - undulation(lon, lat)).astype(np.float32), notes=(*tile.notes, note)
    )


def _plausible(path: Path, heights: Raster) -> None:
    """Refuses heights that no place on earth has: a wrong unit, byte order, or void value."""
    if not np.isfinite(heights).any():
        raise _refused(path, "全是空值", "nothing but voids")
    low, high = float(np.nanmin(heights)), float(np.nanmax(heights))
    if low < LOWEST or high > HIGHEST:
        raise _refused(
            path, f"高程从 {low:g} 到 {high:g} 米，地球上没有：核对单位（英尺？）、字节序和空值",
            f"heights from {low:g} to {high:g} m are nowhere on earth: check unit (feet?), byte order and void value",
        )  # fmt: skip


def _unzipped(path: Path) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info for info in archive.infolist() if info.filename.lower().endswith(".hgt")]
            if len(names) != 1 or names[0].file_size > 2 * 3601 * 3601:
                raise _refused(path, "压缩包里应有且只有一个 .hgt", "the archive must hold one .hgt and no more")
            return archive.read(names[0])
    except (zipfile.BadZipFile, EOFError) as error:
        raise _refused(
            path, f"压缩包损坏（{error}），请重新下载", f"a broken archive ({error}), fetch it again"
        ) from None


def _refused(path: Path, zh: str, en: str) -> GroundRefused:
    return GroundRefused(Problem(where=path.name, zh=zh, en=en))
