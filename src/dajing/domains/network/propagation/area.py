"""Area mode: median loss around one site on a regular grid, by radials walked outward and read back bilinearly."""

from __future__ import annotations

import math

import msgspec
import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from dajing.domains.network.propagation.geometry import EARTH
from dajing.domains.network.propagation.p1812 import OutsideTheModel
from dajing.domains.network.propagation.radial import walk

Raster = NDArray[np.float32]
F = np.float32
KM_PER_DEGREE = math.pi * EARTH / 180.0


class Terrain(msgspec.Struct, frozen=True, kw_only=True):
    """Heights (m above sea, WGS-84 longitude and latitude): ``heights[row, column]`` with row 0 in the north.

    ``west`` and ``north`` are the centre of the first cell, ``step`` its size in degrees; ``clutter`` has the same
    shape (m above ground). A void is NaN.
    """

    heights: Raster
    clutter: Raster
    west: float
    north: float
    step: float


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """A transmitter: position, antenna height above ground (m), frequency (GHz), polarisation."""

    longitude: float
    latitude: float
    height: float
    frequency_ghz: float
    vertical: bool = True


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """Median basic transmission loss (dB), ``loss[row, column]`` north up, cell ``cell_km``; NaN beyond the radius.

    The site is at the centre of the middle cell; x grows east and y south along the site's meridian and parallel.
    """

    loss: Raster
    cell_km: float


@njit(cache=True, fastmath=True, inline="always")
def _bilinear(grid: Raster, row: float, column: float) -> float:
    r0, c0 = int(row), int(column)
    fr, fc = F(row - r0), F(column - c0)
    top = grid[r0, c0] + fc * (grid[r0, c0 + 1] - grid[r0, c0])
    bottom = grid[r0 + 1, c0] + fc * (grid[r0 + 1, c0 + 1] - grid[r0 + 1, c0])
    return top + fr * (bottom - top)


@njit(cache=True, fastmath=True)
def profile(
    heights: Raster, clutter: Raster, row: float, column: float, per_km: float, tangent: float, cosine: float,
    sine_azimuth: float, cosine_azimuth: float, step: float, h: Raster, c: Raster,
) -> None:  # fmt: skip
    """Heights and clutter along a bearing from a grid position, second-order great circle; fills ``h`` and ``c``.

    ``per_km`` grid cells per km of latitude, ``tangent`` and ``cosine`` of the site's latitude.
    """
    for i in range(h.size):
        d = i * step
        north = d * cosine_azimuth - d * d * sine_azimuth * sine_azimuth * tangent / (2.0 * EARTH)
        east = d * sine_azimuth * (1.0 + d * cosine_azimuth * tangent / EARTH) / cosine
        h[i] = _bilinear(heights, row - north * per_km, column + east * per_km)
        c[i] = _bilinear(clutter, row - north * per_km, column + east * per_km)


