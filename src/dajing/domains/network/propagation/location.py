"""Location variability: what share of the places within a cell gets at least a level."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numba import vectorize
from numpy.typing import ArrayLike, NDArray

from dajing.domains.network.propagation.p1812 import OutsideTheModel

_NORMAL = NormalDist()


@vectorize(["float64(float64)"], cache=True)  # type: ignore[no-untyped-call]
def _upper_tail(z: float) -> float:
    """Share of a standard normal distribution above ``z``."""
    return 0.5 * math.erfc(z / math.sqrt(2.0))


def sigma_db(
    *, frequency_ghz: float, resolution_m: float, receiver_height: float = 1.5, clutter_height: float = 10.0
) -> float:
    """Standard deviation (dB) of the median within a square of ``resolution_m``; ITU-R P.1812-8 §4.8.

    Full below the representative clutter, none from 10 m above it, where the field varies no more from place to
    place. Raises ``OutsideTheModel`` outside 30 MHz to 6 GHz and 50 to 1,000 m.
    """
    if not 0.03 <= frequency_ghz <= 6.0:
        raise OutsideTheModel(f"location variability: {frequency_ghz:g} GHz is outside 0.03 to 6 GHz")
    if not 50.0 <= resolution_m <= 1000.0:
        raise OutsideTheModel(f"location variability: cells of {resolution_m:g} m; the model holds for 50 to 1,000 m")
    over = receiver_height - clutter_height
    share = 1.0 if over < 0.0 else max(1.0 - over / 10.0, 0.0)
    return (0.52 + 0.024 * frequency_ghz) * resolution_m**0.28 * share


def with_building(*, outdoor_db: float, entry_db: float) -> float:
    """Standard deviation (dB) indoors: outdoor variation and that of building entry, taken as independent."""
    return math.hypot(outdoor_db, entry_db)


def probability(*, median: ArrayLike, threshold: ArrayLike, sigma_db: ArrayLike) -> NDArray[np.float64]:
    """Probability that a lognormal level with ``median`` and ``sigma_db`` (dB) is at least ``threshold``.

    With no variation it is 0 or 1. NaN medians (no prediction) give 0: where nothing was predicted nothing is covered.
    """
    m, t, s = np.broadcast_arrays(np.asarray(median, float), np.asarray(threshold, float), np.asarray(sigma_db, float))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(s > 0.0, (t - m) / np.where(s > 0.0, s, 1.0), np.where(m >= t, -np.inf, np.inf))
    z = np.where(np.isnan(m), np.inf, z)
    return np.asarray(_upper_tail(z), float)


def quantile(probability: float) -> float:
    """Value that a standard normal variable does not exceed with ``probability`` (between 0 and 1, both excluded)."""
    return _NORMAL.inv_cdf(probability)
