"""Propagation speed beside SPLAT! (Debian package ``splat``) on the same terrain, and area mode's error against exact.

    python benchmarks/network.py [--runs 5] [--sites 20]

SPLAT! runs as a whole program (it reads its terrain files and writes its picture), as a planner would use it; its
pixels are the 3 arc-second cells within the radius. Without ``splat`` on the path no ratio is printed.
"""

from __future__ import annotations

import argparse
import math
import os
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from dajing.domains.network.propagation import area, compare
from dajing.domains.network.propagation.demo import rough_terrain

RADIUS = 50.0
SITE = area.Site(longitude=114.99995, latitude=40.60005, height=30.0, frequency_ghz=0.8)


def splat_folder(terrain: area.Terrain) -> Path:
    """Write the terrain as SPLAT! data files (integer metres) and the site's own files."""
    folder = Path(tempfile.mkdtemp(prefix="splat-"))
    for north, south in ((41, 40), (42, 41)):
        for east in (114, 115):
            west = 360 - east
            rows = slice(round((terrain.north - north) * 1200), round((terrain.north - south) * 1200))
            columns = slice((east - 114) * 1200, (east - 113) * 1200)
            r0 = max(rows.start, 0)
            tile = np.zeros((1200, 1200), np.int32)
            cut = terrain.heights[r0 : rows.stop, columns]
            tile[r0 - rows.start : r0 - rows.start + cut.shape[0]] = cut
            body = "\n".join(map(str, tile[::-1, ::-1].T.ravel()))
            name = f"{south}:{north}:{west - 1}:{west}.sdf"
            (folder / name).write_text(f"{west}\n{south}\n{west - 1}\n{north}\n{body}\n")
    (folder / "site.qth").write_text(f"site\n{SITE.latitude}\n{360 - SITE.longitude}\n{SITE.height} meters\n")
    (folder / "site.lrp").write_text("15.0\n0.005\n301.0\n800.0\n5\n1\n0.5\n0.5\n")
    return folder


def splat_seconds(folder: Path) -> tuple[float, float]:
    """One SPLAT! ITM coverage run: wall and processor seconds."""
    command = [
        "splat",
        "-t",
        "site.qth",
        "-L",
        "1.5",
        "-metric",
        "-olditm",
        "-R",
        str(RADIUS),
        "-d",
        f"{folder}/",
        "-N",
    ]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print each figure and its ratio."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--sites", type=int, default=20)
    options = parser.parse_args()
    terrain = rough_terrain()
    peer = shutil.which("splat")
    folder = splat_folder(terrain) if peer else None
    coverage = area.coverage(terrain=terrain, site=SITE, radius_km=RADIUS)
    pixels = int(np.isfinite(coverage.loss).sum())
    ours, ours_cpu, theirs = [], [], []
    for _ in range(options.runs):
        began, worked = time.perf_counter(), time.process_time()
        coverage = area.coverage(terrain=terrain, site=SITE, radius_km=RADIUS)
        ours.append(time.perf_counter() - began)
        ours_cpu.append(time.process_time() - worked)
        if folder:
            theirs.append(splat_seconds(folder))
    rate = pixels / statistics.median(ours)
    print(f"area mode, 50 km at 100 m: {pixels} px, median {statistics.median(ours):.3f} s, {rate / 1e6:.2f} M px/s")
    if folder:
        peer_pixels = math.pi * RADIUS**2 / (math.cos(math.radians(SITE.latitude)) * (111.19493 / 1200.0) ** 2)
        wall, worked = (statistics.median(column) for column in zip(*theirs, strict=True))
        print(f'SPLAT! ITM, 50 km at 3": {peer_pixels:.0f} px, median {wall:.3f} s')
        print(f"ratio of px/s: {rate / (peer_pixels / wall):.1f} (goal 15; on {os.cpu_count()} cores, ours uses all)")
        ratio = (pixels / statistics.median(ours_cpu)) / (peer_pixels / worked)
        print(f"ratio of px per second of processor time, which other work on the machine does not change: {ratio:.1f}")
        shutil.rmtree(folder)
    else:
        print("SPLAT! is not installed (apt install splat): no ratio")
    error = compare.raster_error(terrain=terrain, site=SITE, coverage=coverage)
    print(
        f"raster against exact pixels: MAE {error.mean_absolute:.2f} dB (goal 0.8), bias {error.bias:+.2f} dB, "
        f"flips {error.flips_percent:.2f} % (goal 1.0) over {error.pixels} px"
    )
    began = time.perf_counter()
    for _ in range(options.sites):
        area.coverage(terrain=terrain, site=SITE, radius_km=15.0)
    each = (time.perf_counter() - began) / options.sites
    print(f"15 km at 100 m: {1e3 * each:.1f} ms a site; 5,000 such sites: {5000 * each:.0f} s")


if __name__ == "__main__":
    main()
