"""How far area mode is from the exact model: on the same profile, and pixel by pixel on a raster."""

from __future__ import annotations

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

from dajing.domains.network.propagation import area, p1812
from dajing.domains.network.propagation.geometry import INLAND


class RasterError(msgspec.Struct, frozen=True, kw_only=True):
    """Area mode against exact pixels: mean absolute error, bias (dB), share of pixels (%) crossing ``threshold``."""

    mean_absolute: float
    bias: float
    flips_percent: float
    pixels: int


def exact_loss(
    *, heights: NDArray[np.float64], clutter: NDArray[np.float64], step_km: float, site: area.Site, receiver: float
) -> float:
    """Exact median loss (dB) over an equally spaced profile, with the area mode's default atmosphere."""
    d = (np.arange(heights.size) * step_km).astype(np.float64)
    path = p1812.Path(
        d=d, h=heights, clutter=clutter, zone=np.full(d.size, INLAND), htg=site.height, hrg=receiver,
        lat_t=site.latitude, lon_t=site.longitude, lat_r=site.latitude, lon_r=site.longitude + 0.1,
    )  # fmt: skip
    result = p1812.transmission_loss(
        path=path,
        climate=p1812.Climate(dn=45.0, n0=325.0),
        frequency_ghz=site.frequency_ghz,
        time_percent=50.0,
        polarisation="vertical" if site.vertical else "horizontal",
    )
    return result.lb


def sample_profile(
    *, terrain: area.Terrain, site: area.Site, azimuth: float, length_km: float, points: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Heights and clutter (m) at ``points`` equal steps along a bearing (radians from north)."""
    row, column, per_km = area.place(terrain=terrain, site=site, radius_km=length_km)
    h, c = np.empty(points, np.float32), np.empty(points, np.float32)
    latitude = math.radians(site.latitude)
    area.profile(
        terrain.heights, terrain.clutter, row, column, per_km, math.tan(latitude), math.cos(latitude),
        math.sin(azimuth), math.cos(azimuth), length_km / (points - 1), h, c,
    )  # fmt: skip
    return h, c


def raster_error(
    *,
    terrain: area.Terrain,
    site: area.Site,
    coverage: area.Coverage,
    threshold: float = 140.0,
    pixels: int = 400,
    seed: int = 3,
    receiver: float = 1.5,
) -> RasterError:
    """Compare random pixels of ``coverage`` with the exact model on each pixel's own profile."""
    generator = np.random.default_rng(seed)
    centre = coverage.loss.shape[0] // 2
    errors: list[float] = []
    flips = 0
    while len(errors) < pixels:
        x, y = (int(v) for v in generator.integers(-centre, centre + 1, 2))
        cells = math.hypot(x, y)
        if not 10 <= cells <= centre:
            continue
        points = math.ceil(cells) + 1
        length = cells * coverage.cell_km
        azimuth = math.atan2(x, y)
        h, c = sample_profile(terrain=terrain, site=site, azimuth=azimuth, length_km=length, points=points)
        step = length / (points - 1)
        exact = exact_loss(heights=h.astype(float), clutter=c.astype(float), step_km=step, site=site, receiver=receiver)
        value = float(coverage.loss[centre - y, centre + x])
        errors.append(value - exact)
        flips += (value > threshold) != (exact > threshold)
    array = np.array(errors)
    return RasterError(
        mean_absolute=float(np.abs(array).mean()),
        bias=float(array.mean()),
        flips_percent=100.0 * flips / pixels,
        pixels=pixels,
    )
