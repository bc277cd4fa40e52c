"""Many sites beside as many single ones, the store, best server; the exact model beside the public Py1812.

    python benchmarks/radio.py [--sites 200] [--py1812 FOLDER]

``--sites 5000`` is the full case. FOLDER holds ``P1812.py`` of github.com/eeveetza/Py1812 (the public reference; it
is in no package registry); without it the exact model prints no ratio. The relief is synthetic.
"""

from __future__ import annotations

import argparse
import importlib
import resource
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from types import ModuleType

import numpy as np

from dajing.domains.network.ground.files import keep_terrain, open_terrain
from dajing.domains.network.propagation import area, gridded, p1812
from dajing.domains.network.propagation.demo import rough_terrain
from dajing.domains.network.propagation.geometry import INLAND
from dajing.domains.network.radio import budget, serving, work
from dajing.domains.network.radio.antenna import tr38901_antenna
from dajing.domains.network.radio.store import LossStore

RADIUS = 15.0
GRID = gridded.city_grid(west=114.15, south=39.75, east=115.85, north=41.45)
CARRIER = budget.Carrier(frequency_mhz=800.0, bandwidth_mhz=10.0)


def sites(count: int) -> list[tuple[str, area.Site]]:
    """Random positions, fixed by their seed."""
    generator = np.random.default_rng(11)
    return [
        (f"s{n}", area.Site(longitude=lon, latitude=lat, height=30.0, frequency_ghz=0.8))
        for n, (lon, lat) in enumerate(
            zip(generator.uniform(114.3, 115.7, count), generator.uniform(39.8, 41.4, count), strict=True)
        )
    ]


def clocks() -> np.ndarray:
    """Seconds by the wall and of this process's cores, so that a busy machine shows."""
    return np.array([time.perf_counter(), time.process_time()])


def single_seconds(terrain: area.Terrain, some: list[tuple[str, area.Site]]) -> np.ndarray:
    """Seconds of some sites, each computed alone and not stored."""
    began = clocks()
    for _, site in some:
        gridded.on_grid(terrain=terrain, site=site, grid=GRID, radius_km=RADIUS)
    return clocks() - began


def many(count: int) -> None:
    """A run in parts of 20 sites, the same as single ones before each part; then again, with all of it stored."""
    folder = Path(tempfile.mkdtemp(prefix="radio-"))
    try:
        keep_terrain(terrain=rough_terrain(), folder=folder / "terrain", provenance="synthetic")
        terrain = open_terrain(folder=folder / "terrain")
        every = sites(count)
        tasks = work.tasks(
            sites=every, terrain=folder / "terrain", store=folder / "losses", grid=GRID, radius_km=RADIUS
        )
        single_seconds(terrain, every[:3])  # compiled and mapped
        alone, spent, keys = np.zeros(2), np.zeros(2), {}
        for start in range(0, count, 20):
            alone += single_seconds(terrain, every[start : start + 20])
            began = clocks()
            keys |= work.run(work=tasks[start : start + 20]).keys
            spent += clocks() - began
        size = sum(path.stat().st_size for path in (folder / "losses").rglob("*.loss"))
        print(f"{count} sites x {RADIUS:g} km at 100 m, stored: {spent[0]:.1f} s; as single sites: {alone[0]:.1f} s")
        print(f"ratio: {spent[0] / alone[0]:.2f} by the wall, {spent[1] / alone[1]:.2f} of core seconds (goal 1.1)")
        print(f"store: {size / 1e6:.0f} MB; 5,000 sites at this pace: {spent[0] / count * 5000:.0f} s")
        began = time.perf_counter()
        again = work.run(work=tasks)
        print(f"the same again: {again.computed} computed, {time.perf_counter() - began:.1f} s")
        serve(terrain, folder / "losses", every, keys)
    finally:
        shutil.rmtree(folder)


