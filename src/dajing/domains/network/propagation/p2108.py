"""Clutter loss at the ends of a path: Recommendation ITU-R P.2108-1."""

from __future__ import annotations

import math
from typing import Literal

from dajing.domains.network.propagation.curves import knife_edge
from dajing.domains.network.propagation.location import quantile
from dajing.domains.network.propagation.p1812 import OutsideTheModel

Clutter = Literal["water", "open", "suburban", "urban", "forest", "dense urban"]
# Default representative clutter heights (m), Table 3 of the Recommendation.
HEIGHTS: dict[Clutter, float] = {
    "water": 10.0, "open": 10.0, "suburban": 10.0, "urban": 15.0, "forest": 15.0, "dense urban": 20.0,
}  # fmt: skip


def height_gain(
    *,
    frequency_ghz: float,
    antenna_height: float,
    clutter: Clutter,
    clutter_height: float | None = None,
    street_width: float = 27.0,
) -> float:
    """Additional loss (dB) for a terminal below the clutter, §3.1 eqs. (1) to (2g); 0.03 to 3 GHz.

    ``clutter_height`` in m, by default that of Table 3; ``street_width`` in m. Zero from the clutter's height upwards.
    """
    _within("frequency (GHz)", frequency_ghz, 0.03, 3.0)
    _within("antenna height (m)", antenna_height, 0.1, 3000.0)
    top = HEIGHTS[clutter] if clutter_height is None else clutter_height
    if antenna_height >= top:
        return 0.0
    if clutter in ("water", "open"):
        return -(21.8 + 6.2 * math.log10(frequency_ghz)) * math.log10(antenna_height / top)
    above = top - antenna_height
    angle = math.degrees(math.atan(above / street_width))
    return knife_edge(0.342 * math.sqrt(frequency_ghz) * math.sqrt(above * angle)) - 6.03


def statistical(*, frequency_ghz: float, distance_km: float, location_percent: float = 50.0) -> float:
    """Clutter loss (dB) of one terminal in urban or suburban clutter, not exceeded at ``location_percent`` of places.

    §3.2.2 eqs. (3) to (5): 0.5 to 67 GHz, from 0.25 km (1 km if it is applied to both ends); never more than at
    2 km.
    """
    _within("frequency (GHz)", frequency_ghz, 0.5, 67.0)
    _within("distance (km)", distance_km, 0.25, math.inf)
    _within("location percentage", location_percent, 0.001, 99.999)
    here = _terrestrial(frequency_ghz, distance_km, location_percent)
    return min(here, _terrestrial(frequency_ghz, 2.0, location_percent))


def _terrestrial(frequency_ghz: float, distance_km: float, location_percent: float) -> float:
    f, d = math.log10(frequency_ghz), distance_km
    long = -2.0 * math.log10(10.0 ** (-5.0 * f - 12.5) + 10.0**-16.5)
    short = 32.98 + 23.9 * math.log10(d) + 3.0 * f
    wl, ws = 10.0 ** (-0.2 * long), 10.0 ** (-0.2 * short)
    sigma = math.sqrt((16.0 * wl + 36.0 * ws) / (wl + ws))
    return -5.0 * math.log10(wl + ws) + sigma * quantile(location_percent / 100.0)


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise OutsideTheModel(f"P.2108 {name} {value:g} is outside {low:g} to {high:g}")
