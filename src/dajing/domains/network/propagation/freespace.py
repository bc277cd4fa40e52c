"""Free-space basic transmission loss: Recommendation ITU-R P.525."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray


def loss(*, distance_km: ArrayLike, frequency_mhz: ArrayLike) -> NDArray[np.float64]:
    """Loss (dB) between isotropic antennas, ITU-R P.525 eq. (4): 20 log(4 pi d / lambda)."""
    d, f = np.asarray(distance_km, float), np.asarray(frequency_mhz, float)
    return 20.0 * np.log10(4.0 * math.pi * d * 1e3 * f * 1e6 / 299_792_458.0)