@njit(cache=True, fastmath=True, parallel=True)
def _fan(
    heights: Raster, clutter: Raster, row: float, column: float, per_km: float, latitude: float, step: float,
    azimuths: int, rings: int, htg: float, hrg: float, ae: float, f: float, n0: float, vertical: bool, rw: Raster,
) -> Raster:  # fmt: skip
    """Loss on a fan of radials; a bearing that the inner rings do not need is walked but not evaluated there."""
    fan = np.empty((azimuths, rings), np.float32)
    tangent, cosine = math.tan(latitude), math.cos(latitude)
    levels = int(math.log2(azimuths // 8))
    for k in prange(azimuths):
        h = np.empty(rings, np.float32)
        c = np.empty(rings, np.float32)
        work = np.empty((7, rings), np.float32)
        azimuth = 2.0 * math.pi * k / azimuths
        profile(
            heights, clutter, row, column, per_km, tangent, cosine, math.sin(azimuth), math.cos(azimuth), step, h, c
        )
        zeros = 0
        while zeros < levels and (k >> zeros) & 1 == 0:
            zeros += 1
        first = 1 if zeros == levels else max(rings >> (zeros + 1), 1)
        walk(h, c, F(step), F(htg), F(hrg), F(ae), F(f), F(n0), vertical, first, rw, work, fan[k])
    return fan


@njit(cache=True, fastmath=True, inline="always")
def read_fan(fan: Raster, x: float, y: float, ring: float, levels: int) -> float:
    """Loss at ``ring`` rings from the site towards east ``x``, north ``y``; bilinear among evaluated bearings."""
    azimuths, rings = fan.shape
    r0 = min(max(int(ring), 1), rings - 2)
    fr = F(min(max(ring - r0, 0.0), 1.0))
    stride = 1
    level = 0
    while level < levels and r0 < (rings >> (level + 1)):
        stride *= 2
        level += 1
    turn = math.atan2(x, y) / (2.0 * math.pi)
    bearing = (turn + 1.0 if turn < 0.0 else turn) * azimuths / stride
    k0 = int(bearing)
    fk = F(bearing - k0)
    ka, kb = (k0 * stride) % azimuths, ((k0 + 1) * stride) % azimuths
    near = fan[ka, r0] + fk * (fan[kb, r0] - fan[ka, r0])
    far = fan[ka, r0 + 1] + fk * (fan[kb, r0 + 1] - fan[ka, r0 + 1])
    return near + fr * (far - near)


@njit(cache=True, fastmath=True, parallel=True)
def _raster(fan: Raster, cells: int, scale: float) -> Raster:
    """Read the fan back on a square of 2·cells+1 cells; bilinear in ring and bearing among evaluated bearings."""
    azimuths, rings = fan.shape
    out = np.full((2 * cells + 1, 2 * cells + 1), np.float32(np.nan))
    levels = int(math.log2(azimuths // 8))
    for j in prange(2 * cells + 1):
        for i in range(2 * cells + 1):
            x, y = i - cells, cells - j
            ring = math.sqrt(float(x * x + y * y)) * scale
            if ring <= rings - 1:
                out[j, i] = read_fan(fan, float(x), float(y), ring, levels)
    return out


def coverage(
    *,
    terrain: Terrain,
    site: Site,
    radius_km: float,
    cell_km: float = 0.1,
    receiver_height: float = 1.5,
    dn: float = 45.0,
    n0: float = 325.0,
) -> Coverage:
    """Median loss on every cell within ``radius_km`` of ``site``.

    ``dn`` (N-units/km) and ``n0`` (N-units) describe the atmosphere. Raises ``OutsideTheModel`` where the radius
    leaves the terrain, the terrain holds a void, or a value is outside P.1812-8's range.
    """
    fan = fan_around(
        terrain=terrain, site=site, radius_km=radius_km, step_km=cell_km, receiver_height=receiver_height, dn=dn, n0=n0
    )
    return Coverage(loss=_raster(fan, round(radius_km / cell_km), 1.0), cell_km=cell_km)


def fan_around(
    *,
    terrain: Terrain,
    site: Site,
    radius_km: float,
    step_km: float,
    receiver_height: float = 1.5,
    dn: float = 45.0,
    n0: float = 325.0,
) -> Raster:
    """Median loss ``fan[bearing, ring]`` (dB): bearings clockwise from north in equal parts, rings ``step_km`` apart.

    The number of bearings is a power of two; near the site only every 2nd, 4th ... is evaluated, as ``_raster`` reads.
    """
    row, column, per_km = place(terrain=terrain, site=site, radius_km=radius_km)
    cells = round(radius_km / step_km)
    rings = cells + 2
    azimuths = 1 << math.ceil(math.log2(2.0 * math.pi * cells))
    ae = EARTH * 157.0 / (157.0 - dn)
    rw = np.zeros(rings + 1, np.float32)
    rw[1:] = 1.0 / np.sqrt(np.arange(1, rings + 1))
    return _fan(
        terrain.heights, terrain.clutter, row, column, per_km, math.radians(site.latitude), step_km, azimuths, rings,
        site.height, receiver_height, ae, site.frequency_ghz, n0, site.vertical, rw,
    )  # fmt: skip


def place(*, terrain: Terrain, site: Site, radius_km: float) -> tuple[float, float, float]:
    """Row and column of the site, and cells per km of latitude; refuses what the terrain cannot answer."""
    if not 0.03 <= site.frequency_ghz <= 6.0 or not 1.0 <= site.height <= 3000.0:
        raise OutsideTheModel(f"site: {site.frequency_ghz:g} GHz, {site.height:g} m is outside P.1812-8")
    row = (terrain.north - site.latitude) / terrain.step
    column = (site.longitude - terrain.west) / terrain.step
    per_km = 1.0 / (KM_PER_DEGREE * terrain.step)
    reach = (radius_km + 1.0) * per_km
    wide = reach / math.cos(math.radians(site.latitude)) * 1.02
    rows, columns = terrain.heights.shape
    if row - reach < 0 or row + reach > rows - 2 or column - wide < 0 or column + wide > columns - 2:
        raise OutsideTheModel(f"{radius_km:g} km around {site.longitude:.4f}, {site.latitude:.4f} leaves the terrain")
    r0, r1 = int(row - reach), int(row + reach) + 2
    c0, c1 = int(column - wide), int(column + wide) + 2
    if not np.isfinite(terrain.heights[r0:r1, c0:c1]).all():
        raise OutsideTheModel("the terrain around the site holds a void; fill it first")
    return row, column, per_km
