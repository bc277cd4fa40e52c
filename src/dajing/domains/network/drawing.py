"""Pictures drawn on the server: townships on the city's outline, and a terrain profile. Pure but for boundaries."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec

from dajing.domains.network.coverage.profile import Profile
from dajing.domains.network.coverage.structs import Line
from dajing.kernel.areas.boundaries import boundaries
from dajing.kernel.ui.drawing.maps import Drawing, outline

EARTH_KM = 6371.0
K_FACTOR = 4.0 / 3.0  # of the effective earth radius by which the profile is bent
LEVELS = (0.5, 0.8, 0.95, 0.99)  # shares at which the colour changes; 0.95 is the plan's own target


class Dot(msgspec.Struct, frozen=True, kw_only=True):
    """One township: ``radius`` grows with the people who lack the service, ``level`` with the share covered."""

    code: str
    name: str
    x: float
    y: float
    radius: float
    level: int
    words: str


class CityMap(msgspec.Struct, frozen=True, kw_only=True):
    """The counties' outlines and a dot for each township; ``masts`` are small marks.

    ``scale`` holds two opposite corners, each as x, y, longitude and latitude, so that a click is a place; ``frame`` is
    where a picture of the asked ``box`` goes (x, y, width, height).
    """

    drawing: Drawing
    dots: list[Dot]
    masts: list[tuple[int, int]]
    scale: str
    frame: tuple[float, float, float, float]


def level_of(share: float | None) -> int:
    """Colour class of a share, 0 to 4."""
    return sum((share or 0.0) >= limit for limit in LEVELS)


def city_map(
    *, lines: Sequence[Line], places: Mapping[str, tuple[float, float]], masts: Sequence[tuple[float, float]],
    box: tuple[float, float, float, float] | None = None, width: int = 640,
) -> CityMap:  # fmt: skip
    """Townships where they lie (longitude and latitude by code), those with most people lacking drawn last, on top.

    ``box`` is west, south, east and north of a picture to lie under them.
    """
    polygons = {code: boundary.polygon for code, boundary in boundaries().items()}
    spots = {line.code: places[line.code] for line in lines if line.code in places}
    marked = {f"mast {n}": mast for n, mast in enumerate(masts)}
    bounds = [polygon.bounds for polygon in polygons.values()]
    west, south = min(b[0] for b in bounds), min(b[1] for b in bounds)
    east, north = max(b[2] for b in bounds), max(b[3] for b in bounds)
    ends = {"north-west": (west, north), "south-east": (east, south)}
    left, low, right, high = box or (west, south, east, north)
    corners = {"frame begin": (left, high), "frame end": (right, low)}
    drawing = outline(polygons, width=width, points=spots | marked | ends | corners)
    dots = []
    for line in sorted(lines, key=lambda line: line.lacking):
        if line.code in spots:
            x, y = drawing.points[line.code]
            radius = 2.5 + math.sqrt(max(line.lacking, 0.0)) / 12.0
            share = 0.0 if line.share is None else line.share
            words = f"{line.name} {share:.1%}"
            dots.append(Dot(code=line.code, name=line.name, x=round(x, 1), y=round(y, 1), radius=round(radius, 1),
                            level=level_of(line.share), words=words))  # fmt: skip
    stood = sorted({(round(x), round(y)) for x, y in (drawing.points[name] for name in marked)})
    scale = " ".join(f"{value:.6f}" for name in ends for value in (*drawing.points[name], *ends[name]))
    (x0, y0), (x1, y1) = (drawing.points[name] for name in corners)
    frame = (x0, y0, round(x1 - x0, 1), round(y1 - y0, 1))
    return CityMap(drawing=drawing, dots=dots, masts=stood, scale=scale, frame=frame)


class ProfileDrawing(msgspec.Struct, frozen=True, kw_only=True):
    """A profile on paper: ground as a closed path, the direct ray, the first Fresnel zone, axis marks."""

    width: int
    height: int
    ground: str
    ray: str
    zone: str
    across: list[tuple[float, str]]
    up: list[tuple[float, str]]
    mast: tuple[float, float, float]
    blocked: bool


def profile_drawing(*, profile: Profile, width: int = 720, height: int = 260) -> ProfileDrawing:
    """Heights over a flattened earth: terrain is raised by the bulge between the ends for k = 4/3."""
    d, length = profile.distance_km, profile.distance_km[-1]
    bulge = [x * (length - x) / (2 * K_FACTOR * EARTH_KM) * 1000.0 for x in d]
    ground = [h + b for h, b in zip(profile.height_m, bulge, strict=True)]
    start, end = ground[0] + profile.antenna_m, ground[-1] + profile.receiver_m
    ray = [start + (end - start) * x / length for x in d]
    wave = 0.299792458 / (profile.frequency_mhz / 1000.0)  # metres
    fresnel = [math.sqrt(wave * x * (length - x) / length * 1000.0) for x in d]
    low = min(ground) - 10.0
    high = max(max(ground), *(r + f for r, f in zip(ray, fresnel, strict=True))) + 10.0
    left, bottom, right, top = 52.0, height - 28.0, width - 8.0, 10.0

    def place(x: float, h: float) -> tuple[float, float]:
        return left + (right - left) * x / length, bottom - (bottom - top) * (h - low) / (high - low)

    def line(heights: Sequence[float]) -> str:
        return "L".join(f"{px:.1f} {py:.1f}" for px, py in (place(x, h) for x, h in zip(d, heights, strict=True)))

    above = [r + f for r, f in zip(ray, fresnel, strict=True)]
    below = [r - f for r, f in zip(ray, fresnel, strict=True)]
    back = "L".join(reversed(line(below).split("L")))
    return ProfileDrawing(
        width=width, height=height, ground=f"M{line(ground)}L{right:.1f} {bottom:.1f}L{left:.1f} {bottom:.1f}Z",
        ray=f"M{line(ray)}", zone=f"M{line(above)}L{back}Z",
        across=[(place(length * n / 4, low)[0], f"{length * n / 4:.1f}") for n in range(5)],
        up=[(place(0, low + (high - low) * n / 4)[1], f"{low + (high - low) * n / 4:.0f}") for n in range(5)],
        mast=(left, place(0, ground[0])[1], place(0, start)[1]),
        blocked=any(g > r for g, r in zip(ground[1:-1], ray[1:-1], strict=True)),
    )  # fmt: skip
