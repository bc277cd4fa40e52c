"""Where there is no terrain: Okumura-Hata and COST 231-Hata, medians over towns as they were measured in Japan.

M. Hata, "Empirical formula for propagation loss in land mobile radio services", IEEE Trans. VT-29, 1980; COST 231 final
report, §4.4.1. They know distance, heights and the kind of town, and no hill.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dajing.domains.network.propagation.p1812 import OutsideTheModel

Surroundings = Literal["large city", "city", "suburban", "open"]


def okumura_hata(
    *,
    frequency_mhz: float,
    distance_km: ArrayLike,
    base_height: float,
    mobile_height: float = 1.5,
    surroundings: Surroundings = "city",
) -> NDArray[np.float64]:
    """Median loss (dB), 150 to 1,500 MHz, 1 to 20 km, base 30 to 200 m, mobile 1 to 10 m above ground.

    Distances outside 1 to 20 km are refused by ``OutsideTheModel``, as are the other ranges.
    """
    _within("Okumura-Hata", frequency_mhz, 150.0, 1500.0, base_height, mobile_height, distance_km)
    f, d = math.log10(frequency_mhz), np.log10(np.asarray(distance_km, float))
    high = math.log10(base_height)
    urban = 69.55 + 26.16 * f - 13.82 * high + (44.9 - 6.55 * high) * d
    urban = urban - _mobile(frequency_mhz, mobile_height, large=surroundings == "large city")
    if surroundings == "suburban":
        return urban - 2.0 * math.log10(frequency_mhz / 28.0) ** 2 - 5.4
    if surroundings == "open":
        return urban - 4.78 * f * f + 18.33 * f - 40.94
    return urban


def cost231(
    *,
    frequency_mhz: float,
    distance_km: ArrayLike,
    base_height: float,
    mobile_height: float = 1.5,
    metropolitan: bool = False,
) -> NDArray[np.float64]:
    """Median loss (dB), 1,500 to 2,000 MHz, 1 to 20 km; 3 dB more in the centres of metropolises."""
    _within("COST 231-Hata", frequency_mhz, 1500.0, 2000.0, base_height, mobile_height, distance_km)
    f, d, high = math.log10(frequency_mhz), np.log10(np.asarray(distance_km, float)), math.log10(base_height)
    loss = 46.3 + 33.9 * f - 13.82 * high + (44.9 - 6.55 * high) * d
    return loss - _mobile(frequency_mhz, mobile_height, large=False) + (3.0 if metropolitan else 0.0)


def _mobile(frequency_mhz: float, height: float, *, large: bool) -> float:
    """Correction a(h_m) for the mobile's height."""
    if not large:
        f = math.log10(frequency_mhz)
        return (1.1 * f - 0.7) * height - (1.56 * f - 0.8)
    if frequency_mhz <= 200.0:
        return 8.29 * math.log10(1.54 * height) ** 2 - 1.1
    return 3.2 * math.log10(11.75 * height) ** 2 - 4.97


def _within(name: str, f: float, low: float, high: float, base: float, mobile: float, distance_km: ArrayLike) -> None:
    d = np.asarray(distance_km, float)
    if not low <= f <= high:
        raise OutsideTheModel(f"{name}: {f:g} MHz is outside {low:g} to {high:g} MHz")
    if not 30.0 <= base <= 200.0 or not 1.0 <= mobile <= 10.0:
        raise OutsideTheModel(f"{name}: heights {base:g} and {mobile:g} m; it holds for 30 to 200 m and 1 to 10 m")
    if d.size and (not np.isfinite(d).all() or d.min() < 1.0 or d.max() > 20.0):
        raise OutsideTheModel(f"{name}: distances {d.min():g} to {d.max():g} km; it holds for 1 to 20 km")
