"""The demand layer adds up to the census, whole people at every level, and is the same on every machine."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import date
from pathlib import Path

import msgspec
import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given
from hypothesis import strategies as st

from dajing.domains.network.demand.layer import ManyGrids, by_grid, layer, population_grid, synthetic_layer
from dajing.domains.network.demand.rasters import RasterRefused, people_of_raster
from dajing.domains.network.demand.rules import largest_remainder, scattered
from dajing.kernel.areas.api import census
from dajing.kernel.areas.boundaries import boundaries
from dajing.kernel.settings import settings

SUM_2020 = 4_118_908  # seventh census, city total as published in the communiqué
HOUSEHOLDS_2020 = 1_732_183


def test_people_and_households_add_up_to_the_published_census() -> None:
    layer = synthetic_layer()
    assert int(layer.people.sum()) == SUM_2020
    assert int(layer.households.sum()) == HOUSEHOLDS_2020
    for code, row in census(2020).items():
        mine = np.array([unit == code for unit in layer.unit])
        if code != "130700":
            assert int(layer.people[mine].sum()) == row.population
            assert int(layer.households[mine].sum()) == row.households


def test_communities_and_villages_are_told_apart_as_the_code_list_has_them() -> None:
    # counts by county of the NBS 2023 code list; Chicheng and Chabei have no residents' committee in it
    layer = synthetic_layer()
    found = Counter(unit for unit, urban in zip(layer.unit, layer.urban, strict=True) if urban)
    assert sum(found.values()) == 389
    assert (found["130702"], found["130732"], found["130772"]) == (47, 0, 0)
    urban = layer.people[layer.urban].sum()
    assert int(urban) == 2_722_683 - 100_137 - 13_097  # the urban people of those two live in villages here


def test_every_place_lies_in_its_own_county() -> None:
    layer = synthetic_layer()
    for code in ("130709", "130732"):
        mine = np.flatnonzero([unit == code for unit in layer.unit])
        assert shapely.contains_xy(boundaries()[code].polygon, layer.longitude[mine], layer.latitude[mine]).all()


def test_the_layer_is_the_same_on_every_machine() -> None:
    layer = synthetic_layer()
    at = layer.at("130709100200")
    assert at is not None
    assert len(layer.digest) == 64
    again = scattered(key="k", inside=lambda p: p[0] < 0.5, bounds=(0, 0, 1, 1), among=[(0.1, 0.1)])
    assert again == scattered(key="k", inside=lambda p: p[0] < 0.5, bounds=(0, 0, 1, 1), among=[(0.1, 0.1)])
    assert again[0] < 0.5


@given(st.integers(0, 10**7), st.lists(st.floats(0.001, 1e6), min_size=1, max_size=60))
def test_a_split_keeps_its_sum_and_no_share_is_off_by_one_or_more(total: int, weights: list[float]) -> None:
    found = largest_remainder(total=total, weights=weights)
    assert sum(found) == total
    whole = sum(weights)
    assert all(abs(n - total * w / whole) < 1.0 + 1e-6 for n, w in zip(found, weights, strict=True))


def test_hamiltons_example_of_seats() -> None:
    # the textbook case of the largest-remainder method: 100,000 votes, 10 seats
    votes = [47_000, 16_000, 15_800, 12_000, 6_100, 3_100]
    assert largest_remainder(total=10, weights=votes) == [5, 2, 1, 1, 1, 0]


def test_what_cannot_be_split_is_refused() -> None:
    for total, weights in ((1, [0.0]), (-1, [1.0]), (1, [-1.0, 2.0]), (1, [])):
        with pytest.raises(ValueError, match="nothing|not negative"):
            largest_remainder(total=total, weights=weights)


def _raster(
    path: Path, values: np.ndarray, *, crs: str | None = "EPSG:4326", corner: tuple[float, float] = (114.0, 41.0),
    step: float = 0.1,
) -> Path:  # fmt: skip
    place = rasterio.transform.from_origin(*corner, step, step)
    with rasterio.open(path, "w", driver="GTiff", height=values.shape[0], width=values.shape[1], count=1,
                       dtype="float32", crs=crs, transform=place, nodata=-99999) as sink:  # fmt: skip
        sink.write(values.astype("float32"), 1)
    return path


def test_a_population_raster_is_brought_to_the_census_of_each_unit(tmp_path: Path) -> None:
    values = np.full((10, 10), 7.3)
    values[0, 0] = -99999
    west, east = shapely.box(114.0, 40.0, 114.5, 41.0), shapely.box(114.5, 40.0, 115.0, 41.0)
    cells, balances = people_of_raster(
        path=_raster(tmp_path / "p.tif", values), polygons={"a": west, "b": east}, totals={"a": 1001, "b": 77}
    )
    assert {unit: sum(c.people for c in cells if c.unit == unit) for unit in "ab"} == {"a": 1001, "b": 77}
    assert balances[0].ratio == pytest.approx(49 * 7.3 / 1001, rel=1e-6)
    assert cells[0].longitude == pytest.approx(114.15)
    assert cells[0].latitude == pytest.approx(40.95)


def test_a_raster_that_cannot_be_right_is_refused_with_the_cure(tmp_path: Path) -> None:
    box, half = shapely.box(114.0, 40.0, 115.0, 41.0), shapely.box(114.0, 40.0, 114.5, 41.0)
    good = _raster(tmp_path / "good.tif", np.ones((10, 10)))
    cases = (
        (_raster(tmp_path / "m.tif", np.ones((10, 10)), crs="EPSG:32650"), {"a": box}, {"a": 1}, "reproject"),
        (_raster(tmp_path / "k.tif", np.ones((10, 10)), crs="EPSG:4214"), {"a": box}, {"a": 1}, "reproject"),
        (_raster(tmp_path / "n.tif", -np.ones((10, 10))), {"a": box}, {"a": 1}, "nodata"),
        (_raster(tmp_path / "z.tif", np.zeros((10, 10))), {"a": box}, {"a": 1}, "covers the city"),
        (good, {"a": box, "b": half}, {"a": 1, "b": 1}, "overlap"),
        (good, {"a": box}, {"a": 1, "b": 1}, "lack a polygon"),
        (tmp_path / "none.tif", {"a": box}, {"a": 1}, "no readable raster"),
    )
    for path, polygons, totals, words in cases:
        with pytest.raises(RasterRefused) as refused:
            people_of_raster(path=path, polygons=polygons, totals=totals)
        assert words in refused.value.message.en


def test_where_every_place_is_surveyed_a_raster_shares_the_census_out(tmp_path: Path) -> None:
    base = synthetic_layer()
    mine = np.array([unit == "130702" for unit in base.unit])
    village = next(n for n in np.flatnonzero(mine) if not base.urban[n])
    corner = float(base.longitude[village]) - 0.00015, float(base.latitude[village]) + 0.00015
    grid = _raster(tmp_path / "p.tif", np.full((3, 3), 55.0), corner=corner, step=0.0001)
    found = by_grid(layer=msgspec.structs.replace(base, surveyed=mine), grid=grid)
    assert found.people.sum() == base.people.sum() == 4_118_908
    assert found.households.sum() == 1_732_183
    assert (found.people[~mine] == base.people[~mine]).all()
    assert (found.people[mine & base.urban].sum(), found.people[mine & ~base.urban].sum()) == (
        base.people[mine & base.urban].sum(), base.people[mine & ~base.urban].sum(),
    )  # fmt: skip
    rural = found.people[mine & ~base.urban]
    assert (rural > 0).sum() == 1, "the grid has people at one village alone"


@pytest.mark.django_db
def test_the_installations_raster_counts_and_two_are_refused() -> None:
    folder, day = settings().data_dir / "population", date(2020, 12, 31)
    plain = layer(on=day).digest
    folder.mkdir()
    try:
        first = _raster(folder / "a.tif", np.ones((20, 30)))
        assert population_grid() == first
        assert layer(on=day).digest != plain
        _raster(folder / "b.tif", np.ones((20, 30)))
        with pytest.raises(ManyGrids):
            layer(on=day)
    finally:
        shutil.rmtree(folder)
