"""Losses on disk: what is unchanged is not computed again, nothing is half-written, a bad site stops nobody."""

from __future__ import annotations

import pickle
import subprocess
import sys
import textwrap
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from dajing.domains.network.ground.files import TerrainMissing, keep_terrain, open_terrain
from dajing.domains.network.propagation import area, gridded
from dajing.domains.network.propagation.demo import relief
from dajing.domains.network.radio import store as stores
from dajing.domains.network.radio import work

GRID = gridded.city_grid(west=114.9, south=40.5, east=115.1, north=40.7, cell_m=200.0)


def hills(seed=2):
    heights = relief(seed=seed, cells=600)
    return area.Terrain(heights=heights, clutter=np.zeros_like(heights), west=114.75, north=40.85, step=1 / 1200)


def named(count=3):
    return [
        (f"s{n}", area.Site(longitude=114.95 + n * 0.03, latitude=40.6, height=30.0, frequency_ghz=0.9))
        for n in range(count)
    ]


@pytest.fixture
def place(tmp_path):
    keep_terrain(terrain=hills(), folder=tmp_path / "terrain", provenance="synthetic")
    return tmp_path


def the_tasks(place, sites=None, **changes):
    return work.tasks(
        sites=sites or named(), terrain=place / "terrain", store=place / "losses", grid=GRID, radius_km=5.0, **changes
    )


def test_a_second_run_computes_nothing_and_a_moved_site_only_itself(place):
    first = work.run(work=the_tasks(place))
    assert (first.computed, first.kept, first.refused) == (3, 0, {})
    assert work.run(work=the_tasks(place)).computed == 0
    moved = named()
    moved[1] = ("s1", area.Site(longitude=114.99, latitude=40.6, height=30.0, frequency_ghz=0.9))
    again = work.run(work=the_tasks(place, moved))
    assert (again.computed, again.kept) == (1, 2)
    assert again.keys["s0"] == first.keys["s0"] and again.keys["s1"] != first.keys["s1"]


def test_every_input_is_in_the_name(place):
    base = work.run(work=the_tasks(place, named(1))).keys["s0"]
    others = [
        the_tasks(place, named(1), receiver_height=3.0),
        the_tasks(place, named(1), dn=50.0),
        the_tasks(place, named(1), n0=320.0),
        the_tasks(place, [("s0", area.Site(longitude=114.95, latitude=40.6, height=31.0, frequency_ghz=0.9))]),
        the_tasks(place, [("s0", area.Site(longitude=114.95, latitude=40.6, height=30.0, frequency_ghz=1.8))]),
    ]
    keys = {work.run(work=tasks).keys["s0"] for tasks in others}
    assert len(keys) == len(others) and base not in keys


def test_terrain_that_changed_within_reach_makes_the_loss_stale_and_far_away_not(place):
    key = work.run(work=the_tasks(place, named(1))).keys["s0"]
    far = hills()
    far.heights[-1, -1] += 50.0
    keep_terrain(terrain=far, folder=place / "terrain", provenance="synthetic")
    assert work.run(work=the_tasks(place, named(1))).computed == 0
    near = hills()
    near.heights[300, 260] += 50.0
    keep_terrain(terrain=near, folder=place / "terrain", provenance="synthetic")
    changed = work.run(work=the_tasks(place, named(1)))
    assert changed.computed == 1 and changed.keys["s0"] != key


def test_what_is_read_back_is_what_was_computed_to_a_tenth_of_a_decibel(place):
    key = work.run(work=the_tasks(place, named(1))).keys["s0"]
    stored = stores.LossStore(folder=place / "losses").read(key=key)
    fresh = gridded.on_grid(terrain=hills(), site=named(1)[0][1], grid=GRID, radius_km=5.0)
    assert stored.window == fresh.window
    assert np.array_equal(np.isnan(stored.loss), np.isnan(fresh.loss))
    assert np.nanmax(np.abs(stored.loss - fresh.loss)) <= 0.0501


