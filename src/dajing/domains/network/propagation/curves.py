"""Small functions that several Recommendations share; float64, no fast-math."""

from __future__ import annotations

import math

from numba import njit

C0, C1, C2 = 2.515516698, 0.802853, 0.010328
D1, D2, D3 = 1.432788, 0.189269, 0.001308


@njit(cache=True)
def inverse_normal(x: float) -> float:
    """Inverse complementary cumulative normal distribution, ITU-R P.1812-8 Attachment 2, for 1e-6 <= x <= 1 - 1e-6."""
    x = min(max(x, 1e-6), 1 - 1e-6)
    tail = x if x <= 0.5 else 1.0 - x
    t = math.sqrt(-2.0 * math.log(tail))
    xi = ((C2 * t + C1) * t + C0) / (((D3 * t + D2) * t + D1) * t + 1.0)
    return t - xi if x <= 0.5 else xi - t


@njit(cache=True)
def knife_edge(nu: float) -> float:
    """Loss in dB of a single knife edge with diffraction parameter ``nu``; ITU-R P.1812-8 eq. (12)."""
    if nu <= -0.78:
        return 0.0
    shifted = nu - 0.1
    return 6.9 + 20.0 * math.log10(math.sqrt(shifted * shifted + 1.0) + shifted)
