"""Models without terrain against published worked values; the source stands beside each table."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dajing.domains.network.propagation import freespace, hata, location, p2108, p2109, tr38901
from dajing.domains.network.propagation.p1812 import OutsideTheModel


def flat(d3, base, terminal=1.5):
    """2D distance that gives the 3D distance of the workbook."""
    return math.sqrt(d3 * d3 - (base - terminal) ** 2)


# path_loss_validation_etsi_3gpp_tr_138_901.xlsx of github edwardoughton/pysim5g (MIT), buildings 5 m, streets 20 m.
# It squares the factor too in 3.7 (h / hBS)^2 of RMa without sight, where the table squares the quotient alone.
SQUARED = (3.7**2 - 3.7) * (5.0 / 35.0) ** 2 * math.log10(35.0)
WORKBOOK = [
    ("RMa", True, 105.46207849269803, 35.0, 0.7, 70.21901464097206),
    ("RMa", True, 5000.112223740583, 35.0, 0.7, 121.33105477369),
    ("RMa", False, 105.46207849269803, 35.0, 0.7, 79.00919767345586 - SQUARED),
    ("RMa", False, 5000.112223740583, 35.0, 0.7, 143.7542540746717 - SQUARED),
    ("UMa", True, 105.46207849269803, 35.0, 0.7, 69.41007997987725),
    ("UMa", False, 105.46207849269803, 35.0, 0.7, 89.50456523385148),
    ("UMa", False, 5000.112223740583, 35.0, 0.7, 154.99808950285214),
    ("UMi", True, 105.46207849269803, 10.0, 3.7, 86.24905733458692),
    ("UMi", False, 105.46207849269803, 10.0, 3.7, 105.91799704260886),
    ("UMi", False, 4999.9, 10.0, 3.7, 165.076681963175),
]


@pytest.mark.parametrize(("scenario", "sight", "d3", "base", "f", "expected"), WORKBOOK)
def test_tr_38_901_agrees_with_the_published_workbook(scenario, sight, d3, base, f, expected):
    distance = min(flat(d3, base), 5000.0)
    value = tr38901.loss(scenario=scenario, sight=sight, distance_m=distance, frequency_ghz=f, base_height=base)
    assert float(value) == pytest.approx(expected, abs=0.004)


@pytest.mark.parametrize(("scenario", "base", "f", "expected"), [
    ("UMa", 35.0, 0.7, 133.1927421833494), ("UMi", 10.0, 3.7, 147.60739080356535),
])  # fmt: skip
def test_beyond_the_breakpoint_too_but_for_the_workbooks_own_effective_height(scenario, base, f, expected):
    """The workbook takes h'BS = hBS - 1.5 m where note 1 says hBS - 1 m: 0.1 and 0.4 dB at these heights."""
    value = float(tr38901.loss(scenario=scenario, sight=True, distance_m=4999.9, frequency_ghz=f, base_height=base))
    wrong = 9.0 if scenario == "UMa" else 9.5
    theirs = 4.0 * (base - 1.5) * 0.5 * f * 1e9 / 3e8
    ours = tr38901.breakpoint_m(scenario=scenario, frequency_ghz=f, base_height=base, terminal_height=1.5)
    shift = wrong * math.log10((theirs**2 + (base - 1.5) ** 2) / (ours**2 + (base - 1.5) ** 2))
    assert value - shift == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(
    ("scenario", "sight", "d", "f", "expected"),
    [
        ("InH", True, 10.0, 3.5, 32.4 + 17.3 + 10.8814),  # Table 7.4.1-1 by hand
        ("InH", False, 10.0, 3.5, 17.3 + 38.3 + 24.9 * 0.544068),
        ("InH", False, 1.0, 3.5, 32.4 + 10.8814),  # never less than in sight
    ],
)
def test_indoor_office_by_hand(scenario, sight, d, f, expected):
    value = tr38901.loss(scenario=scenario, sight=sight, distance_m=d, frequency_ghz=f)
    assert float(value) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("scenario", "options", "d", "expected"),
    [
        ("RMa", {}, 10.0, 1.0), ("RMa", {}, 1010.0, math.exp(-1)),
        ("UMa", {}, 18.0, 1.0), ("UMa", {}, 63.0, 18 / 63 + math.exp(-1) * 45 / 63),
        ("UMa", {"terminal_height": 23.0}, 150.0,
         (18 / 150 + math.exp(-150 / 63) * 132 / 150) * (1 + 1.25 * 1.5**3 * math.exp(-1))),
        ("UMi", {}, 36.0, 0.5 + math.exp(-1) * 0.5),
        ("InH", {}, 1.2, 1.0), ("InH", {}, 5.9, math.exp(-1)), ("InH", {}, 39.1, 0.32 * math.exp(-1)),
        ("InH", {"open_office": True}, 49.0, math.exp(-44 / 70.8)),
        ("InH", {"open_office": True}, 260.7, 0.54 * math.exp(-1)),
    ],
)  # fmt: skip
def test_line_of_sight_is_as_likely_as_table_7_4_2_says(scenario, options, d, expected):
    assert float(tr38901.sight_probability(scenario=scenario, distance_m=d, **options)) == pytest.approx(expected)


