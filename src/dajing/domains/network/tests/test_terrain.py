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


def write(path: Path, *, height: float, crs: str = "EPSG:4326") -> None:
    west, south, east, north = bounds()
    place = rasterio.transform.from_bounds(west, south, east, north, 200, 200)
    with rasterio.open(path, "w", driver="GTiff", height=200, width=200, count=1, dtype="float32", crs=crs,
                       transform=place, nodata=-32768) as sink:  # fmt: skip
        sink.write(np.full((200, 200), height, np.float32), 1)


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
