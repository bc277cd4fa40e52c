"""Radio and reach in formulas, over whole arrays; pure."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# resource blocks by bandwidth in MHz: 3GPP TS 36.101 table 5.6-1; TS 38.101-1 table 5.3.2-1 at 30 kHz
LTE = {1.4: 6, 3.0: 15, 5.0: 25, 10.0: 50, 15.0: 75, 20.0: 100}
NR = {10.0: 24, 20.0: 51, 30.0: 78, 40.0: 106, 50.0: 133, 60.0: 162, 80.0: 217, 100.0: 273}
THERMAL = -174.0  # dBm/Hz at 290 K
NOISE_FIGURE = 7.0  # dB of a handset, as 3GPP TR 36.942 assumes 9 and TR 38.901 evaluations 7
SPACING = {"4g": 15e3, "5g": 30e3}  # Hz between subcarriers


def blocks(*, technology: str, bandwidth_mhz: float) -> int:
    """Resource blocks of a carrier: of the largest standard bandwidth that fits into it."""
    table = LTE if technology == "4g" else NR
    return table[max((b for b in table if b <= bandwidth_mhz + 1e-9), default=min(table))]


def power_per_element(*, technology: str, bandwidth_mhz: float, power_dbm: float, gain_dbi: float) -> float:
    """Radiated power of one resource element in dBm (isotropic) in the antenna's main direction."""
    return power_dbm + gain_dbi - 10.0 * math.log10(12 * blocks(technology=technology, bandwidth_mhz=bandwidth_mhz))


def noise_per_element(*, technology: str) -> float:
    """Noise power of one resource element in dBm."""
    return THERMAL + 10.0 * math.log10(SPACING[technology]) + NOISE_FIGURE


def pattern_db(*, off_azimuth: Floats, elevation: Floats, tilt: float, beamwidth: float) -> Floats:
    """Antenna attenuation in dB (≤ 0): 3GPP TR 38.901 table 7.3-1 with ``beamwidth`` in azimuth and 10° in elevation.

    Angles in degrees; ``elevation`` is negative below the horizon, ``tilt`` positive downwards. A beamwidth of 360° is
    an omnidirectional antenna.
    """
    turned = (off_azimuth + 180.0) % 360.0 - 180.0
    horizontal = np.zeros_like(turned) if beamwidth >= 360 else np.minimum(12.0 * (turned / beamwidth) ** 2, 30.0)
    vertical = np.minimum(12.0 * ((elevation + tilt) / 10.0) ** 2, 30.0)
    return -np.minimum(horizontal + vertical, 30.0)


def field_strength(*, erp_w: float, frequency_mhz: float, loss_db: Floats) -> Floats:
    """Field strength in dB(µV/m) from basic transmission loss: ITU-R P.1812-8 eq. (67) for 1 kW, and the real ERP."""
    return 199.36 + 20.0 * math.log10(frequency_mhz / 1000.0) - loss_db + 10.0 * math.log10(erp_w / 1000.0)


def probability(*, margin: Floats, sigma: float) -> Floats:
    """Share of locations covered where the median is ``margin`` above the limit and locations scatter by ``sigma``."""
    from scipy.special import ndtr

    return np.asarray(ndtr(margin / sigma))


def sinr_db(*, signal_dbm: Floats, total_mw: Floats, load: float, noise_dbm: float) -> Floats:
    """SINR of the best server when all other servers of the channel send a share ``load`` of the time."""
    signal = 10.0 ** (signal_dbm / 10.0)
    others = np.maximum(total_mw - signal, 0.0)
    return np.asarray(10.0 * np.log10(signal / (load * others + 10.0 ** (noise_dbm / 10.0))))


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
