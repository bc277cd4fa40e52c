"""Antennas against the values of 3GPP TR 38.901 Table 7.3-1 and against pattern files as makers publish them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dajing.domains.network.radio.antenna import Antenna, AntennaRefused, gain, omni, tr38901_antenna
from dajing.domains.network.radio.patterns import read_ant, read_msi


@pytest.mark.parametrize(
    ("bearing", "elevation", "expected"),
    [
        (0.0, 0.0, 8.0),  # G_E,max
        (32.5, 0.0, 5.0),  # half of the 65 degree beam: 12 (32.5/65)^2 = 3 dB
        (0.0, -32.5, 5.0),
        (65.0, 0.0, -4.0),  # 12 dB
        (180.0, 0.0, -22.0),  # A_max = 30 dB
        (0.0, 90.0, 8.0 - 12.0 * (90.0 / 65.0) ** 2),
        (100.0, 80.0, -22.0),  # the sum is capped at 30 dB
    ],
)
def test_the_sector_is_that_of_tr_38_901(bearing, elevation, expected):
    value = gain(antenna=tr38901_antenna(), azimuth=0.0, tilt=0.0, bearing=bearing, elevation=elevation)
    # between whole degrees the cut is read linearly: at most 12/65^2/4 dB off
    assert float(value) == pytest.approx(expected, abs=2 * 12.0 / 65.0**2 / 4)


def test_turning_the_antenna_turns_its_pattern():
    antenna = tr38901_antenna()
    there = gain(antenna=antenna, azimuth=240.0, tilt=0.0, bearing=np.arange(360.0) + 240.0, elevation=-5.0)
    here = gain(antenna=antenna, azimuth=0.0, tilt=0.0, bearing=np.arange(360.0), elevation=-5.0)
    assert np.allclose(there, here, atol=1e-9)


def test_a_mechanical_tilt_lowers_the_beam_ahead_and_raises_it_behind():
    antenna = tr38901_antenna(beamwidth=65.0, vertical_beamwidth=10.0, gain_dbi=17.0)
    assert float(gain(antenna=antenna, azimuth=30.0, tilt=6.0, bearing=30.0, elevation=-6.0)) == pytest.approx(17.0)
    lobe = np.linspace(-15, 15, 301)
    two_way = Antenna(name="two-way", gain_dbi=0.0, horizontal=np.zeros(360), vertical=antenna.vertical, floor_db=30.0)
    behind = gain(antenna=two_way, azimuth=30.0, tilt=6.0, bearing=210.0, elevation=lobe)
    assert lobe[int(np.argmax(behind))] == pytest.approx(6.0, abs=0.11)
    aside = gain(antenna=two_way, azimuth=30.0, tilt=6.0, bearing=120.0, elevation=lobe)
    assert lobe[int(np.argmax(aside))] == pytest.approx(0.0, abs=0.11)


def test_an_electrical_tilt_lowers_the_beam_all_round():
    antenna = tr38901_antenna(vertical_beamwidth=10.0, electrical_tilt=6.0)
    assert float(gain(antenna=antenna, azimuth=0.0, tilt=0.0, bearing=0.0, elevation=-6.0)) == pytest.approx(8.0)


def test_an_isotropic_antenna_has_one_gain():
    values = gain(antenna=omni(gain_dbi=2.15), azimuth=10.0, tilt=5.0, bearing=[0, 77, 180], elevation=[-90, 3, 60])
    assert np.allclose(values, 2.15)


def msi(*, gain_line="GAIN 15.5 dBd", tilt=0, drop=None, vertical_sign=1):
    horizontal = [f"{a} {min(12.0 * (((a + 180) % 360 - 180) / 65.0) ** 2, 25.0):.1f}" for a in range(360)]
    vertical = [
        f"{a} {min(12.0 * ((((vertical_sign * a) % 360 + 180) % 360 - 180 - tilt) / 7.0) ** 2, 20.0):.1f}"
        for a in range(360)
    ]
    if drop is not None:
        del horizontal[drop]
    head = ["NAME 739623", "FREQUENCY 947", gain_line, f"TILT ELECTRICAL {tilt}"]
    return "\r\n".join([*head, "HORIZONTAL 360", *horizontal, "VERTICAL 360", *vertical, ""])


def test_an_msi_file_gives_gain_over_a_dipole_and_a_beam_below_level():
    antenna = read_msi(text=msi(tilt=6), name="739623.msi")
    assert antenna.gain_dbi == pytest.approx(15.5 + 2.15)
    assert float(gain(antenna=antenna, azimuth=0, tilt=0, bearing=0, elevation=-6)) == pytest.approx(17.65, abs=0.05)
    assert float(gain(antenna=antenna, azimuth=0, tilt=0, bearing=0, elevation=1)) == pytest.approx(5.65, abs=0.1)
    assert read_msi(text=msi(gain_line="GAIN 17,5 dBi"), name="x").gain_dbi == 17.5


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (msi(gain_line=""), "GAIN"),
        (msi(gain_line="GAIN 17 dB"), "dBi or dBd"),
        (msi(drop=7), "lacks 1 of its 360"),
        (msi().replace("VERTICAL 360", "OTHER 360"), "VERTICAL 360"),
        (msi().replace("\r\n12 ", "\r\n11 "), "angle 11"),
        (msi(tilt=6, vertical_sign=-1), "count the vertical angles downwards"),
        ("x" * 300_000, "no antenna pattern"),
        ("", "HORIZONTAL"),
    ],
)
def test_a_pattern_file_that_cannot_be_trusted_is_refused_with_the_cure(text, words):
    with pytest.raises(AntennaRefused, match=words):
        read_msi(text=text, name="file.msi")


def test_a_radio_mobile_file_counts_its_vertical_plane_from_the_zenith():
    level = [-min(12.0 * (((a + 180) % 360 - 180) / 65.0) ** 2, 25.0) for a in range(360)]
    upright = [-min(12.0 * ((e + 8) / 10.0) ** 2, 20.0) for e in (*range(90, -181, -1), *range(179, 90, -1))]
    antenna = read_ant(text="\n".join(f"{v:.2f}" for v in level + upright), name="x.ant", gain_dbi=17.0)
    assert float(gain(antenna=antenna, azimuth=0, tilt=0, bearing=0, elevation=-8)) == pytest.approx(17.0)
    with pytest.raises(AntennaRefused, match="720"):
        read_ant(text="0\n" * 360, name="v1.ant", gain_dbi=17.0)
    with pytest.raises(AntennaRefused, match="attenuation"):
        read_ant(text="a\n" * 720, name="v3.ant", gain_dbi=17.0)


def test_impossible_gains_are_refused():
    with pytest.raises(AntennaRefused, match="gain"):
        omni(gain_dbi=1750.0)
    with pytest.raises(AntennaRefused, match="beamwidths"):
        tr38901_antenna(beamwidth=0.0)
    assert math.isfinite(omni(gain_dbi=6.0, vertical_beamwidth=12.0).vertical.sum())
