"""The link budget: carriers, sectors and masts, reference signal power, noise, SINR under load and throughput."""

from __future__ import annotations

import math
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from dajing.domains.network.radio.antenna import Antenna

Values = NDArray[np.float64]
THERMAL_DBM_HZ = -173.975  # k·T at 290 K, per Hz

# Resource blocks by channel bandwidth (MHz): TS 36.101 Table 5.6-1; TS 38.101-1 Table 5.3.2-1 at 15 and 30 kHz.
LTE_BLOCKS: dict[float, int] = {1.4: 6, 3: 15, 5: 25, 10: 50, 15: 75, 20: 100}
NR15_BLOCKS: dict[float, int] = {5: 25, 10: 52, 15: 79, 20: 106, 25: 133, 30: 160, 40: 216, 50: 270}
NR30_BLOCKS: dict[float, int] = {
    5: 11, 10: 24, 15: 38, 20: 51, 25: 65, 30: 78, 40: 106, 50: 133, 60: 162, 70: 189, 80: 217, 90: 245, 100: 273,
}  # fmt: skip


class BudgetRefused(ValueError):
    """A carrier, sector or mast that cannot exist; the message names the value and the cure."""


class Carrier(msgspec.Struct, frozen=True, kw_only=True):
    """A channel: downlink centre frequency, bandwidth, technology and, for NR, the subcarrier spacing."""

    frequency_mhz: float
    bandwidth_mhz: float
    technology: Literal["LTE", "NR"] = "LTE"
    spacing_khz: Literal[15, 30] = 15

    def __post_init__(self) -> None:
        if self.blocks_table.get(self.bandwidth_mhz) is None:
            known = ", ".join(f"{width:g}" for width in self.blocks_table)
            raise BudgetRefused(f"{self.technology} has no channel of {self.bandwidth_mhz:g} MHz; one of {known}")

    @property
    def blocks_table(self) -> dict[float, int]:
        """Resource blocks by bandwidth for this technology and spacing."""
        if self.technology == "LTE":
            return LTE_BLOCKS
        return NR15_BLOCKS if self.spacing_khz == 15 else NR30_BLOCKS

    @property
    def blocks(self) -> int:
        """Resource blocks of the channel."""
        return self.blocks_table[self.bandwidth_mhz]

    @property
    def subcarriers(self) -> int:
        """Subcarriers, 12 a resource block."""
        return 12 * self.blocks

    @property
    def band(self) -> str:
        """Key of carriers that disturb each other: same centre, bandwidth and technology."""
        return f"{self.technology}-{self.frequency_mhz:g}-{self.bandwidth_mhz:g}"


class Sector(msgspec.Struct, frozen=True, kw_only=True):
    """One antenna with one carrier: ``azimuth`` from north, mechanical ``tilt`` down (degrees), total power (dBm).

    ``losses_db`` of feeder and body are subtracted; ``load`` is the share of resource blocks that carry traffic.
    """

    id: str
    antenna: Antenna
    azimuth: float
    power_dbm: float
    carrier: Carrier
    tilt: float = 0.0
    losses_db: float = 0.0
    load: float = 0.5
    operator: str = ""

    def __post_init__(self) -> None:
        if not 0.0 <= self.power_dbm <= 60.0:
            raise BudgetRefused(f"{self.id}: {self.power_dbm:g} dBm; 0 to 60 dBm (20 W is 43 dBm)")
        if not -20.0 <= self.tilt <= 45.0 or not 0.0 <= self.load <= 1.0:
            raise BudgetRefused(f"{self.id}: tilt {self.tilt:g} must be -20 to 45 degrees, load {self.load:g} 0 to 1")


class Mast(msgspec.Struct, frozen=True, kw_only=True):
    """A position (WGS-84) with the height of its antennas above ground (m) and its sectors."""

    id: str
    longitude: float
    latitude: float
    height: float
    sectors: tuple[Sector, ...] = ()


def element_power_dbm(*, sector: Sector) -> float:
    """Power of one resource element (dBm): total power spread evenly over all subcarriers, losses subtracted."""
    return sector.power_dbm - 10.0 * math.log10(sector.carrier.subcarriers) - sector.losses_db


def rsrp(*, sector: Sector, gain_dbi: ArrayLike, loss_db: ArrayLike) -> Values:
    """Reference signal received power (dBm; TS 36.214 §5.1.1, TS 38.215 §5.1.1) at a 0 dBi receiver.

    ``gain_dbi`` of the antenna towards each receiver and ``loss_db`` of each path broadcast.
    """
    return element_power_dbm(sector=sector) + np.asarray(gain_dbi, float) - np.asarray(loss_db, float)


def element_noise_dbm(*, carrier: Carrier, noise_figure_db: float = 9.0) -> float:
    """Thermal noise in one resource element (dBm); 9 dB is the terminal's noise figure of TR 36.942 Table 4.8."""
    spacing = 15_000.0 if carrier.technology == "LTE" else 1e3 * carrier.spacing_khz
    return THERMAL_DBM_HZ + 10.0 * math.log10(spacing) + noise_figure_db


def sinr(
    *, serving_dbm: ArrayLike, others_mw: ArrayLike, carrier: Carrier, noise_figure_db: float = 9.0
) -> NDArray[np.float64]:
    """Signal to interference and noise (dB) in a resource element.

    ``serving_dbm`` is the RSRP of the serving cell, ``others_mw`` the sum over the other cells of load × RSRP (mW).
    """
    noise = 10.0 ** (element_noise_dbm(carrier=carrier, noise_figure_db=noise_figure_db) / 10.0)
    return np.asarray(serving_dbm, float) - 10.0 * np.log10(np.asarray(others_mw, float) + noise)


# Attenuated Shannon bound, 3GPP TR 36.942 Annex A.2: share of capacity, least SINR (dB), most bit/s/Hz.
DOWNLINK, UPLINK = (0.6, -10.0, 4.4), (0.4, -10.0, 2.0)


def throughput_mbps(
    *, sinr_db: ArrayLike, carrier: Carrier, uplink: bool = False, share: ArrayLike = 1.0
) -> NDArray[np.float64]:
    """Throughput (Mbit/s) of a user who gets ``share`` of the resource blocks: 3GPP TR 36.942 Annex A.2.

    0.6 of Shannon's bound downlink (0.4 uplink), nothing below -10 dB, at most 4.4 (2.0) bit/s/Hz of one stream; the
    bandwidth is that of the resource blocks. Two or more streams are not counted.
    """
    alpha, least, most = UPLINK if uplink else DOWNLINK
    ratio = np.asarray(sinr_db, float)
    spectral = np.where(ratio < least, 0.0, np.minimum(alpha * np.log2(1.0 + 10.0 ** (ratio / 10.0)), most))
    spacing = 0.015 if carrier.technology == "LTE" else carrier.spacing_khz / 1000.0
    return spectral * carrier.subcarriers * spacing * np.asarray(share, float)


def elevation_deg(*, distance_km: ArrayLike, from_m: ArrayLike, to_m: ArrayLike) -> Values:
    """Elevation (degrees) at which an antenna ``from_m`` above sea sees a point ``to_m`` above sea.

    The earth's radius is taken as 4/3 of its true one for refraction.
    """
    d = np.maximum(np.asarray(distance_km, float), 1e-3)
    rise = np.asarray(to_m, float) - np.asarray(from_m, float)
    return np.degrees(np.arctan(rise / (1e3 * d) - d / (2.0 * 6371.0 * 4.0 / 3.0)))
