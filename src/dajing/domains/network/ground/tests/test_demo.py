"""The demo's relief is the same for the same seed and lies where known heights say."""

from __future__ import annotations

import numpy as np
import pytest

from dajing.domains.network.ground.demo import SpotHeight, demo_terrain
from dajing.domains.network.ground.files import heights_at, keep_terrain, open_terrain, provenance_of
from dajing.domains.network.propagation.p1812 import OutsideTheModel

BOX = {"west": 114.0, "south": 40.0, "east": 115.0, "north": 41.0, "step": 1 / 200}


def spot(lon, lat, height):
    return SpotHeight(name="", longitude=lon, latitude=lat, height_m=height, source="made up for this test")


def test_the_same_seed_is_the_same_relief_and_another_is_not():
    one, two = demo_terrain(seed=1, **BOX), demo_terrain(seed=1, **BOX)
    assert np.array_equal(one.heights, two.heights)
    assert not np.array_equal(one.heights, demo_terrain(seed=2, **BOX).heights)
    assert one.heights.shape == (201, 201) and one.heights.min() >= 500.0 and one.heights.max() <= 2300.0


def test_the_relief_passes_through_known_heights():
    spots = [spot(114.2, 40.8, 1400.0), spot(114.8, 40.8, 1390.0), spot(114.3, 40.2, 720.0), spot(114.9, 40.1, 540.0)]
    terrain = demo_terrain(seed=3, spots=spots, **BOX)
    for s in spots:
        here = heights_at(terrain=terrain, latitudes=np.array([s.latitude]), longitudes=np.array([s.longitude]))
        assert float(here[0, 0]) == pytest.approx(s.height_m, abs=15.0)


def test_kept_terrain_is_read_back_with_its_kind(tmp_path):
    terrain = demo_terrain(seed=1, **BOX)
    keep_terrain(terrain=terrain, folder=tmp_path / "t", provenance="synthetic")
    keep_terrain(terrain=terrain, folder=tmp_path / "t", provenance="synthetic")
    again = open_terrain(folder=tmp_path / "t")
    assert np.array_equal(again.heights, terrain.heights) and (again.west, again.north) == (114.0, 41.0)
    assert provenance_of(folder=tmp_path / "t") == "synthetic"
    assert [p.name for p in tmp_path.iterdir()] == ["t"]


def test_a_box_without_size_is_refused():
    with pytest.raises(OutsideTheModel, match="cells"):
        demo_terrain(seed=1, **BOX | {"east": 114.0})
