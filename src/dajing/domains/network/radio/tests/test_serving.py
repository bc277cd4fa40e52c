"""Best server, level and interference against sums written out cell by cell; maps against rasterio's own reading."""

from __future__ import annotations

import math

import numpy as np
import pytest
import rasterio

from dajing.domains.network.propagation import area, gridded
from dajing.domains.network.propagation.demo import relief
from dajing.domains.network.radio import budget, serving
from dajing.domains.network.radio.antenna import gain, tr38901_antenna
from dajing.domains.network.radio.cog import write_cog

GRID = gridded.city_grid(west=114.9, south=40.5, east=115.1, north=40.7, cell_m=200.0)
CARRIER = budget.Carrier(frequency_mhz=1850.0, bandwidth_mhz=20.0)
MACRO = tr38901_antenna(gain_dbi=17.0, vertical_beamwidth=10.0, electrical_tilt=3.0)


@pytest.fixture(scope="module")
def terrain():
    heights = relief(seed=2, cells=600)
    return area.Terrain(heights=heights, clutter=np.zeros_like(heights), west=114.75, north=40.85, step=1 / 1200)


def mast(name, longitude, **changes):
    sectors = tuple(
        budget.Sector(
            **{
                "id": f"{name}{n}", "antenna": MACRO, "azimuth": 120.0 * n, "power_dbm": 46.0, "carrier": CARRIER,
                "tilt": 2.0,
            }
            | changes
        )
        for n in range(3)
    )  # fmt: skip
    return budget.Mast(id=name, longitude=longitude, latitude=40.6, height=30.0, sectors=sectors)


@pytest.fixture(scope="module")
def patches(terrain):
    def one(longitude):
        site = area.Site(longitude=longitude, latitude=40.6, height=30.0, frequency_ghz=1.85)
        return gridded.on_grid(terrain=terrain, site=site, grid=GRID, radius_km=6.0)

    return {"a": one(114.97), "b": one(115.03)}


@pytest.fixture(scope="module")
def served(terrain, patches):
    return serving.serve(
        masts=[mast("a", 114.97), mast("b", 115.03, load=0.25)], carrier=CARRIER, grid=GRID, terrain=terrain,
        losses=lambda m, s: patches[m.id],
    )  # fmt: skip


def by_hand(terrain, patches, masts, row, column):
    """Levels (dBm) and loads of every sector at one cell, by the haversine formula and the public functions."""
    lon, lat = GRID.west + (column + 0.5) * GRID.dx, GRID.north - (row + 0.5) * GRID.dy
    levels = []
    for m in masts:
        window = patches[m.id].window
        inside = 0 <= row - window.row < window.rows and 0 <= column - window.column < window.columns
        loss = patches[m.id].loss[row - window.row, column - window.column] if inside else math.nan
        if math.isnan(loss):
            continue
        p1, p2, dl = math.radians(m.latitude), math.radians(lat), math.radians(lon - m.longitude)
        a = math.sin((p2 - p1) / 2) ** 2 + math.cos(p1) * math.cos(p2) * math.sin(dl / 2) ** 2
        d = 2 * 6371.0 * math.asin(math.sqrt(a))
        y, x = math.sin(dl) * math.cos(p2), math.cos(p1) * math.sin(p2) - math.sin(p1) * math.cos(p2) * math.cos(dl)
        ends = [
            terrain.heights[round((terrain.north - la) / terrain.step), round((lo - terrain.west) / terrain.step)]
            for lo, la in ((m.longitude, m.latitude), (lon, lat))
        ]
        up = budget.elevation_deg(distance_km=d, from_m=ends[0] + m.height, to_m=ends[1] + 1.5)
        for s in m.sectors:
            g = gain(
                antenna=s.antenna, azimuth=s.azimuth, tilt=s.tilt, bearing=math.degrees(math.atan2(y, x)), elevation=up
            )
            levels.append((float(budget.rsrp(sector=s, gain_dbi=g, loss_db=loss)), s.load, s.id))
    return levels


def test_each_cell_is_served_by_the_strongest_against_the_loaded_others(terrain, patches, served):
    masts = [mast("a", 114.97), mast("b", 115.03, load=0.25)]
    rows, columns = np.nonzero(served.server >= 0)
    chosen = np.random.default_rng(4).choice(rows.size, 150, replace=False)
    same = 0
    for row, column in zip(rows[chosen], columns[chosen], strict=True):
        levels = sorted(by_hand(terrain, patches, masts, int(row), int(column)), reverse=True)
        best, load, name = levels[0]
        noise = 10 ** (budget.element_noise_dbm(carrier=CARRIER) / 10)
        others = sum(share * 10 ** (level / 10) for level, share, _ in levels[1:])
        # ground is read bilinearly by one and from the nearest cell by the other: some tenths of a degree near by
        if served.sectors[served.server[row, column]] == name:
            same += 1
            assert served.rsrp[row, column] == pytest.approx(best, abs=1.5)
            assert served.sinr[row, column] == pytest.approx(best - 10 * math.log10(others + noise), abs=2.5)
    assert same >= 140


def test_beyond_every_radius_nothing_serves(served):
    assert served.server[0, 0] == -1 and np.isnan(served.rsrp[0, 0]) and np.isnan(served.sinr[0, 0])
    assert np.isnan(served.throughput_mbps()[0, 0])
    assert np.nanmin(served.throughput_mbps()) >= 0.0 and np.nanmax(served.throughput_mbps()) <= 4.4 * 18.0


def test_less_load_means_less_interference(terrain, patches, served):
    idle = serving.serve(
        masts=[mast("a", 114.97, load=0.0), mast("b", 115.03, load=0.0)], carrier=CARRIER, grid=GRID, terrain=terrain,
        losses=lambda m, s: patches[m.id],
    )  # fmt: skip
    assert np.array_equal(idle.server, served.server)
    noise = budget.element_noise_dbm(carrier=CARRIER)
    assert np.nanmax(np.abs(idle.sinr - (idle.rsrp - noise))) < 1e-3
    assert (idle.sinr[served.server >= 0] >= served.sinr[served.server >= 0] - 1e-4).all()


def test_another_band_neither_serves_nor_disturbs(terrain, patches, served):
    other = budget.Carrier(frequency_mhz=2120.0, bandwidth_mhz=20.0)
    mixed = serving.serve(
        masts=[mast("a", 114.97), mast("b", 115.03, carrier=other)], carrier=CARRIER, grid=GRID, terrain=terrain,
        losses=lambda m, s: patches[m.id],
    )  # fmt: skip
    assert set(mixed.sectors) == {"a0", "a1", "a2"}


def test_a_map_is_read_back_by_rasterio_where_it_belongs(tmp_path, served):
    path = write_cog(
        path=tmp_path / "rsrp.tif", values=served.rsrp, grid=GRID, title="RSRP", unit="dBm", provenance="synthetic"
    )
    with rasterio.open(path) as file:
        assert file.crs.to_epsg() == 4326 and file.tags()["provenance"] == "synthetic" and file.units == ("dBm",)
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert np.array_equal(file.read(1), served.rsrp, equal_nan=True)
        row, column = file.index(114.97, 40.6)
        assert GRID.cell(longitude=114.97, latitude=40.6) == (row, column)
        assert math.isfinite(next(file.sample([(114.97, 40.61)]))[0])
    with pytest.raises(ValueError, match="on a grid of"):
        write_cog(path=path, values=served.rsrp[1:], grid=GRID, title="", unit="", provenance="synthetic")
    assert [p.name for p in tmp_path.iterdir()] == ["rsrp.tif"]
