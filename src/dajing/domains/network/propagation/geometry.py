"""Path geometry: ITU-R P.1812-8 Attachment 1. Distances km, heights m above sea, angles mrad."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dajing.domains.network.propagation.diffraction import LIGHT

Array = NDArray[np.float64]
EARTH = 6371.0
SEA_ZONE, COAST, INLAND = 1, 3, 4


class Horizon(NamedTuple):
    """Horizon distances (km) and elevation angles (mrad) of both ends, and the path's angular distance (mrad)."""

    dlt: float
    dlr: float
    theta_t: float
    theta_r: float
    theta: float
    line_of_sight: bool


class SmoothEarth(NamedTuple):
    """Least-squares smooth surface at both ends, its forms for diffraction and ducting, and terrain roughness (m)."""

    hst: float
    hsr: float
    hstd: float
    hsrd: float
    hst_duct: float
    hsr_duct: float
    hm: float


@njit(cache=True)
def _elevation(rise: float, distance: float, ae: float) -> float:
    """Elevation angle (mrad) of a point ``rise`` m higher at ``distance`` km over the effective earth; eq. (77)."""
    return 1e3 * math.atan(rise / (1e3 * distance) - distance / (2.0 * ae))


@njit(cache=True)
def horizon(d: Array, h: Array, hts: float, hrs: float, ae: float, f: float) -> Horizon:
    """Horizons seen from both ends over the bare terrain ``h``; eqs. (76) to (82)."""
    n = d.size
    total = d[n - 1]
    theta_max, at_t = -1e300, 1
    for i in range(1, n - 1):
        angle = _elevation(h[i] - hts, d[i], ae)
        if angle > theta_max:
            theta_max, at_t = angle, i
    direct = _elevation(hrs - hts, total, ae)
    sight = theta_max < direct
    if sight:
        nu, at = -1e300, 1
        for i in range(1, n - 1):
            rest = total - d[i]
            above = h[i] + 500.0 / ae * d[i] * rest - (hts * rest + hrs * d[i]) / total
            value = above * math.sqrt(0.002 * total / (LIGHT / f * d[i] * rest))
            if value > nu:
                nu, at = value, i
        theta_t, dlt = direct, d[at]
        theta_r, dlr = _elevation(hts - hrs, total, ae), total - d[at]
    else:
        theta_t, dlt = theta_max, d[at_t]
        theta_r, at_r = -1e300, 1
        for i in range(1, n - 1):
            rest = total - d[i]
            angle = _elevation(h[i] - hrs, rest, ae)
            if angle > theta_r:
                theta_r, at_r = angle, i
        dlr = total - d[at_r]
    return Horizon(dlt, dlr, theta_t, theta_r, 1e3 * total / ae + theta_t + theta_r, sight)


@njit(cache=True)
def smooth_earth(d: Array, h: Array, hts: float, hrs: float, dlt: float, dlr: float) -> SmoothEarth:
    """Smooth-earth heights and roughness over the bare terrain ``h``; eqs. (83) to (93)."""
    n = d.size
    total = d[n - 1]
    v1 = v2 = 0.0
    for i in range(1, n):
        step = d[i] - d[i - 1]
        v1 += step * (h[i] + h[i - 1])
        v2 += step * (h[i] * (2.0 * d[i] + d[i - 1]) + h[i - 1] * (d[i] + 2.0 * d[i - 1]))
    hst = (2.0 * v1 * total - v2) / (total * total)
    hsr = (v2 - v1 * total) / (total * total)
    highest, obt, obr = -1e300, -1e300, -1e300
    for i in range(1, n - 1):
        above = h[i] - (hts * (total - d[i]) + hrs * d[i]) / total
        highest = max(highest, above)
        obt = max(obt, above / d[i])
        obr = max(obr, above / (total - d[i]))
    stp, srp = hst, hsr
    if highest > 0.0:
        stp -= highest * obt / (obt + obr)
        srp -= highest * obr / (obt + obr)
    duct_t, duct_r = min(hst, h[0]), min(hsr, h[n - 1])
    slope = (duct_r - duct_t) / total
    hm = -1e300
    for i in range(n):
        if dlt <= d[i] <= total - dlr:
            hm = max(hm, h[i] - (duct_t + slope * d[i]))
    return SmoothEarth(hst, hsr, min(stp, h[0]), min(srp, h[n - 1]), duct_t, duct_r, hm)


@njit(cache=True)
def longest_stretch(d: Array, zone: NDArray[np.int64], least: int) -> float:
    """Longest continuous stretch (km) of points whose zone is ``least`` or more; a boundary lies midway; §3.6.

    3 takes coastal and inland points (dtm), 4 inland ones alone (dlm).
    """
    longest, start, inside = 0.0, 0.0, False
    last = d.size - 1
    for i in range(d.size):
        before = d[0] if i == 0 else (d[i - 1] + d[i]) / 2.0
        if zone[i] >= least and not inside:
            inside, start = True, before
        if inside and (zone[i] < least or i == last):
            longest = max(longest, (d[last] if zone[i] >= least else before) - start)
            inside = False
    return longest


@njit(cache=True)
def sea_fraction(d: Array, zone: NDArray[np.int64]) -> float:
    """Fraction of the path over sea; boundaries lie midway between points; Table 5."""
    sea = 0.0
    last = d.size - 1
    for i in range(d.size):
        before = d[0] if i == 0 else (d[i - 1] + d[i]) / 2.0
        after = d[last] if i == last else (d[i] + d[i + 1]) / 2.0
        if zone[i] == SEA_ZONE:
            sea += after - before
    return sea / (d[last] - d[0])


def centre_latitude(*, lat_t: float, lon_t: float, lat_r: float, lon_r: float, d: float) -> float:
    """Latitude (degrees) at half the path length ``d`` (km) along the great circle from the transmitter."""
    pt, pr, dl = math.radians(lat_t), math.radians(lat_r), math.radians(lon_r - lon_t)
    bearing = math.atan2(
        math.sin(dl) * math.cos(pr), math.cos(pt) * math.sin(pr) - math.sin(pt) * math.cos(pr) * math.cos(dl)
    )
    half = d / 2.0 / EARTH
    return math.degrees(math.asin(math.sin(pt) * math.cos(half) + math.cos(pt) * math.sin(half) * math.cos(bearing)))