def test_losses_rise_with_distance_and_never_fall_without_sight():
    d = np.linspace(10.0, 5000.0, 800)
    for scenario in ("RMa", "UMa", "UMi"):
        seen = tr38901.loss(scenario=scenario, sight=True, distance_m=d, frequency_ghz=2.6)
        hidden = tr38901.loss(scenario=scenario, sight=False, distance_m=d, frequency_ghz=2.6)
        assert (np.diff(seen) > -0.2).all() and (np.diff(hidden) > -0.2).all()
        assert (hidden >= seen).all()
        assert (seen >= freespace.loss(distance_km=d / 1000.0, frequency_mhz=2600.0) - 3.0).all()


def test_shadow_fading_is_that_of_the_table():
    edge = tr38901.breakpoint_m(scenario="RMa", frequency_ghz=0.7, base_height=35.0, terminal_height=1.5)
    assert edge == pytest.approx(769.6902, abs=1e-3)  # the workbook's breakpoint
    both = tr38901.sigma_db(scenario="RMa", sight=True, distance_m=[edge - 1, edge + 1], frequency_ghz=0.7)
    assert list(both) == [4.0, 6.0]
    assert float(tr38901.sigma_db(scenario="UMi", sight=False, distance_m=100.0, frequency_ghz=3.5)) == 7.82


def test_entry_through_glass_and_concrete_by_hand():
    """At 3.5 GHz: glass 2.7 dB, coated glass 24.05 dB, concrete 19 dB; Table 7.4.3-1 and -2."""
    low = 5 - 10 * math.log10(0.3 * 10**-0.27 + 0.7 * 10**-1.9)
    high = 5 - 10 * math.log10(0.7 * 10**-2.405 + 0.3 * 10**-1.9)
    assert tr38901.entry_loss(frequency_ghz=3.5) == pytest.approx(low)
    assert tr38901.entry_loss(frequency_ghz=3.5, high_loss=True, inside_m=10.0) == pytest.approx(high + 5.0)


@pytest.mark.parametrize(
    ("f", "base", "slope", "expected", "model"),
    [
        (900.0, 50.0, 33.8, 123.3, "hata"),
        (1800.0, 50.0, 33.8, 133.2, "cost"),
    ],
)
def test_hata_and_cost_231_give_the_planning_formulas_of_gsm_03_30(f, base, slope, expected, model):
    """GSM 03.30 annex B: urban 123.3 + 33.7 log d at 900 MHz and 133.2 + 33.8 log d at 1,800 MHz, base 50 m."""
    make = hata.okumura_hata if model == "hata" else hata.cost231
    one, ten = make(frequency_mhz=f, distance_km=[1.0, 10.0], base_height=base)
    assert one == pytest.approx(expected, abs=0.1)
    assert ten - one == pytest.approx(slope, abs=0.1)


