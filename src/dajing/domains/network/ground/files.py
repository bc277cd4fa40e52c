"""Terrain kept as plain arrays on disk, mapped by every process that computes, with digests of its blocks."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dajing.domains.network.propagation.area import Terrain

BLOCK = 128  # cells; a change of terrain makes the losses of sites within reach of its blocks stale, and no others


class TerrainMissing(FileNotFoundError):
    """There is no kept terrain in a folder; the message says how to make one."""


def keep_terrain(*, terrain: Terrain, folder: Path, provenance: str) -> Path:
    """Write ``terrain`` into ``folder`` (made anew, replaced as a whole) and return it.

    ``provenance`` is measured, estimated or synthetic. A reader sees the old terrain, none for an instant, or the new.
    """
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        np.save(new / "heights.npy", np.ascontiguousarray(terrain.heights, np.float32))
        np.save(new / "clutter.npy", np.ascontiguousarray(terrain.clutter, np.float32))
        about = {"west": terrain.west, "north": terrain.north, "step": terrain.step, "provenance": provenance}
        (new / "terrain.json").write_text(json.dumps(about), encoding="utf-8")
        if folder.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
            os.rename(folder, old / "old")
            os.rename(new, folder)
            shutil.rmtree(old)
        else:
            os.rename(new, folder)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    return folder


class Blocks:
    """Digests of a terrain's blocks, made when first asked for, so that a window's digest reads no terrain again."""

    def __init__(self, *, terrain: Terrain) -> None:
        self.terrain = terrain
        self._known: dict[tuple[int, int], bytes] = {}

    def digest(self, *, rows: tuple[int, int], columns: tuple[int, int]) -> str:
        """Digest of all blocks that touch ``rows`` and ``columns`` (first, last), and of the raster's place."""
        t = self.terrain
        whole = hashlib.blake2b(f"{t.west!r} {t.north!r} {t.step!r}".encode(), digest_size=20)
        height, width = t.heights.shape
        for row in range(max(rows[0], 0) // BLOCK, min(rows[1], height - 1) // BLOCK + 1):
            for column in range(max(columns[0], 0) // BLOCK, min(columns[1], width - 1) // BLOCK + 1):
                whole.update(f"{row},{column}:".encode() + self._block(row, column))
        return whole.hexdigest()

    def _block(self, row: int, column: int) -> bytes:
        if (row, column) not in self._known:
            cut = slice(row * BLOCK, (row + 1) * BLOCK), slice(column * BLOCK, (column + 1) * BLOCK)
            content = hashlib.blake2b(digest_size=20)
            for layer in (self.terrain.heights, self.terrain.clutter):
                content.update(np.ascontiguousarray(layer[cut]).tobytes())
            self._known[row, column] = content.digest()
        return self._known[row, column]


def open_terrain(*, folder: Path | str) -> Terrain:
    """The terrain kept in ``folder``, its arrays mapped from disk; opened once per process and version."""
    return open_blocks(folder=folder).terrain


def open_blocks(*, folder: Path | str) -> Blocks:
    """The terrain kept in ``folder`` with the digests of its blocks. Raises ``TerrainMissing``."""
    about = Path(folder) / "terrain.json"
    if not about.exists():
        raise TerrainMissing(f"{folder} holds no terrain; read tiles into it first (ground.mosaic) or make the demo's")
    return _opened(str(folder), about.stat().st_mtime_ns, about.stat().st_ino)


@functools.lru_cache(maxsize=2)
def _opened(folder: str, changed: int, inode: int) -> Blocks:
    about = json.loads((Path(folder) / "terrain.json").read_text(encoding="utf-8"))
    # copy on write: numba compiles one kind of array only, and nothing can change the file
    heights, clutter = (
        np.asarray(np.load(Path(folder) / f"{name}.npy", mmap_mode="c")) for name in ("heights", "clutter")
    )
    return Blocks(
        terrain=Terrain(heights=heights, clutter=clutter, west=about["west"], north=about["north"], step=about["step"])
    )


def provenance_of(*, folder: Path | str) -> str:
    """Of what kind the terrain in ``folder`` is: measured, estimated or synthetic."""
    return str(json.loads((Path(folder) / "terrain.json").read_text(encoding="utf-8"))["provenance"])


def heights_at(
    *, terrain: Terrain, latitudes: NDArray[np.float64], longitudes: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Heights (m) at every latitude × longitude, bilinear; NaN outside the terrain."""
    row = (terrain.north - latitudes) / terrain.step
    column = (longitudes - terrain.west) / terrain.step
    rows, columns = terrain.heights.shape
    r0 = np.clip(np.floor(row).astype(int), 0, rows - 2)
    c0 = np.clip(np.floor(column).astype(int), 0, columns - 2)
    fr, fc = (row - r0)[:, None].astype(np.float32), (column - c0)[None, :].astype(np.float32)
    h = terrain.heights
    top = h[np.ix_(r0, c0)] * (1 - fc) + h[np.ix_(r0, c0 + 1)] * fc
    bottom = h[np.ix_(r0 + 1, c0)] * (1 - fc) + h[np.ix_(r0 + 1, c0 + 1)] * fc
    out = top * (1 - fr) + bottom * fr
    out[(row < 0) | (row > rows - 1), :] = np.nan
    out[:, (column < 0) | (column > columns - 1)] = np.nan
    return out
