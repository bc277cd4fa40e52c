"""Elevation and land-cover files: read where they belong, converted where they say so, refused with the cure."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from dajing.domains.network.ground.clutter import with_clutter
from dajing.domains.network.ground.mosaic import files_in, mosaic
from dajing.domains.network.ground.tiles import GroundRefused, read_geotiff, read_hgt
from dajing.domains.network.propagation import area, gridded
from dajing.domains.network.propagation.p1812 import OutsideTheModel


def plane(lon, lat):
    """Heights that say where they are: 1,000 m at 114 E 40 N, 400 m a degree eastwards, 200 m northwards."""
    return 1000.0 + 400.0 * (lon - 114.0) + 200.0 * (lat - 40.0)


def hgt(folder, south, west, *, side=1201, void=None, name=None):
    lon, lat = np.meshgrid(west + np.linspace(0, 1, side), south + np.linspace(1, 0, side))
    heights = np.rint(plane(lon, lat)).astype(">i2")
    if void is not None:
        heights[void] = -32768
    path = folder / (name or f"N{south:02d}E{west:03d}.hgt")
    path.write_bytes(heights.tobytes())
    return path


def tif(path, *, west=114.0, north=41.0, step=1 / 600, size=600, scale=1.0, shift=0.0, unit=None, crs="EPSG:4326",
        nodata=None, values=None, dtype="float32"):  # fmt: skip
    lon, lat = np.meshgrid(west + (np.arange(size) + 0.5) * step, north - (np.arange(size) + 0.5) * step)
    data = plane(lon, lat) * scale + shift if values is None else values
    with rasterio.open(
        path, "w", driver="GTiff", width=size, height=size, count=1, dtype=dtype, crs=crs, nodata=nodata,
        transform=from_origin(west, north, step, step),
    ) as file:  # fmt: skip
        file.write(data.astype(dtype), 1)
        if unit:
            file.units = (unit,)
    return path


def at(terrain, lon, lat):
    return float(
        terrain.heights[round((terrain.north - lat) / terrain.step), round((lon - terrain.west) / terrain.step)]
    )


BOX = {"west": 114.25, "south": 40.25, "east": 114.75, "north": 40.75}


@pytest.mark.parametrize("side", [1201, 3601])
def test_an_srtm_tile_is_read_where_its_name_says(tmp_path, side):
    tile = read_hgt(path=hgt(tmp_path, 40, 114, side=side))
    assert (tile.west, tile.north, tile.dx) == (114.0, 41.0, 1.0 / (side - 1))
    assert tile.heights[0, 0] == 1200.0 and tile.heights[-1, -1] == 1400.0 and tile.heights[-1, 0] == 1000.0
    with rasterio.open(tmp_path / "N40E114.hgt") as file:  # GDAL's own reading of the same file
        assert np.array_equal(file.read(1), tile.heights)
        assert file.xy(0, 0) == pytest.approx((tile.west, tile.north))


def test_a_zipped_tile_is_read_and_a_bomb_or_a_broken_one_refused(tmp_path):
    path = hgt(tmp_path, 40, 114)
    with zipfile.ZipFile(tmp_path / "N40E114.SRTMGL3.hgt.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, "N40E114.hgt")
    assert read_hgt(path=tmp_path / "N40E114.SRTMGL3.hgt.zip").heights[0, 0] == 1200.0
    with zipfile.ZipFile(tmp_path / "N41E114.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("N41E114.hgt", b"\0" * 30_000_000)
    with pytest.raises(GroundRefused, match="one .hgt"):
        read_hgt(path=tmp_path / "N41E114.zip")
    (tmp_path / "N42E114.zip").write_bytes(b"PK\3\4 nothing")
    with pytest.raises(GroundRefused, match="broken archive"):
        read_hgt(path=tmp_path / "N42E114.zip")


def test_a_cut_off_or_misnamed_tile_is_refused(tmp_path):
    path = hgt(tmp_path, 40, 114)
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(GroundRefused, match="incomplete"):
        read_hgt(path=path)
    with pytest.raises(GroundRefused, match="south-west corner"):
        read_hgt(path=hgt(tmp_path, 40, 114, name="zhangjiakou.hgt"))


def test_wrong_byte_order_is_noticed_by_heights_that_are_nowhere(tmp_path):
    path = hgt(tmp_path, 40, 114)
    path.write_bytes(np.frombuffer(path.read_bytes(), ">i2").astype("<i2").tobytes())
    with pytest.raises(GroundRefused, match="nowhere on earth"):
        read_hgt(path=path)


def test_tiles_join_without_a_seam_and_geotiff_agrees_with_srtm(tmp_path):
    hgt(tmp_path, 40, 114), hgt(tmp_path, 40, 115)
    tif(tmp_path / "z.tif")
    both = mosaic(files=files_in(folder=tmp_path), west=114.5, south=40.2, east=115.5, north=40.8, step=1 / 400)
    lon = 114.5 + np.arange(both.terrain.heights.shape[1]) / 400
    lat = 40.8 - np.arange(both.terrain.heights.shape[0]) / 400
    assert np.abs(both.terrain.heights - plane(lon[None, :], lat[:, None])).max() <= 0.75
    assert both.notes == ()


def test_a_projected_file_is_warped_to_its_place(tmp_path):
    """UTM zone 50 N; the plane is drawn on longitude and latitude and warped by GDAL."""
    source = tif(tmp_path / "wgs.tif")
    from rasterio.warp import calculate_default_transform, reproject

    with rasterio.open(source) as file:
        transform, width, height = calculate_default_transform(
            file.crs, "EPSG:32650", file.width, file.height, *file.bounds
        )
        data = np.zeros((height, width), np.float32)
        reproject(file.read(1), data, src_transform=file.transform, src_crs=file.crs, dst_transform=transform,
                  dst_crs="EPSG:32650", dst_nodata=-9999.0)  # fmt: skip
    with rasterio.open(
        tmp_path / "utm.tif", "w", driver="GTiff", width=width, height=height, count=1, dtype="float32",
        crs="EPSG:32650", transform=transform, nodata=-9999.0,
    ) as file:  # fmt: skip
        file.write(data, 1)
    whole = mosaic(files=[tmp_path / "utm.tif"], step=1 / 400, **BOX)
    for lon, lat in [(114.3, 40.3), (114.5, 40.5), (114.7, 40.7)]:
        assert at(whole.terrain, lon, lat) == pytest.approx(plane(lon, lat), abs=2.0)


def test_feet_that_are_told_are_converted_and_said(tmp_path):
    tile = read_geotiff(path=tif(tmp_path / "a.tif", scale=1 / 0.3048, unit="ft"))
    assert tile.heights.max() == pytest.approx(1600.0, abs=2.0)
    assert "feet" in tile.notes[0].en
    assert read_geotiff(path=tif(tmp_path / "b.tif", scale=1 / 0.3048), unit="ft").notes
    with pytest.raises(GroundRefused, match="fathom"):
        read_geotiff(path=tif(tmp_path / "c.tif", unit="fathom"))


def test_feet_that_nobody_told_show_beside_another_file(tmp_path):
    hgt(tmp_path, 40, 114)
    tif(tmp_path / "z.tif", scale=1 / 0.3048)
    with pytest.raises(GroundRefused, match="in feet"):
        mosaic(files=files_in(folder=tmp_path), step=1 / 400, **BOX)


@pytest.mark.parametrize("crs", ["EPSG:4214", "EPSG:4610", "EPSG:21420"])
def test_an_older_national_datum_is_refused_and_cgcs2000_is_taken_for_wgs84(tmp_path, crs):
    with pytest.raises(GroundRefused) as refused:
        read_geotiff(path=tif(tmp_path / "old.tif", crs=crs))  # Beijing 1954, Xian 1980, a grid on Beijing 1954
    assert "reproject it" in refused.value.problem.en and "100 m" in refused.value.problem.zh + refused.value.problem.en
    new = read_geotiff(path=tif(tmp_path / "new.tif", crs="EPSG:4490"))
    assert (new.west, new.heights.shape) == (pytest.approx(114.0 + 1 / 1200), (600, 600))


def test_another_datum_or_a_shift_shows_beside_another_file(tmp_path):
    hgt(tmp_path, 40, 114)
    tif(tmp_path / "z.tif", shift=-60.0)
    with pytest.raises(GroundRefused, match="differs from another file"):
        mosaic(files=files_in(folder=tmp_path), step=1 / 400, **BOX)


def test_ellipsoidal_heights_are_refused_until_the_geoid_is_given(tmp_path):
    path = tif(tmp_path / "e.tif", crs="EPSG:4979", shift=-12.0)
    with pytest.raises(GroundRefused, match="above the ellipsoid"):
        read_geotiff(path=path)
    tile = read_geotiff(path=path, undulation=lambda lon, lat: np.full(lon.shape, -12.0))
    assert tile.heights[-1, 0] == pytest.approx(plane(114.0, 40.0), abs=1.0)
    assert "undulation" in tile.notes[0].en


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"crs": None}, "no coordinate system"),
        ({"scale": 20.0}, "nowhere on earth"),
        ({"values": np.full((600, 600), -9999.0), "nodata": -9999.0}, "nothing but voids"),
        ({"values": np.full((600, 600), -9999.0)}, "void value"),
    ],
)
def test_a_geotiff_in_doubt_is_refused_with_the_cure(tmp_path, change, words):
    with pytest.raises(GroundRefused, match=words) as caught:
        read_geotiff(path=tif(tmp_path / "x.tif", **change))
    assert caught.value.problem.where == "x.tif" and caught.value.problem.zh


def test_what_is_no_raster_is_refused(tmp_path):
    (tmp_path / "x.tif").write_bytes(b"II*\0" + b"\xff" * 100)
    with pytest.raises(GroundRefused, match="unreadable"):
        read_geotiff(path=tmp_path / "x.tif")


def test_missing_tiles_are_named_and_only_sites_near_them_refused(tmp_path):
    hgt(tmp_path, 40, 114)
    whole = mosaic(files=files_in(folder=tmp_path), west=114.2, south=40.2, east=115.8, north=40.8, step=1 / 400)
    assert {note.where for note in whole.notes} >= {"N40E115.hgt"}
    here = area.Site(longitude=114.5, latitude=40.5, height=30.0, frequency_ghz=0.9)
    area.coverage(terrain=whole.terrain, site=here, radius_km=5.0)
    there = area.Site(longitude=115.3, latitude=40.5, height=30.0, frequency_ghz=0.9)
    with pytest.raises(OutsideTheModel, match="void"):
        area.coverage(terrain=whole.terrain, site=there, radius_km=5.0)


def test_small_voids_are_filled_and_counted_and_large_ones_left(tmp_path):
    hgt(tmp_path, 40, 114, void=np.s_[600:604, 600:604])
    small = mosaic(files=files_in(folder=tmp_path), **BOX)
    assert at(small.terrain, 114.5012, 40.4988) == pytest.approx(plane(114.5012, 40.4988), abs=3.0)
    assert any("interpolated" in note.en for note in small.notes)
    hgt(tmp_path, 40, 114, void=np.s_[500:700, 500:700])
    large = mosaic(files=files_in(folder=tmp_path), **BOX)
    assert np.isnan(at(large.terrain, 114.5, 40.5))
    assert any("too large to fill" in note.en for note in large.notes)


def test_a_second_source_fills_the_voids_of_the_first(tmp_path):
    hgt(tmp_path, 40, 114, void=np.s_[500:700, 500:700])
    tif(tmp_path / "z.tif")
    whole = mosaic(files=files_in(folder=tmp_path), **BOX)
    assert at(whole.terrain, 114.5, 40.5) == pytest.approx(plane(114.5, 40.5), abs=1.0)
    assert whole.notes == ()


def test_nothing_in_the_box_is_refused(tmp_path):
    hgt(tmp_path, 42, 118)
    with pytest.raises(GroundRefused, match="no file lies in the box"):
        mosaic(files=files_in(folder=tmp_path), **BOX)


def cover(path, classes):
    return tif(path, values=classes, dtype="uint8", nodata=0)


def flat():
    heights = np.full((201, 201), 800.0, np.float32)
    return area.Terrain(heights=heights, clutter=np.zeros_like(heights), west=114.2, north=40.8, step=1 / 400)


def test_trees_and_towns_stand_where_the_land_cover_says(tmp_path):
    classes = np.full((600, 600), 30, np.uint8)
    classes[:, 300:] = 10  # WorldCover: trees east of 114.5
    ground = with_clutter(terrain=flat(), path=cover(tmp_path / "c.tif", classes), table="worldcover")
    column = round((114.5 - 114.2) * 400)
    assert (ground.clutter[:, : column - 1] == 0.0).all() and (ground.clutter[:, column + 1 :] == 15.0).all()
    crops = with_clutter(terrain=flat(), path=tmp_path / "c.tif", table={10: 0.0, 30: 0.0})
    assert not crops.clutter.any()


def test_woods_before_the_receiver_cost_level(tmp_path):
    classes = np.full((600, 600), 30, np.uint8)
    classes[:, 310:330] = 10
    bare, wooded = flat(), with_clutter(terrain=flat(), path=cover(tmp_path / "c.tif", classes), table="worldcover")
    site = area.Site(longitude=114.45, latitude=40.55, height=20.0, frequency_ghz=1.8)
    grid = gridded.city_grid(west=114.44, south=40.54, east=114.58, north=40.56)
    patches = [gridded.on_grid(terrain=t, site=site, grid=grid, radius_km=9.0) for t in (bare, wooded)]
    row, column = grid.cell(longitude=114.553, latitude=40.55)
    window = patches[0].window
    before, after = (float(p.loss[row - window.row, column - window.column]) for p in patches)
    assert after > before + 6.0


@pytest.mark.parametrize(
    ("table", "classes", "words"),
    [
        ("worldcover", 77, "77"),
        ("corine", 10, "no table corine"),
        ({10: 1500.0}, 10, "0 to 120 m"),
        ("worldcover", 0, "does not overlap"),
    ],
)
def test_land_cover_in_doubt_is_refused(tmp_path, table, classes, words):
    path = cover(tmp_path / "c.tif", np.full((600, 600), classes, np.uint8))
    with pytest.raises(GroundRefused, match=words):
        with_clutter(terrain=flat(), path=path, table=table)
