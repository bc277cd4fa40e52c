"""Losses on the city's grid are those of the exact model at each cell's own profile."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dajing.domains.network.propagation import area, compare, gridded, tr38901
from dajing.domains.network.propagation.demo import rough_terrain
from dajing.domains.network.propagation.p1812 import OutsideTheModel
from dajing.domains.network.propagation.streets import in_streets

SITE = area.Site(longitude=115.01, latitude=40.62, height=30.0, frequency_ghz=0.8)


def distance_and_bearing(lon, lat):
    """Great circle by the haversine formula."""
    p1, p2, dl = math.radians(SITE.latitude), math.radians(lat), math.radians(lon - SITE.longitude)
    a = math.sin((p2 - p1) / 2) ** 2 + math.cos(p1) * math.cos(p2) * math.sin(dl / 2) ** 2
    y, x = math.sin(dl) * math.cos(p2), math.cos(p1) * math.sin(p2) - math.sin(p1) * math.cos(p2) * math.cos(dl)
    return 2 * 6371.0 * math.asin(math.sqrt(a)), math.atan2(y, x)


@pytest.fixture(scope="module")
def terrain():
    return rough_terrain(seed=1)


@pytest.fixture(scope="module")
def grid():
    return gridded.city_grid(west=114.6, south=40.3, east=115.4, north=40.9)


def test_cells_are_where_the_great_circle_says(grid):
    window = grid.window(longitude=SITE.longitude, latitude=SITE.latitude, radius_km=30.0)
    north, east, dy, dx = gridded.centres_km(grid=grid, window=window, longitude=SITE.longitude, latitude=SITE.latitude)
    tangent = math.tan(math.radians(SITE.latitude))
    for row, column in [(0, 0), (10, 400), (550, 20), (300, 299), (599, 599)]:
        x, y = gridded.offset_km(east + column * dx, north - row * dy, tangent)
        lon = grid.west + (window.column + column + 0.5) * grid.dx
        lat = grid.north - (window.row + row + 0.5) * grid.dy
        distance, bearing = distance_and_bearing(lon, lat)
        assert math.hypot(x, y) == pytest.approx(distance, abs=0.002)
        off = (math.atan2(x, y) - bearing + math.pi) % (2 * math.pi) - math.pi
        assert abs(off) * distance <= 0.005


def test_losses_on_the_grid_agree_with_exact_profiles(terrain, grid):
    patch = gridded.on_grid(terrain=terrain, site=SITE, grid=grid, radius_km=15.0)
    rows, columns = np.nonzero(np.isfinite(patch.loss))
    chosen = np.random.default_rng(5).choice(rows.size, 300, replace=False)
    errors = []
    for row, column in zip(rows[chosen], columns[chosen], strict=True):
        lon = grid.west + (patch.window.column + column + 0.5) * grid.dx
        lat = grid.north - (patch.window.row + row + 0.5) * grid.dy
        distance, bearing = distance_and_bearing(lon, lat)
        if distance < 1.0:
            continue
        points = math.ceil(distance / 0.1) + 1
        h, c = compare.sample_profile(terrain=terrain, site=SITE, azimuth=bearing, length_km=distance, points=points)
        exact = compare.exact_loss(
            heights=h.astype(float), clutter=c.astype(float), step_km=distance / (points - 1), site=SITE, receiver=1.5
        )
        errors.append(float(patch.loss[row, column]) - exact)
    assert np.abs(errors).mean() <= 0.8
    assert abs(np.mean(errors)) <= 0.3


def test_a_grid_that_ends_before_the_radius_gets_what_it_holds(terrain):
    small = gridded.city_grid(west=115.0, south=40.55, east=115.05, north=40.62)
    patch = gridded.on_grid(terrain=terrain, site=SITE, grid=small, radius_km=15.0)
    assert patch.loss.shape == (small.rows, small.columns)
    assert np.isfinite(patch.loss).all()


def test_an_impossible_box_is_refused():
    with pytest.raises(OutsideTheModel, match="box"):
        gridded.city_grid(west=116.0, south=40.0, east=115.0, north=41.0)
    with pytest.raises(OutsideTheModel, match="too many"):
        gridded.city_grid(west=70.0, south=20.0, east=130.0, north=50.0, cell_m=10.0)


def test_in_a_town_the_loss_is_at_least_that_of_streets_and_elsewhere_unchanged(terrain, grid):
    site = area.Site(longitude=115.01, latitude=40.62, height=25.0, frequency_ghz=3.5)
    patch = gridded.on_grid(terrain=terrain, site=site, grid=grid, radius_km=7.0)
    built = np.zeros((grid.rows, grid.columns), bool)
    built[:, : grid.columns // 2] = True
    town = in_streets(patch=patch, grid=grid, site=site, built=built)
    inside = built[patch.window.slices]
    assert np.array_equal(town.loss[~inside], patch.loss[~inside], equal_nan=True)
    assert (np.nan_to_num(town.loss) >= np.nan_to_num(patch.loss)).all()
    for east, rises in ((-1.0, True), (-6.0, False)):  # 1 km west is within the scenario's 5 km, 6 km is not
        lon = site.longitude + east / (111.195 * math.cos(math.radians(site.latitude)))
        row, column = grid.cell(longitude=lon, latitude=site.latitude)
        here = row - patch.window.row, column - patch.window.column
        if rises:
            street = tr38901.loss(scenario="UMa", sight=False, distance_m=-1000 * east, frequency_ghz=3.5)
            assert town.loss[here] == pytest.approx(max(float(street), float(patch.loss[here])), abs=1.0)
        else:
            assert town.loss[here] == patch.loss[here]
