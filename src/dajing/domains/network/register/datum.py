"""GCJ-02 and BD-09 to WGS-84: map services in China publish shifted coordinates, up to about 700 m away. Pure.

The GCJ-02 offset is the published approximation on the Krasovsky 1940 ellipsoid; its inverse is found by iteration, so
that converting there and back agrees within a centimetre. CGCS2000 and WGS-84 differ by centimetres and are taken as
one.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Datum = Literal["wgs84", "gcj02", "bd09"]
DATUMS: tuple[Datum, ...] = ("wgs84", "gcj02", "bd09")
A, EE = 6378245.0, 0.00669342162296594323  # Krasovsky 1940: semi-major axis in m, squared eccentricity
BD = math.pi * 3000.0 / 180.0
METRES_PER_DEGREE = 111_195.0
Point = tuple[float, float]  # longitude, latitude in degrees


def _waves(x: float, factors: tuple[tuple[float, float], ...]) -> float:
    return sum(amplitude * math.sin(turn * x * math.pi) for amplitude, turn in factors) * 2.0 / 3.0


def offset(point: Point) -> Point:
    """How far GCJ-02 lies from WGS-84 at ``point``, in degrees of longitude and latitude."""
    x, y = point[0] - 105.0, point[1] - 35.0
    root, base = math.sqrt(abs(x)), _waves(x, ((20.0, 6.0), (20.0, 2.0)))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + base
    north += _waves(y, ((20.0, 1.0), (40.0, 1.0 / 3.0), (160.0, 1.0 / 12.0), (320.0, 1.0 / 30.0)))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + base
    east += _waves(x, ((20.0, 1.0), (40.0, 1.0 / 3.0), (150.0, 1.0 / 12.0), (300.0, 1.0 / 30.0)))
    latitude = math.radians(point[1])
    magic = 1.0 - EE * math.sin(latitude) ** 2
    return (
        math.degrees(east / (A / math.sqrt(magic) * math.cos(latitude))),
        math.degrees(north / (A * (1.0 - EE) / magic**1.5)),
    )


def gcj02(point: Point) -> Point:
    """A WGS-84 point in GCJ-02."""
    east, north = offset(point)
    return point[0] + east, point[1] + north


def bd09(point: Point) -> Point:
    """A WGS-84 point in BD-09."""
    x, y = gcj02(point)
    z = math.hypot(x, y) + 0.00002 * math.sin(y * BD)
    theta = math.atan2(y, x) + 0.000003 * math.cos(x * BD)
    return z * math.cos(theta) + 0.0065, z * math.sin(theta) + 0.006


def to_wgs84(point: Point, *, datum: Datum) -> Point:
    """A point given in ``datum``, in WGS-84; by iteration on the forward formulas."""
    if datum == "wgs84":
        return point
    forward = gcj02 if datum == "gcj02" else bd09
    guess = point
    for _ in range(10):
        x, y = forward(guess)
        guess = guess[0] - (x - point[0]), guess[1] - (y - point[1])
    return guess


def metres(a: Point, b: Point) -> float:
    """Distance of two near points in metres, on the sphere's tangent plane."""
    east = (a[0] - b[0]) * math.cos(math.radians((a[1] + b[1]) / 2))
    return math.hypot(east, a[1] - b[1]) * METRES_PER_DEGREE


def nearest(*, given: list[Point], known: list[Point]) -> NDArray[np.float64]:
    """For every given point how many metres the nearest known one is away."""
    from scipy.spatial import cKDTree

    squeeze = math.cos(math.radians(known[0][1]))
    scale = np.array([squeeze, 1.0]) * METRES_PER_DEGREE
    away, _ = cKDTree(np.array(known) * scale).query(np.array(given) * scale)
    return np.asarray(away, dtype=np.float64)


def likely(*, given: list[Point], known: list[Point], near: list[float]) -> Datum | None:
    """The datum in which ``given`` seem to be, when compared with where the same objects are known to stand.

    None while fewer than three pairs are there, or no datum explains at least three quarters of them within ``near``
    metres (one figure for each pair). Where several explain as many, the one that shifts least.
    """
    if len(given) < 3:
        return None
    hits = {
        datum: sum(
            metres(to_wgs84(g, datum=datum), k) <= limit for g, k, limit in zip(given, known, near, strict=True)
        )
        for datum in DATUMS
    }  # fmt: skip
    best = max(DATUMS, key=lambda datum: hits[datum])
    return best if hits[best] >= 0.75 * len(given) else None
