"""The link budget against hand-worked figures of the 3GPP reports that it cites."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dajing.domains.network.radio import budget
from dajing.domains.network.radio.antenna import omni
from dajing.domains.network.radio.budget import BudgetRefused, Carrier, Sector

LTE20 = Carrier(frequency_mhz=1850.0, bandwidth_mhz=20.0)


def sector(**changes):
    values = {"id": "s", "antenna": omni(gain_dbi=15.0), "azimuth": 0.0, "power_dbm": 46.0, "carrier": LTE20}
    return Sector(**values | changes)


def test_46_dbm_over_20_mhz_are_15_2_dbm_a_resource_element():
    """40 W over 1,200 subcarriers: 46 - 30.79 dB."""
    assert budget.element_power_dbm(sector=sector()) == pytest.approx(15.21, abs=0.005)
    assert float(budget.rsrp(sector=sector(losses_db=3.0), gain_dbi=15.0, loss_db=130.0)) == pytest.approx(
        -102.79, abs=0.01
    )


def test_noise_of_a_15_khz_element_at_9_db_is_minus_123_2_dbm():
    """-174 dBm/Hz + 41.76 dB + 9 dB."""
    assert budget.element_noise_dbm(carrier=LTE20) == pytest.approx(-123.2, abs=0.05)


def test_an_equal_neighbour_at_full_load_leaves_zero_decibels_and_noise_alone_the_snr():
    one = 10 ** (-90 / 10)
    assert float(budget.sinr(serving_dbm=-90.0, others_mw=one, carrier=LTE20)) == pytest.approx(0.0, abs=0.01)
    assert float(budget.sinr(serving_dbm=-113.2, others_mw=0.0, carrier=LTE20)) == pytest.approx(10.0, abs=0.05)


@pytest.mark.parametrize(
    ("sinr", "mbps"),
    [
        (-10.1, 0.0),
        (0.0, 0.6 * 1.0 * 18.0),  # 0.6 log2(2) on 100 blocks of 180 kHz
        (10.0, 0.6 * math.log2(11.0) * 18.0),
        (40.0, 4.4 * 18.0),  # the table's most
    ],
)
def test_throughput_is_the_attenuated_shannon_bound_of_tr_36_942(sinr, mbps):
    assert float(budget.throughput_mbps(sinr_db=sinr, carrier=LTE20)) == pytest.approx(mbps)


def test_half_the_blocks_give_half_and_the_uplink_less():
    full = budget.throughput_mbps(sinr_db=np.array([5.0, 20.0]), carrier=LTE20)
    assert np.allclose(budget.throughput_mbps(sinr_db=np.array([5.0, 20.0]), carrier=LTE20, share=0.5), full / 2)
    assert (budget.throughput_mbps(sinr_db=np.array([5.0, 20.0]), carrier=LTE20, uplink=True) < full).all()


def test_a_100_mhz_carrier_at_30_khz_has_273_blocks():
    """TS 38.101-1 Table 5.3.2-1."""
    assert Carrier(frequency_mhz=3500, bandwidth_mhz=100, technology="NR", spacing_khz=30).subcarriers == 3276


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Carrier(frequency_mhz=1850, bandwidth_mhz=17), "17 MHz"),
        (lambda: Carrier(frequency_mhz=3500, bandwidth_mhz=100, technology="NR"), "100 MHz"),
        (lambda: sector(power_dbm=20_000.0), "43 dBm"),
        (lambda: sector(tilt=80.0), "tilt"),
        (lambda: sector(load=40.0), "load"),
    ],
)
def test_units_mixed_up_are_refused(make, words):
    with pytest.raises(BudgetRefused, match=words):
        make()


def test_a_mast_of_60_m_sees_a_terminal_at_3_km_about_a_degree_below():
    assert float(budget.elevation_deg(distance_km=3.0, from_m=60.0, to_m=1.5)) == pytest.approx(-1.127, abs=0.005)