def test_hata_falls_from_city_over_suburb_to_open_country_by_hand():
    """At 900 MHz: suburb 2 log(900/28)^2 + 5.4 = 9.94 dB less, open 4.78 f^2 - 18.33 f + 40.94 = 28.51 dB less."""
    city, suburb, country = (
        float(hata.okumura_hata(frequency_mhz=900.0, distance_km=5.0, base_height=50.0, surroundings=kind))
        for kind in ("city", "suburban", "open")
    )
    assert city - suburb == pytest.approx(9.943, abs=0.005)
    assert city - country == pytest.approx(28.506, abs=0.005)
    large = float(hata.okumura_hata(frequency_mhz=900.0, distance_km=5.0, base_height=50.0, surroundings="large city"))
    assert city - large == pytest.approx(3.2 * math.log10(17.625) ** 2 - 4.97 - 0.0159, abs=0.002)


# "Clutter and BEL workbook" of ITU-R Study Group 3, as typed in github eeveetza/p2108 validate_p2108.m: f = 1.5 GHz,
# h = 2 m, street 27 m; clutter, its height, expected dB.
HEIGHT_GAIN = [
    ("water", 10.0, 16.0), ("water", 4.0, 6.9), ("open", 10.0, 16.0), ("suburban", 10.0, 20.45),
    ("suburban", 4.0, 9.24),
    ("urban", 15.0, 24.5), ("urban", 4.0, 9.24), ("dense urban", 20.0, 27.1), ("dense urban", 4.0, 9.24),
]  # fmt: skip


@pytest.mark.parametrize(("clutter", "height", "expected"), HEIGHT_GAIN)
def test_p2108_height_gain_agrees_with_the_study_groups_workbook(clutter, height, expected):
    value = p2108.height_gain(frequency_ghz=1.5, antenna_height=2.0, clutter=clutter, clutter_height=height)
    assert value == pytest.approx(expected, abs=0.05)


# The same workbook: d = 0.65 km; GHz, then 5, 50, 95 and 99.9 percent of locations.
STATISTICAL = [
    (2, 19.2, 27.1, 34.6, 40.4), (3, 20.0, 28.3, 36.3, 42.1), (5, 20.8, 29.6, 38.3, 44.2), (10, 21.7, 30.6, 39.5, 45.3),
    (20, 22.6, 31.2, 39.6, 45.4), (66, 23.9, 31.9, 39.6, 45.4),
]  # fmt: skip


@pytest.mark.parametrize("row", STATISTICAL)
def test_p2108_statistical_clutter_agrees_with_the_study_groups_workbook(row):
    for percent, expected in zip((5.0, 50.0, 95.0, 99.9), row[1:], strict=True):
        value = p2108.statistical(frequency_ghz=row[0], distance_km=0.65, location_percent=percent)
        assert round(value, 1) == pytest.approx(expected, abs=0.051)


def test_p2108_statistical_clutter_stays_from_two_kilometres_on():
    near, far = (p2108.statistical(frequency_ghz=3.5, distance_km=d) for d in (2.0, 50.0))
    assert near == far


# The same workbook in github eeveetza/p2109 validate_p2109.m, 28 GHz: building, elevation, percent, dB.
ENTRY = [
    ("traditional", 0, 0.01, 1.003), ("traditional", 0, 1.0, 2.769), ("traditional", 0, 15.84893, 9.155),
    ("traditional", 0, 46.77351, 19.204), ("traditional", 0, 77.62471, 29.546), ("traditional", 0, 99.77001, 55.44),
    ("efficient", 0, 0.01, 1.733), ("efficient", 0, 1.0, 9.369), ("efficient", 0, 46.77351, 40.156),
    ("efficient", 0, 99.77001, 95.448),
    ("traditional", 45, 1.0, 3.508), ("traditional", 45, 48.97788, 23.27), ("traditional", 45, 99.77001, 52.3),
]  # fmt: skip


