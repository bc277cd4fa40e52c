"""Who serves each cell of the city, how strongly, and against what interference; one carrier at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import msgspec
import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from dajing.domains.network.ground.files import heights_at
from dajing.domains.network.propagation.area import Raster, Terrain
from dajing.domains.network.propagation.geometry import EARTH
from dajing.domains.network.propagation.gridded import Grid, Patch, centres_km, offset_km
from dajing.domains.network.radio.antenna import Cut, attenuation, turned
from dajing.domains.network.radio.budget import Carrier, Mast, Sector, element_power_dbm, sinr, throughput_mbps

Losses = Callable[[Mast, Sector], Patch | None]


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """Per cell: RSRP of the strongest sector (dBm, NaN where none), its place in ``sectors`` (-1 none), SINR (dB)."""

    grid: Grid
    carrier: Carrier
    sectors: tuple[str, ...]
    rsrp: Raster
    server: NDArray[np.int32]
    sinr: Raster

    def throughput_mbps(self, *, share: float = 1.0) -> Raster:
        """Downlink throughput (Mbit/s) with ``share`` of the resource blocks; NaN where nothing serves."""
        return throughput_mbps(sinr_db=self.sinr, carrier=self.carrier, share=share).astype(np.float32)


def ground_on_grid(*, terrain: Terrain, grid: Grid) -> Raster:
    """Ground height (m above sea) at the centre of every cell; NaN outside the terrain."""
    latitudes = grid.north - (np.arange(grid.rows) + 0.5) * grid.dy
    longitudes = grid.west + (np.arange(grid.columns) + 0.5) * grid.dx
    return heights_at(terrain=terrain, latitudes=latitudes, longitudes=longitudes)


@njit(cache=True, parallel=True)
def _level(
    loss: Raster, ground: Raster, north: float, west: float, dy: float, dx: float, tangent: float, antenna_m: float,
    receiver: float, horizontal: Cut, vertical: Cut, floor: float, turn: tuple[float, float, float, float],
    power: float,
) -> Raster:  # fmt: skip
    """Received level (dBm) on a window: power and gain less attenuation towards the cell less path loss."""
    rows, columns = loss.shape
    out = np.full((rows, columns), np.float32(np.nan))
    for j in prange(rows):
        for i in range(columns):
            if math.isnan(loss[j, i]):
                continue
            x, y = offset_km(west + i * dx, north - j * dy, tangent)
            rise = (ground[j, i] + receiver - antenna_m) / 1e3 - (x * x + y * y) / (2.0 * EARTH * 4.0 / 3.0)
            away = attenuation(horizontal, vertical, floor, turn, x, y, rise)
            out[j, i] = power - away - loss[j, i]
    return out


@njit(cache=True, parallel=True)
def _join(
    level: Raster, number: int, load: float, best: Raster, server: NDArray[np.int32], total: Cut, own: Raster
) -> None:
    """Add one sector's level to the window of the city's maps."""
    for j in prange(level.shape[0]):
        for i in range(level.shape[1]):
            here = level[j, i]
            if math.isnan(here):
                continue
            total[j, i] += load * 10.0 ** (here / 10.0)
            if server[j, i] < 0 or here > best[j, i]:
                best[j, i], server[j, i], own[j, i] = here, number, load


def level_on_window(
    *,
    mast: Mast,
    sector: Sector,
    patch: Patch,
    grid: Grid,
    terrain: Terrain,
    ground: Raster,
    receiver_height: float = 1.5,
) -> Raster:
    """RSRP (dBm) of one sector on the cells of its loss patch; ``ground`` from ``ground_on_grid``."""
    north, west, dy, dx = centres_km(grid=grid, window=patch.window, longitude=mast.longitude, latitude=mast.latitude)
    foot = heights_at(terrain=terrain, latitudes=np.array([mast.latitude]), longitudes=np.array([mast.longitude]))[0, 0]
    antenna = sector.antenna
    return _level(
        patch.loss, np.ascontiguousarray(ground[patch.window.slices]), north, west, dy, dx,
        math.tan(math.radians(mast.latitude)), float(foot) + mast.height, receiver_height, antenna.horizontal,
        antenna.vertical, antenna.floor_db, turned(azimuth=sector.azimuth, tilt=sector.tilt),
        element_power_dbm(sector=sector) + antenna.gain_dbi,
    )  # fmt: skip


def serve(
    *,
    masts: Iterable[Mast],
    carrier: Carrier,
    losses: Losses,
    grid: Grid,
    terrain: Terrain,
    receiver_height: float = 1.5,
    noise_figure_db: float = 9.0,
    ground: Raster | None = None,
) -> Served:
    """Best server, RSRP and SINR of all sectors on ``carrier``'s band; other bands are left out.

    ``losses`` answers the stored loss of a mast and sector, None where there is none. Only one loss patch is held at a
    time; the maps take 24 bytes a cell. A cell's interference is load × level of all but its server.
    """
    heights = ground_on_grid(terrain=terrain, grid=grid) if ground is None else ground
    shape = (grid.rows, grid.columns)
    best, own = np.full(shape, np.float32(np.nan)), np.zeros(shape, np.float32)
    server, total = np.full(shape, np.int32(-1)), np.zeros(shape)
    names: list[str] = []
    for mast in masts:
        for sector in mast.sectors:
            patch = losses(mast, sector) if sector.carrier.band == carrier.band else None
            if patch is None:
                continue
            level = level_on_window(
                mast=mast, sector=sector, patch=patch, grid=grid, terrain=terrain, ground=heights,
                receiver_height=receiver_height,
            )  # fmt: skip
            cut = patch.window.slices
            _join(level, len(names), sector.load, best[cut], server[cut], total[cut], own[cut])
            names.append(sector.id)
    others = np.maximum(total - own * 10.0 ** (best.astype(float) / 10.0), 0.0)
    ratio = sinr(serving_dbm=best, others_mw=others, carrier=carrier, noise_figure_db=noise_figure_db)
    return Served(
        grid=grid, carrier=carrier, sectors=tuple(names), rsrp=best, server=server, sinr=ratio.astype(np.float32)
    )
