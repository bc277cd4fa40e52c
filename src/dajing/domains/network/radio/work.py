"""Many sites: one plain function per site, run here, in a pool or on a cluster, resumed where it stopped.

``run(work=tasks(...))`` takes this process with all its threads, ``mapper=ProcessPoolExecutor(8).map`` processes, and
``mapper=cluster.over(session=spark)`` a cluster that sees the two folders.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from dajing.domains.network.ground.files import Blocks, open_blocks
from dajing.domains.network.propagation import area, gridded
from dajing.domains.network.propagation.area import Site
from dajing.domains.network.propagation.gridded import Grid
from dajing.domains.network.propagation.p1812 import OutsideTheModel
from dajing.domains.network.radio.store import LossStore

METHOD = "P.1812-8 median, polar sweep, float32; 1"  # changes whenever the same inputs would give other losses


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One position and band to compute: everything that a worker needs, nothing that is not plain data.

    ``terrain`` and ``store`` are folders that the worker sees; ``name`` is whose it is, for messages only.
    """

    name: str
    terrain: str
    store: str
    site: Site
    grid: Grid
    radius_km: float
    receiver_height: float = 1.5
    step_km: float = 0.1
    dn: float = 45.0
    n0: float = 325.0


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a task: its key in the store, whether it was computed now, or why it could not be."""

    name: str
    key: str = ""
    computed: bool = False
    refused: str = ""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Keys by task name, how many were computed and how many stood already, and the refused ones with the reason."""

    keys: dict[str, str]
    computed: int
    kept: int
    refused: dict[str, str]


def tasks(
    *,
    sites: Iterable[tuple[str, Site]],
    terrain: Path | str,
    store: Path | str,
    grid: Grid,
    radius_km: float,
    receiver_height: float = 1.5,
    dn: float = 45.0,
    n0: float = 325.0,
) -> list[Task]:
    """A task for each named site; ``dn`` and ``n0`` describe the atmosphere (N-units/km, N-units)."""
    return [
        Task(
            name=name, site=site, terrain=str(terrain), store=str(store), grid=grid, radius_km=radius_km,
            receiver_height=receiver_height, dn=dn, n0=n0,
        )
        for name, site in sites
    ]  # fmt: skip


def solve(task: Task) -> Done:
    """Compute the loss of one task into its store unless it is there; a plain function that any engine can map.

    A site that the model or the terrain cannot answer is refused in ``Done``; a full disk raises ``StoreFull``.
    """
    blocks = open_blocks(folder=task.terrain)
    try:
        key = key_of(task=task, blocks=blocks)
    except OutsideTheModel as error:
        return Done(name=task.name, refused=str(error))
    store = LossStore(folder=task.store)
    if store.has(key=key):
        return Done(name=task.name, key=key)
    try:
        patch = gridded.on_grid(
            terrain=blocks.terrain, site=task.site, grid=task.grid, radius_km=task.radius_km, step_km=task.step_km,
            receiver_height=task.receiver_height, dn=task.dn, n0=task.n0,
        )  # fmt: skip
    except OutsideTheModel as error:
        return Done(name=task.name, refused=str(error))
    store.write(key=key, patch=patch)
    return Done(name=task.name, key=key, computed=True)


def key_of(*, task: Task, blocks: Blocks) -> str:
    """Digest of everything that the loss depends on: method, site, grid, radius, atmosphere and the terrain in reach.

    Raises ``OutsideTheModel`` when the site is nowhere on the terrain.
    """
    row, column, per_km = area.place(terrain=blocks.terrain, site=task.site, radius_km=task.radius_km)
    reach = (task.radius_km + 1.0) * per_km
    wide = reach / math.cos(math.radians(task.site.latitude)) * 1.02
    ground = blocks.digest(
        rows=(int(row - reach), int(row + reach) + 2), columns=(int(column - wide), int(column + wide) + 2)
    )
    told = (task.site, task.grid, task.radius_km, task.step_km, task.receiver_height, task.dn, task.n0)
    plain = msgspec.json.encode(told, enc_hook=float)  # values out of arrays are numpy's own floats
    return hashlib.blake2b(METHOD.encode() + ground.encode() + plain, digest_size=20).hexdigest()


def run(
    *,
    work: Sequence[Task],
    mapper: Callable[[Callable[[Task], Done], Iterable[Task]], Iterable[Done]] = map,
    report: Callable[[int, int, Done], None] | None = None,
) -> Summary:
    """Solve every task; ``report(done, total, last)`` after each. Started again, it goes on where it stopped.

    Raises ``StoreFull`` when the disk is full, after which everything computed so far is kept.
    """
    finished: list[Done] = []
    for done in mapper(solve, work):
        finished.append(done)
        if report is not None:
            report(len(finished), len(work), done)
    return Summary(
        keys={done.name: done.key for done in finished if done.key},
        computed=sum(done.computed for done in finished),
        kept=sum(bool(done.key) and not done.computed for done in finished),
        refused={done.name: done.refused for done in finished if done.refused},
    )
