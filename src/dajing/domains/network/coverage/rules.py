"""Field strength of a transmitter, and the share of a circle that discs cover; pure."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def field_strength(*, erp_w: float, frequency_mhz: float, loss_db: Floats) -> Floats:
    """Field strength in dB(µV/m) from basic transmission loss: ITU-R P.1812-8 eq. (67) for 1 kW, and the real ERP."""
    return 199.36 + 20.0 * math.log10(frequency_mhz / 1000.0) - loss_db + 10.0 * math.log10(erp_w / 1000.0)


def circle_share(*, radius: float, discs: list[tuple[float, float, float]]) -> float:
    """Share of a circle about the origin that ``discs`` (x, y, radius in the same unit) cover together.

    The 2,500 points are a sunflower spiral, equal in area, so that the error stays below one percent.
    """
    n = np.arange(2500) + 0.5
    r, turn = radius * np.sqrt(n / 2500.0), n * math.pi * (3.0 - math.sqrt(5.0))
    x, y = r * np.cos(turn), r * np.sin(turn)
    covered = np.zeros(2500, dtype=bool)
    for cx, cy, reach in discs:
        covered |= (x - cx) ** 2 + (y - cy) ** 2 <= reach * reach
    return float(covered.mean())
