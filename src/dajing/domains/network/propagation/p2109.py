"""Building entry loss: Recommendation ITU-R P.2109-2."""

from __future__ import annotations

import math
from typing import Literal

from dajing.domains.network.propagation.location import quantile
from dajing.domains.network.propagation.p1812 import OutsideTheModel

Building = Literal["traditional", "efficient"]
# Table 1: r, s, t, u, v, w, x, y, z.
COEFFICIENTS: dict[Building, tuple[float, ...]] = {
    "traditional": (12.64, 3.72, 0.96, 9.6, 2.0, 9.1, -3.0, 4.5, -2.0),
    "efficient": (28.19, -3.00, 8.48, 13.5, 3.8, 27.8, -2.9, 9.4, -2.1),
}


def entry_loss(
    *,
    frequency_ghz: float,
    building: Building = "traditional",
    probability: float = 0.5,
    elevation_deg: float = 0.0,
) -> float:
    """Loss (dB) into a building not exceeded with ``probability``, over all places and buildings of its kind.

    Eqs. (1) to (8), 0.08 to 100 GHz; ``elevation_deg`` of the path at the façade. "efficient" is thermally efficient:
    metallised glass and foil-backed panels. Raises ``OutsideTheModel``.
    """
    if not 0.08 <= frequency_ghz <= 100.0 or not 0.0 < probability < 1.0 or not -90.0 <= elevation_deg <= 90.0:
        raise OutsideTheModel(
            f"P.2109 at {frequency_ghz:g} GHz, probability {probability:g}, {elevation_deg:g} degrees; "
            "it holds for 0.08 to 100 GHz, probabilities between 0 and 1, elevations of -90 to 90"
        )
    r, s, t, u, v, w, x, y, z = COEFFICIENTS[building]
    f, normal = math.log10(frequency_ghz), quantile(probability)
    a = normal * (u + v * f) + r + s * f + t * f * f + 0.212 * abs(elevation_deg)
    b = normal * (y + z * f) + w + x * f
    return 10.0 * math.log10(10.0 ** (0.1 * a) + 10.0 ** (0.1 * b) + 10.0**-0.3)


def entry_sigma_db(*, frequency_ghz: float, building: Building = "traditional") -> float:
    """Standard deviation (dB) of a normal law with the 16 and 84 percent values of ``entry_loss`` on level paths."""
    high = entry_loss(frequency_ghz=frequency_ghz, building=building, probability=0.8413447460685429)
    low = entry_loss(frequency_ghz=frequency_ghz, building=building, probability=0.15865525393145707)
    return (high - low) / 2.0