def serve(terrain: area.Terrain, folder: Path, every: list[tuple[str, area.Site]], keys: dict[str, str]) -> None:
    """Best server, RSRP and SINR of three sectors a site over the whole grid."""
    antenna = tr38901_antenna(gain_dbi=17.0, vertical_beamwidth=10.0, electrical_tilt=3.0)
    store = LossStore(folder=folder)
    masts = [
        budget.Mast(
            id=name, longitude=site.longitude, latitude=site.latitude, height=site.height,
            sectors=tuple(
                budget.Sector(id=f"{name}-{n}", antenna=antenna, azimuth=120.0 * n, power_dbm=46.0, carrier=CARRIER)
                for n in range(3)
            ),
        )
        for name, site in every
    ]  # fmt: skip
    began = time.perf_counter()
    served = serving.serve(
        masts=masts, carrier=CARRIER, grid=GRID, terrain=terrain, losses=lambda m, s: store.read(key=keys[m.id])
    )
    seconds = time.perf_counter() - began
    print(
        f"best server of {len(served.sectors)} sectors on {GRID.rows} x {GRID.columns} cells: {seconds:.1f} s, "
        f"{100 * float((served.server >= 0).mean()):.0f} % of cells reached"
    )
    print(f"largest memory of all of this: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB (goal 4)")


def peer(folder: str | None) -> ModuleType | None:
    """Py1812 from a copy of its module; its maps of N0 and DN are not needed, both are given."""
    if folder is None:
        return None
    home = Path(tempfile.mkdtemp(prefix="py1812-"))
    (home / "Py1812").mkdir()
    shutil.copy(Path(folder) / "P1812.py", home / "Py1812")
    (home / "Py1812" / "__init__.py").touch()
    np.savez(home / "Py1812" / "P1812.npz")
    sys.path.insert(0, str(home))
    module = importlib.import_module("Py1812.P1812")
    shutil.rmtree(home)
    return module


def exact(folder: str | None, paths: int = 100) -> None:
    """The exact model on 50 km paths of 500 points, beside Py1812 on the same arrays, call by call in turn."""
    module = peer(folder)
    terrain, generator = rough_terrain(), np.random.default_rng(3)
    ours, theirs, differences = [], [], []
    for n in range(paths + 1):
        row, column = (int(v) for v in generator.integers(600, 1700, 2))
        d = np.arange(500) * 0.1
        h = terrain.heights[row, column : column + 500].astype(float)
        ends = {"lat_t": 40.6, "lon_t": 115.0, "lat_r": 40.6, "lon_r": 115.59}
        zone = np.full(500, INLAND)
        path = p1812.Path(d=d, h=h, clutter=np.zeros(500), zone=zone, htg=30.0, hrg=1.5, **ends)
        began = time.perf_counter()
        loss = p1812.transmission_loss(
            path=path, climate=p1812.Climate(dn=45.0, n0=325.0), frequency_ghz=0.8, time_percent=10.0,
            polarisation="vertical",
        ).lb  # fmt: skip
        ours.append(time.perf_counter() - began)
        if module:
            began = time.perf_counter()
            other = module.bt_loss(
                0.8, 10.0, d, h, np.zeros(500), zone, 30.0, 1.5, 2, 40.6, 40.6, 115.0, 115.59, DN=45.0, N0=325.0
            )[0]
            theirs.append(time.perf_counter() - began)
            differences.append(abs(loss - float(np.squeeze(other))))
        if n == 0:
            ours, theirs = [], []  # compilation
    print(f"exact model, 500 points: median {1e6 * statistics.median(ours):.0f} us a path")
    if theirs:
        ratio = statistics.median(theirs) / statistics.median(ours)
        print(f"Py1812: median {1e6 * statistics.median(theirs):.0f} us; ratio {ratio:.1f} (goal 5)")
        print(f"largest difference of the two: {max(differences):.1e} dB over {len(differences)} paths")
    else:
        print("no --py1812: no ratio")


def main() -> None:
    """Print each figure and its ratio."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--py1812")
    options = parser.parse_args()
    exact(options.py1812)
    many(options.sites)


if __name__ == "__main__":
    main()
