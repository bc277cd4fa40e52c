"""Antennas: attenuation by direction, turned and tilted; the sector of 3GPP TR 38.901 and any pair of measured cuts."""

from __future__ import annotations

import math

import msgspec
import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

Cut = NDArray[np.float64]


class AntennaRefused(ValueError):
    """The antenna's description cannot be used; the message names what and the cure."""


class Antenna(msgspec.Struct, frozen=True, kw_only=True):
    """Attenuation below the maximum gain, in dB >= 0.

    ``horizontal[i]`` at ``i`` degrees clockwise from the main beam (360 values); ``vertical[t]`` in the plane of the
    main beam at zenith angle ``t`` degrees (181 values: 0 up, 90 level, 180 down), electrical tilt included. The sum of
    both is capped at ``floor_db``.
    """

    name: str
    gain_dbi: float
    horizontal: Cut
    vertical: Cut
    floor_db: float

    def __post_init__(self) -> None:
        for name, cut, size in (("horizontal", self.horizontal, 360), ("vertical", self.vertical, 181)):
            if cut.shape != (size,) or not np.isfinite(cut).all() or (cut < 0.0).any():
                raise AntennaRefused(f"{self.name}: the {name} cut must be {size} attenuations of 0 dB or more")
        if not -10.0 <= self.gain_dbi <= 60.0:
            raise AntennaRefused(f"{self.name}: {self.gain_dbi:g} dBi is no antenna gain; -10 to 60 dBi")


def tr38901_antenna(
    *,
    gain_dbi: float = 8.0,
    beamwidth: float = 65.0,
    vertical_beamwidth: float = 65.0,
    electrical_tilt: float = 0.0,
    side_lobes_db: float = 30.0,
    front_to_back_db: float = 30.0,
    name: str = "3GPP TR 38.901 Table 7.3-1",
) -> Antenna:
    """The parabolic sector pattern of 3GPP TR 38.901 Table 7.3-1; the defaults are its single element.

    ``beamwidth`` and ``vertical_beamwidth`` are half-power widths in degrees; ``electrical_tilt`` degrees below level
    shifts the vertical cut. A macro sector of several elements in a column is described by its own widths and gain.
    """
    if not (1.0 <= beamwidth <= 360.0 and 1.0 <= vertical_beamwidth <= 180.0):
        raise AntennaRefused(f"{name}: beamwidths of {beamwidth:g} by {vertical_beamwidth:g} degrees; 1 to 360 by 180")
    phi = (np.arange(360.0) + 180.0) % 360.0 - 180.0
    theta = np.arange(181.0)
    return Antenna(
        name=name,
        gain_dbi=gain_dbi,
        horizontal=np.minimum(12.0 * (phi / beamwidth) ** 2, front_to_back_db),
        vertical=np.minimum(12.0 * ((theta - 90.0 - electrical_tilt) / vertical_beamwidth) ** 2, side_lobes_db),
        floor_db=front_to_back_db,
    )


def omni(*, gain_dbi: float, vertical_beamwidth: float | None = None, name: str = "omni") -> Antenna:
    """The same in all bearings; a vertical half-power width in degrees makes it a collinear, none an isotropic one."""
    theta = np.arange(181.0) - 90.0
    vertical = np.zeros(181) if vertical_beamwidth is None else np.minimum(12.0 * (theta / vertical_beamwidth) ** 2, 30)
    return Antenna(name=name, gain_dbi=gain_dbi, horizontal=np.zeros(360), vertical=vertical, floor_db=30.0)


@njit(cache=True)
def attenuation(
    horizontal: Cut, vertical: Cut, floor: float, turn: tuple[float, float, float, float], east: float, north: float,
    up: float,
) -> float:  # fmt: skip
    """Attenuation (dB) towards a point ``east``, ``north`` and ``up`` of the antenna, all in one unit.

    ``turn`` holds cosine and sine of the azimuth and of the mechanical downtilt. The direction is turned into the
    antenna's own frame, as TR 38.901 §7.1.3 does.
    """
    forward = north * turn[0] + east * turn[1]
    right = east * turn[0] - north * turn[1]
    ahead = forward * turn[2] - up * turn[3]
    above = forward * turn[3] + up * turn[2]
    away = math.sqrt(ahead * ahead + right * right + above * above)
    phi = math.degrees(math.atan2(right, ahead))
    theta = math.degrees(math.acos(min(max(above / max(away, 1e-12), -1.0), 1.0)))
    phi = phi + 360.0 if phi < 0.0 else phi
    i, j = int(phi), min(int(theta), 179)
    side = horizontal[i % 360] + (phi - i) * (horizontal[(i + 1) % 360] - horizontal[i % 360])
    height = vertical[j] + (theta - j) * (vertical[j + 1] - vertical[j])
    return min(side + height, floor)


def turned(*, azimuth: float, tilt: float) -> tuple[float, float, float, float]:
    """Cosine and sine of azimuth and tilt (degrees), as ``attenuation`` takes them."""
    a, t = math.radians(azimuth), math.radians(tilt)
    return math.cos(a), math.sin(a), math.cos(t), math.sin(t)


@njit(cache=True)
def _attenuations(
    horizontal: Cut, vertical: Cut, floor: float, turn: tuple[float, float, float, float], bearing: Cut, elevation: Cut
) -> Cut:
    out = np.empty(bearing.size)
    for i in range(bearing.size):
        level = math.cos(elevation[i])
        east, north = level * math.sin(bearing[i]), level * math.cos(bearing[i])
        out[i] = attenuation(horizontal, vertical, floor, turn, east, north, math.sin(elevation[i]))
    return out


def gain(
    *, antenna: Antenna, azimuth: float, tilt: float, bearing: ArrayLike, elevation: ArrayLike
) -> NDArray[np.float64]:
    """Gain (dBi) towards each bearing and elevation.

    All angles in degrees: ``azimuth`` and ``bearing`` clockwise from north, ``tilt`` mechanical and positive downwards,
    ``elevation`` positive upwards as seen from the antenna. ``bearing`` and ``elevation`` broadcast.
    """
    b, e = np.broadcast_arrays(np.radians(np.asarray(bearing, float)), np.radians(np.asarray(elevation, float)))
    loss = _attenuations(
        antenna.horizontal, antenna.vertical, antenna.floor_db, turned(azimuth=azimuth, tilt=tilt),
        np.ascontiguousarray(b).ravel(), np.ascontiguousarray(e).ravel(),
    )  # fmt: skip
    return antenna.gain_dbi - loss.reshape(b.shape)
