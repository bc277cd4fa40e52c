"""Terrain of an installation: its own files where it has some, synthetic relief in a demo alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio

from dajing.domains.network import terrain
from dajing.domains.network.terrain import NoTerrain, TerrainRefused, bounds, city_terrain
from dajing.kernel.settings import settings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory of its own."""
    monkeypatch.setenv("DAJING_DATA", str(tmp_path))
    settings.cache_clear()
    (tmp_path / "terrain").mkdir()
    yield tmp_path / "terrain"
    monkeypatch.undo()
    settings.cache_clear()


def write(path: Path, *, height: float, crs: str = "EPSG:4326", kind: str = "float32") -> None:
    west, south, east, north = bounds()
    place = rasterio.transform.from_bounds(west, south, east, north, 200, 200)
    with rasterio.open(path, "w", driver="GTiff", height=200, width=200, count=1, dtype=kind, crs=crs,
                       transform=place, nodata=-32768 if kind == "float32" else 0) as sink:  # fmt: skip
        sink.write(np.full((200, 200), height, kind), 1)


def test_files_in_the_terrain_folder_are_used_and_are_not_synthetic(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terrain, "FINE", 1.0 / 60.0)  # a coarse mosaic says the same
    write(folder / "dem.tif", height=1234.0)
    found = city_terrain()
    assert not found.synthetic
    middle = found.terrain.heights[found.terrain.heights.shape[0] // 2, found.terrain.heights.shape[1] // 2]
    assert middle == pytest.approx(1234.0)
    terrain._measured.cache_clear()


def test_a_file_that_is_no_elevation_is_refused_with_the_cure(folder: Path) -> None:
    (folder / "dem.tif").write_bytes(b"no raster")
    with pytest.raises(TerrainRefused) as refused:
        city_terrain()
    assert "dem.tif" in refused.value.message.zh


def test_a_demo_makes_relief_up_and_a_real_installation_does_not(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert city_terrain().synthetic
    monkeypatch.setenv("DAJING_DEMO", "none")
    settings.cache_clear()
    with pytest.raises(NoTerrain) as refused:
        city_terrain()
    assert str(folder) in refused.value.message.en


def test_land_cover_of_the_clutter_folder_stands_on_the_terrain_and_changes_its_digest(folder: Path) -> None:
    bare, clutter = city_terrain(), folder.parent / "clutter"
    clutter.mkdir()
    write(clutter / "ESA_WorldCover_10m_2021.tif", height=10, kind="uint8")  # class 10, trees: P.1812-8 Table 2, 15 m
    wooded = city_terrain()
    assert wooded.terrain.clutter[600, 600] == 15.0 and wooded.digest != bare.digest
    (clutter / "heights.toml").write_text("10 = 8.5\n")
    lower = city_terrain()
    assert lower.terrain.clutter[600, 600] == 8.5 and lower.digest not in (bare.digest, wooded.digest)
    assert city_terrain() is lower and not bare.terrain.clutter.any()


@pytest.mark.parametrize(
    ("name", "code", "table", "said"),
    [("cover.tif", 10, "", "heights.toml"), ("worldcover.tif", 11, "", "11"), ("cover.tif", 10, "x = 1", "class"),
     ("cover.tif", 10, "10 = 900", "0 to 120"), ("cover.tif", 10, "30 = 0", "10")],
)  # fmt: skip
def test_land_cover_that_cannot_be_read_is_refused_with_the_cure(
    folder: Path, name: str, code: int, table: str, said: str
) -> None:
    clutter = folder.parent / "clutter"
    clutter.mkdir()
    write(clutter / name, height=code, kind="uint8")
    if table:
        (clutter / "heights.toml").write_text(table)
    with pytest.raises(TerrainRefused) as refused:
        city_terrain()
    assert said in refused.value.message.en
