"""Median path loss from one antenna to the demand points around it, and its compact form."""

from __future__ import annotations

import hashlib
import math
import zlib

import msgspec
import numpy as np
from numpy.typing import NDArray

from dajing.domains.network.standards import Model

KM_PER_DEGREE = math.pi * 6371.0 / 180.0
VERSION = "p1812-8-area/1"  # changes whenever a loss can change
Floats = NDArray[np.float64]
Numbers = NDArray[np.int32]


class Station(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Antennas that share one loss: same place, height, frequency (MHz); ``receiver_m`` is the other end's height."""

    longitude: float
    latitude: float
    height_m: float
    frequency_mhz: float
    vertical: bool
    radius_km: float
    receiver_m: float

    def key(self, *, terrain: str, points: str, model: Model) -> str:
        """Digest of everything that the loss depends on."""
        parts = (VERSION, self, terrain, points, model.cell_km, model.dn, model.n0)
        return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


class Losses(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Loss in dB at the points ``numbers``; all others are beyond the radius."""

    numbers: Numbers
    loss: Floats

    def pack(self) -> bytes:
        """Numbers as int32, then loss in 0.1 dB as int16, compressed; 0.1 dB is a tenth of the raster's own error."""
        tenths = np.clip(np.round(self.loss * 10.0), 0, 32767).astype("<i2")
        return zlib.compress(self.numbers.astype("<i4").tobytes() + tenths.tobytes(), 1)


def unpack(*, body: bytes, points: int) -> Losses:
    """What ``pack`` made of ``points`` values."""
    raw = zlib.decompress(body)
    numbers = np.frombuffer(raw, "<i4", count=points).astype(np.int32)
    return Losses(numbers=numbers, loss=np.frombuffer(raw, "<i2", offset=4 * points).astype(np.float64) / 10.0)


def around(*, station: Station, longitude: Floats, latitude: Floats) -> tuple[Numbers, Floats, Floats]:
    """Points within the station's radius, and how far east and north of it they lie (km)."""
    east = (longitude - station.longitude) * KM_PER_DEGREE * np.cos(np.radians((latitude + station.latitude) / 2))
    north = (latitude - station.latitude) * KM_PER_DEGREE
    near = np.flatnonzero(east * east + north * north <= station.radius_km**2)
    return near.astype(np.int32), east[near], north[near]


def compute(*, station: Station, longitude: Floats, latitude: Floats, terrain: object, model: Model) -> Losses:
    """The losses by P.1812-8 in area mode, bilinear between cells. Raises ``OutsideTheModel``.

    ``terrain`` is ``propagation.area.Terrain``; the import waits until something is computed, because it brings numba.
    """
    from dajing.domains.network.propagation import area

    assert isinstance(terrain, area.Terrain)  # noqa: S101 - for the type checker
    numbers, east, north = around(station=station, longitude=longitude, latitude=latitude)
    if not numbers.size:
        return Losses(numbers=numbers, loss=np.empty(0))
    site = area.Site(
        longitude=station.longitude, latitude=station.latitude, height=station.height_m,
        frequency_ghz=station.frequency_mhz / 1000.0, vertical=station.vertical,
    )  # fmt: skip
    cell = model.cell_km * (4.0 if station.radius_km > 2.5 * model.radius_km else 1.0)
    made = area.coverage(
        terrain=terrain, site=site, radius_km=station.radius_km, cell_km=cell, receiver_height=station.receiver_m,
        dn=model.dn, n0=model.n0,
    )  # fmt: skip
    loss = _bilinear(made.loss, east / cell, north / cell)
    sound = np.isfinite(loss)
    return Losses(numbers=numbers[sound], loss=loss[sound])


def _bilinear(raster: NDArray[np.float32], east: Floats, north: Floats) -> Floats:
    """Values between cell centres; at the rim, where a neighbour is missing, the nearest cell's."""
    centre = raster.shape[0] // 2
    row, column = centre - north, centre + east
    r0 = np.clip(np.floor(row).astype(int), 0, raster.shape[0] - 2)
    c0 = np.clip(np.floor(column).astype(int), 0, raster.shape[1] - 2)
    fr, fc = row - r0, column - c0
    top = raster[r0, c0] * (1 - fc) + raster[r0, c0 + 1] * fc
    bottom = raster[r0 + 1, c0] * (1 - fc) + raster[r0 + 1, c0 + 1] * fc
    value = top * (1 - fr) + bottom * fr
    nearest = raster[
        np.clip(np.rint(row).astype(int), 0, raster.shape[0] - 1),
        np.clip(np.rint(column).astype(int), 0, raster.shape[1] - 1),
    ]
    return np.where(np.isfinite(value), value, nearest).astype(np.float64)