@pytest.mark.parametrize(("building", "elevation", "percent", "expected"), ENTRY)
def test_p2109_agrees_with_the_study_groups_workbook(building, elevation, percent, expected):
    f = 2.0 if elevation else 28.0
    value = p2109.entry_loss(frequency_ghz=f, building=building, probability=percent / 100.0, elevation_deg=elevation)
    assert value == pytest.approx(expected, abs=0.01)


def test_free_space_is_92_45_db_at_a_kilometre_and_a_gigahertz():
    """ITU-R P.525 eq. (5): 32.4 + 20 log f (MHz) + 20 log d (km)."""
    assert float(freespace.loss(distance_km=1.0, frequency_mhz=1000.0)) == pytest.approx(92.45, abs=0.005)


@pytest.mark.parametrize(
    ("h", "clutter", "share"), [(1.5, 10.0, 1.0), (10.0, 10.0, 1.0), (15.0, 10.0, 0.5), (20.0, 10.0, 0.0), (50, 10, 0)]
)
def test_location_variability_is_that_of_p1812(h, clutter, share):
    """(0.52 + 0.024 f) w^0.28, as Py1812's stdDev states it: at 0.8 GHz and 100 m 1.958 dB."""
    value = location.sigma_db(frequency_ghz=0.8, resolution_m=100.0, receiver_height=h, clutter_height=clutter)
    assert value == pytest.approx(share * 0.5392 * 100**0.28, abs=1e-9)
    assert share != 1.0 or value == pytest.approx(1.958, abs=0.001)


def test_half_the_places_get_the_median_and_ten_percent_get_one_and_a_quarter_sigma_more():
    share = location.probability(median=[-100.0, -92.31, -107.69], threshold=-100.0, sigma_db=6.0)
    assert share == pytest.approx([0.5, 0.9, 0.1], abs=2e-4)
    assert list(location.probability(median=[-99.0, -101.0, np.nan], threshold=-100.0, sigma_db=0.0)) == [1.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: tr38901.loss(scenario="UMa", sight=True, distance_m=6000.0, frequency_ghz=2.6), "10 to 5000 m"),
        (lambda: tr38901.loss(scenario="UMa", sight=True, distance_m=[100.0, np.nan], frequency_ghz=2.6), "nan"),
        (lambda: tr38901.loss(scenario="RMa", sight=True, distance_m=100.0, frequency_ghz=39.0), "0.5 to 30 GHz"),
        (lambda: tr38901.loss(scenario="InH", sight=True, distance_m=500.0, frequency_ghz=5.0), "1 to 150 m"),
        (lambda: tr38901.loss(scenario="UMi", sight=True, distance_m=50, frequency_ghz=5, terminal_height=90), "22.5"),
        (lambda: hata.okumura_hata(frequency_mhz=2600.0, distance_km=1.0, base_height=30.0), "1500 MHz"),
        (lambda: hata.cost231(frequency_mhz=1800.0, distance_km=50.0, base_height=30.0), "1 to 20 km"),
        (lambda: hata.cost231(frequency_mhz=1800.0, distance_km=5.0, base_height=3000.0), "30 to 200 m"),
        (lambda: p2108.height_gain(frequency_ghz=3.5, antenna_height=1.5, clutter="urban"), "0.03 to 3"),
        (lambda: p2108.statistical(frequency_ghz=0.3, distance_km=1.0), "0.5 to 67"),
        (lambda: p2109.entry_loss(frequency_ghz=2.0, probability=95.0), "probabilities between"),
        (lambda: location.sigma_db(frequency_ghz=0.8, resolution_m=5.0), "50 to 1,000"),
    ],
)
def test_outside_its_range_a_model_refuses_in_words(call, words):
    with pytest.raises(OutsideTheModel, match=words):
        call()