@pytest.mark.parametrize("harm", ["cut", "flip", "empty", "head"])
def test_a_damaged_file_counts_as_absent_and_is_computed_anew(place, harm):
    key = work.run(work=the_tasks(place, named(1))).keys["s0"]
    store = stores.LossStore(folder=place / "losses")
    path = store.path(key=key)
    content = bytearray(path.read_bytes())
    if harm == "flip":
        content[-9] ^= 4
    path.write_bytes({"cut": content[:-100], "flip": content, "empty": b"", "head": b"DJLOSS1\n{}\n"}[harm])
    assert not store.has(key=key)
    assert work.run(work=the_tasks(place, named(1))).computed == 1
    assert store.has(key=key)


def test_a_site_that_cannot_be_computed_is_named_with_the_cure_and_stops_no_other(place):
    sites = named(1) + [
        ("far", area.Site(longitude=118.0, latitude=40.6, height=30.0, frequency_ghz=0.9)),
        ("high", area.Site(longitude=114.95, latitude=40.6, height=30_000.0, frequency_ghz=0.9)),
        ("light", area.Site(longitude=114.95, latitude=40.6, height=30.0, frequency_ghz=900.0)),
    ]
    summary = work.run(work=the_tasks(place, sites))
    assert set(summary.refused) == {"far", "high", "light"} and summary.computed == 1
    assert "leaves the terrain" in summary.refused["far"] and "P.1812" in summary.refused["high"]


def test_a_folder_without_terrain_says_so(tmp_path):
    with pytest.raises(TerrainMissing, match="holds no terrain"):
        open_terrain(folder=tmp_path)


def test_progress_is_reported_after_every_site(place):
    seen = []
    work.run(work=the_tasks(place), report=lambda done, total, last: seen.append((done, total, last.name)))
    assert seen == [(1, 3, "s0"), (2, 3, "s1"), (3, 3, "s2")]


def test_losses_that_no_site_needs_any_more_are_removed(place):
    keys = work.run(work=the_tasks(place)).keys
    store = stores.LossStore(folder=place / "losses")
    (place / "losses" / keys["s0"][:2] / ".left.part").write_bytes(b"half")
    assert store.prune(keep={keys["s0"]}) == 2
    assert list(store.keys()) == [keys["s0"]]
    assert not list((place / "losses").rglob("*.part"))


def test_a_task_is_plain_data_that_travels(place):
    task = the_tasks(place)[0]
    assert pickle.loads(pickle.dumps(task)) == task
    assert pickle.loads(pickle.dumps(work.solve)) is work.solve


@pytest.mark.fault
def test_two_processes_share_the_work_and_the_same_site_twice_harms_nothing(place):
    tasks = the_tasks(place) * 2
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        summary = work.run(work=tasks, mapper=pool.map)
    assert summary.keys == work.run(work=the_tasks(place)).keys
    assert work.run(work=the_tasks(place)).computed == 0


@pytest.mark.fault
def test_a_run_killed_at_any_site_goes_on_where_it_stopped(place):
    script = f"""
        import os, signal
        from dajing.domains.network.radio.tests.test_store import named, the_tasks
        from dajing.domains.network.radio import work
        import pathlib
        def stop(done, total, last):
            if done == 2: os.kill(os.getpid(), signal.SIGKILL)
        work.run(work=the_tasks(pathlib.Path({str(place)!r})), report=stop)
    """
    died = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    assert died.returncode == -9
    summary = work.run(work=the_tasks(place))
    assert (summary.kept, summary.computed) == (2, 1)


@pytest.mark.fault
def test_a_full_disk_is_said_and_leaves_nothing_half_written(place):
    script = f"""
        import pathlib, resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        import numpy as np
        from dajing.domains.network.propagation.gridded import Patch, Window
        from dajing.domains.network.radio.store import LossStore, StoreFull
        patch = Patch(window=Window(row=0, column=0, rows=50, columns=50), loss=np.ones((50, 50), np.float32))
        try:
            LossStore(folder={str(place / "full")!r}).write(key="ab" * 20, patch=patch)
        except StoreFull as error:
            print("make room" in str(error), list(pathlib.Path({str(place / "full")!r}).rglob("*.*")))
    """
    out = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], check=True, capture_output=True, text=True
    ).stdout
    assert out.strip() == "True []"
