"""Area mode on the city's own grid: the losses around all sites fall on the same cells, so that maps add up.

The fan of radials is read once, at the centres of the cells; nothing is resampled a second time.
"""

from __future__ import annotations

import math

import msgspec
import numpy as np
from numba import njit, prange

from dajing.domains.network.propagation import area
from dajing.domains.network.propagation.area import KM_PER_DEGREE, Raster, Site, Terrain, read_fan
from dajing.domains.network.propagation.geometry import EARTH
from dajing.domains.network.propagation.p1812 import OutsideTheModel


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A rectangle of cells of a grid: its first row and column, and its size."""

    row: int
    column: int
    rows: int
    columns: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """The rectangle as an index of an array over the whole grid."""
        return slice(self.row, self.row + self.rows), slice(self.column, self.column + self.columns)


class Grid(msgspec.Struct, frozen=True, kw_only=True):
    """Cells in WGS-84 longitude and latitude: ``west`` and ``north`` are outer edges, ``dx`` and ``dy`` cell sizes (°).

    Row 0 is the northernmost.
    """

    west: float
    north: float
    dx: float
    dy: float
    columns: int
    rows: int

    def window(self, *, longitude: float, latitude: float, radius_km: float) -> Window:
        """The cells within ``radius_km`` north, south, east and west of a point, cut to the grid; may be empty."""
        high = radius_km / KM_PER_DEGREE
        wide = high / math.cos(math.radians(min(abs(latitude) + high, 89.0)))
        r0 = max(math.floor((self.north - latitude - high) / self.dy), 0)
        r1 = min(math.ceil((self.north - latitude + high) / self.dy), self.rows)
        c0 = max(math.floor((longitude - wide - self.west) / self.dx), 0)
        c1 = min(math.ceil((longitude + wide - self.west) / self.dx), self.columns)
        return Window(row=r0, column=c0, rows=max(r1 - r0, 0), columns=max(c1 - c0, 0))

    def cell(self, *, longitude: float, latitude: float) -> tuple[int, int] | None:
        """Row and column of the cell that holds a point, None outside."""
        row = math.floor((self.north - latitude) / self.dy)
        column = math.floor((longitude - self.west) / self.dx)
        return (row, column) if 0 <= row < self.rows and 0 <= column < self.columns else None


class Patch(msgspec.Struct, frozen=True, kw_only=True):
    """Median basic transmission loss (dB) on the cells of ``window``; NaN beyond the radius."""

    window: Window
    loss: Raster


def city_grid(*, west: float, south: float, east: float, north: float, cell_m: float = 100.0) -> Grid:
    """Cells about ``cell_m`` wide and high at the middle latitude, covering the box.

    Raises ``OutsideTheModel`` for a box that is empty, beyond the globe or of more than 200 million cells.
    """
    if not (-180.0 <= west < east <= 180.0 and -85.0 <= south < north <= 85.0 and cell_m > 0.0):
        raise OutsideTheModel(f"no such box: {west:g} to {east:g} E, {south:g} to {north:g} N in cells of {cell_m:g} m")
    dy = cell_m / 1000.0 / KM_PER_DEGREE
    dx = dy / math.cos(math.radians((south + north) / 2.0))
    columns, rows = math.ceil((east - west) / dx), math.ceil((north - south) / dy)
    if columns * rows > 200_000_000:
        raise OutsideTheModel(f"{columns} x {rows} cells are too many; take larger cells or a smaller box")
    return Grid(west=west, north=north, dx=dx, dy=dy, columns=columns, rows=rows)


@njit(cache=True, fastmath=True, inline="always")
def offset_km(east: float, north: float, tangent: float) -> tuple[float, float]:
    """Great-circle east and north (km) of a point at ``east``, ``north`` along the site's parallel and meridian.

    The second-order inverse of the way ``area.profile`` walks; ``tangent`` of the site's latitude.
    """
    return east * (1.0 - north * tangent / EARTH), north + east * east * tangent / (2.0 * EARTH)


@njit(cache=True, fastmath=True, parallel=True)
def _read(
    fan: Raster, rows: int, columns: int, north: float, west: float, dy: float, dx: float, tangent: float,
    per_ring: float, reach: float,
) -> Raster:  # fmt: skip
    """The fan at cell centres; ``north``, ``west`` of the first centre from the site, ``dy``, ``dx`` in km."""
    out = np.full((rows, columns), np.float32(np.nan))
    levels = int(math.log2(fan.shape[0] // 8))
    for j in prange(rows):
        for i in range(columns):
            x, y = offset_km(west + i * dx, north - j * dy, tangent)
            distance = math.sqrt(x * x + y * y)
            if distance <= reach:
                out[j, i] = read_fan(fan, x, y, distance * per_ring, levels)
    return out


def on_grid(
    *,
    terrain: Terrain,
    site: Site,
    grid: Grid,
    radius_km: float,
    step_km: float = 0.1,
    receiver_height: float = 1.5,
    dn: float = 45.0,
    n0: float = 325.0,
) -> Patch:
    """Median P.1812-8 loss on every cell of ``grid`` whose centre is within ``radius_km`` of ``site``.

    ``step_km`` is the distance between rings. Raises ``OutsideTheModel`` as ``area.coverage`` does.
    """
    fan = area.fan_around(
        terrain=terrain, site=site, radius_km=radius_km, step_km=step_km, receiver_height=receiver_height, dn=dn, n0=n0
    )
    window = grid.window(longitude=site.longitude, latitude=site.latitude, radius_km=radius_km)
    north, west, dy, dx = centres_km(grid=grid, window=window, longitude=site.longitude, latitude=site.latitude)
    tangent = math.tan(math.radians(site.latitude))
    return Patch(
        window=window,
        loss=_read(fan, window.rows, window.columns, north, west, dy, dx, tangent, 1.0 / step_km, radius_km),
    )


def centres_km(*, grid: Grid, window: Window, longitude: float, latitude: float) -> tuple[float, float, float, float]:
    """North and east (km) of the window's first cell centre from a point, and the cells' height and width (km)."""
    wide = KM_PER_DEGREE * math.cos(math.radians(latitude))
    north = (grid.north - (window.row + 0.5) * grid.dy - latitude) * KM_PER_DEGREE
    east = (grid.west + (window.column + 0.5) * grid.dx - longitude) * wide
    return north, east, grid.dy * KM_PER_DEGREE, grid.dx * wide
