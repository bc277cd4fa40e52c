"""The register's sectors in the terms of the radio library: antenna, carrier, reference power, SINR."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from dajing.domains.network.radio.antenna import Antenna, gain, omni, tr38901_antenna
from dajing.domains.network.radio.budget import Carrier, rsrp, sinr
from dajing.domains.network.radio.budget import Sector as Equipment
from dajing.domains.network.register.kinds import Sector

Floats = NDArray[np.float64]
VERTICAL = 10.0  # half-power width of a macro panel's vertical pattern, degrees: 3GPP TR 36.814 Table A.2.1.1-2


def carrier_of(*, sector: Sector) -> Carrier:
    """The sector's channel; a bandwidth that no standard has counts as the largest standard one within it."""
    technology, spacing = ("LTE", 15) if sector.technology == "4g" else ("NR", 30)
    return _carrier(sector.frequency_mhz, sector.bandwidth_mhz, technology, spacing)


@functools.lru_cache(maxsize=1024)
def _carrier(frequency: float, bandwidth: float, technology: str, spacing: int) -> Carrier:
    narrowest = Carrier(
        frequency_mhz=frequency, bandwidth_mhz=5, technology="LTE" if technology == "LTE" else "NR",
        spacing_khz=15 if spacing == 15 else 30,
    )  # fmt: skip
    table = narrowest.blocks_table
    width = max((b for b in table if b <= bandwidth + 1e-9), default=min(table))
    return Carrier(
        frequency_mhz=frequency, bandwidth_mhz=width, technology=narrowest.technology,
        spacing_khz=narrowest.spacing_khz,
    )  # fmt: skip


@functools.lru_cache(maxsize=1024)
def antenna_of(*, gain_dbi: float, beamwidth: float, tilt: float) -> Antenna:
    """The sector pattern of 3GPP TR 38.901 Table 7.3-1, tilted electrically; 360° is omnidirectional."""
    if beamwidth >= 360.0:
        return omni(gain_dbi=gain_dbi, vertical_beamwidth=VERTICAL)
    return tr38901_antenna(
        gain_dbi=gain_dbi, beamwidth=beamwidth, vertical_beamwidth=VERTICAL, electrical_tilt=tilt, name="register"
    )


def equipment(*, sector: Sector, load: float) -> Equipment:
    """The sector with its antenna and carrier, other users of the channel at ``load``."""
    antenna = antenna_of(gain_dbi=sector.gain_dbi, beamwidth=sector.beamwidth, tilt=sector.tilt)
    return Equipment(
        id=sector.id, antenna=antenna, azimuth=sector.azimuth, power_dbm=sector.power_dbm,
        tilt=sector.tilt if sector.beamwidth >= 360.0 else 0.0, carrier=carrier_of(sector=sector), load=load,
        operator=sector.operator,
    )  # fmt: skip


def gain_towards(*, of: Equipment, bearing: Floats, elevation: Floats) -> Floats:
    """Gain in dBi towards bearings (clockwise from north) and elevations (upwards), degrees."""
    return gain(antenna=of.antenna, azimuth=of.azimuth, tilt=of.tilt, bearing=bearing, elevation=elevation)


def reference_power(*, of: Equipment, bearing: Floats, elevation: Floats, loss_db: Floats) -> Floats:
    """RSRP in dBm at receivers in these directions behind these losses."""
    return rsrp(sector=of, gain_dbi=gain_towards(of=of, bearing=bearing, elevation=elevation), loss_db=loss_db)


def sinr_of_best(*, strongest_dbm: Floats, total_mw: Floats, load: float, carrier: Carrier) -> Floats:
    """SINR of the best server when all other servers of its channel send a share ``load`` of the time."""
    others = load * np.maximum(total_mw - 10.0 ** (strongest_dbm / 10.0), 0.0)
    return sinr(serving_dbm=strongest_dbm, others_mw=others, carrier=carrier)
