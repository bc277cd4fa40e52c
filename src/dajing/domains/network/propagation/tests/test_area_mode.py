"""Area mode against the exact model; the relief is synthetic, the exact model is checked against the ITU tables."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dajing.domains.network.propagation import area, compare
from dajing.domains.network.propagation.demo import relief, rough_terrain
from dajing.domains.network.propagation.p1812 import OutsideTheModel
from dajing.domains.network.propagation.radial import walk

F = np.float32


@pytest.fixture(scope="module")
def terrain():
    return rough_terrain(seed=1)


def radial_loss(h, c, site, step=0.1):
    rings = h.size
    rw = np.zeros(rings + 1, np.float32)
    rw[1:] = 1.0 / np.sqrt(np.arange(1, rings + 1))
    out = np.zeros(rings, np.float32)
    walk(
        h, c, F(step), F(site.height), F(1.5), F(6371.0 * 157.0 / 112.0), F(site.frequency_ghz), F(325.0),
        site.vertical, 1, rw, np.empty((7, rings), np.float32), out,
    )  # fmt: skip
    return out


@pytest.mark.parametrize("frequency", [0.1, 0.8, 2.6])
@pytest.mark.parametrize("vertical", [True, False])
@pytest.mark.parametrize("wooded", [True, False])
def test_area_mode_stays_within_a_fifth_of_a_decibel_of_exact_on_the_same_profile(
    terrain, frequency, vertical, wooded, record_property
):
    site = area.Site(longitude=115.0, latitude=40.6, height=30.0, frequency_ghz=frequency, vertical=vertical)
    generator = np.random.default_rng(7)
    worst = 0.0
    for _ in range(12):
        azimuth = generator.uniform(0, 2 * math.pi)
        h, c = compare.sample_profile(terrain=terrain, site=site, azimuth=azimuth, length_km=50.0, points=501)
        if wooded:
            c[:] = np.where(np.arange(c.size) % 7 < 3, 12.0, 0.0)
        out = radial_loss(h, c, site)
        for i in generator.integers(10, 500, 8):
            exact = compare.exact_loss(
                heights=h[: i + 1].astype(float), clutter=c[: i + 1].astype(float), step_km=0.1, site=site, receiver=1.5
            )
            worst = max(worst, abs(float(out[i]) - exact))
    record_property("P.1812-8 area mode against exact on the same profile, dB", worst)
    assert worst <= 0.2


def test_an_obstacle_that_just_grazes_the_ray_is_no_division_by_zero(terrain):
    """On this bearing a float32 horizon equals the direct ray to the last bit, 8 km out."""
    site = area.Site(longitude=115.0770961997938, latitude=41.01272429864789, height=30.0, frequency_ghz=0.8)
    h, c = compare.sample_profile(
        terrain=terrain, site=site, azimuth=2 * math.pi * 213 / 1024, length_km=15.1, points=152
    )
    out = radial_loss(h, c, site)
    exact = [
        compare.exact_loss(
            heights=h[: i + 1].astype(float), clutter=c[: i + 1].astype(float), step_km=0.1, site=site, receiver=1.5
        )
        for i in range(75, 86)
    ]
    assert np.abs(out[75:86] - exact).max() <= 0.2


@pytest.mark.parametrize("slope", [-8, -3, 0, 1, 4, 9])
def test_even_slopes_in_whole_metres_have_a_loss_at_every_ring(slope):
    site = area.Site(longitude=115.0, latitude=40.6, height=20.0, frequency_ghz=1.8)
    h = (1500 + slope * np.arange(150)).astype(np.float32)
    for c in (np.zeros(150, np.float32), np.full(150, 15.0, np.float32)):
        assert np.isfinite(radial_loss(h, c, site)[1:]).all()


def test_the_raster_flips_at_most_one_pixel_in_a_hundred_against_exact_pixels(terrain, record_property):
    site = area.Site(longitude=115.0, latitude=40.6, height=30.0, frequency_ghz=0.8)
    error = compare.raster_error(
        terrain=terrain, site=site, coverage=area.coverage(terrain=terrain, site=site, radius_km=50.0), pixels=1000
    )
    record_property("P.1812-8 raster against exact pixels, mean absolute dB", error.mean_absolute)
    record_property("P.1812-8 raster against exact pixels, flips in per cent", error.flips_percent)
    assert error.mean_absolute <= 0.8
    assert error.flips_percent <= 1.0


def test_a_ridge_casts_a_shadow_and_no_circle(terrain):
    heights = np.full((1200, 1200), 800.0, np.float32)
    heights[:, 700:705] = 1100.0
    plain = area.Terrain(heights=heights, clutter=np.zeros_like(heights), west=114.5, north=41.1, step=1 / 1200)
    site = area.Site(longitude=115.0, latitude=40.6, height=30.0, frequency_ghz=0.8)
    loss = area.coverage(terrain=plain, site=site, radius_km=12.0).loss
    centre = loss.shape[0] // 2
    assert loss[centre, centre + 110] > loss[centre, centre - 110] + 20.0
    assert np.isnan(loss[0, 0])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"frequency_ghz": 28.0}, "P.1812"),
        ({"height": 0.0}, "P.1812"),
        ({"longitude": 114.01}, "leaves the terrain"),
    ],
)
def test_what_the_model_or_the_terrain_cannot_answer_is_refused_in_words(terrain, change, words):
    values = {"longitude": 115.0, "latitude": 40.6, "height": 30.0, "frequency_ghz": 0.8} | change
    with pytest.raises(OutsideTheModel, match=words):
        area.coverage(terrain=terrain, site=area.Site(**values), radius_km=20.0)


def test_a_void_near_the_site_is_refused_and_a_far_one_is_not():
    heights = relief(seed=2, cells=1200)
    heights[0, 0] = np.nan
    terrain = area.Terrain(heights=heights, clutter=np.zeros_like(heights), west=114.5, north=41.1, step=1 / 1200)
    site = area.Site(longitude=115.0, latitude=40.6, height=30.0, frequency_ghz=0.8)
    area.coverage(terrain=terrain, site=site, radius_km=10.0)
    heights[600, 650] = np.nan
    with pytest.raises(OutsideTheModel, match="void"):
        area.coverage(terrain=terrain, site=site, radius_km=10.0)
