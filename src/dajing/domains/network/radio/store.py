"""Path losses on disk: one file per position and band under the digest of everything that it was computed from.

What is unchanged has the same name and is not computed again; what changed has another. A file appears whole or not at
all, and says in its head what its body must hash to, so that one damaged by a failing machine is computed anew.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

import msgspec
import numpy as np

from dajing.domains.network.propagation.gridded import Patch, Window

MAGIC = b"DJLOSS1\n"
NONE = -32768  # no prediction: beyond the radius
STEP = 0.1  # dB


class StoreFull(OSError):
    """The disk took no more; what was stored before stays, and the same run goes on when there is room."""


class Head(msgspec.Struct, frozen=True):
    """First line of a file: the window, and the digest of the body."""

    window: Window
    digest: str


class LossStore:
    """Losses by key (40 hexadecimal digits) in ``folder``, in steps of 0.1 dB."""

    def __init__(self, *, folder: Path | str) -> None:
        self.folder = Path(folder)

    def path(self, *, key: str) -> Path:
        """Where the loss of ``key`` is or would be."""
        return self.folder / key[:2] / f"{key}.loss"

    def has(self, *, key: str) -> bool:
        """Whether ``key`` is stored whole."""
        return self.read(key=key) is not None

    def read(self, *, key: str) -> Patch | None:
        """The loss of ``key`` (float32 dB, NaN where nothing was predicted); None if absent or damaged."""
        try:
            content = self.path(key=key).read_bytes()
        except FileNotFoundError:
            return None
        end = content.find(b"\n", len(MAGIC))
        try:
            head = msgspec.json.decode(content[len(MAGIC) : end], type=Head)
        except msgspec.MsgspecError:
            return None
        body = memoryview(content)[end + 1 :]
        if not content.startswith(MAGIC) or _digest(body) != head.digest:
            return None
        steps = np.frombuffer(body, np.int16).reshape(head.window.rows, head.window.columns)
        loss = steps.astype(np.float32) * np.float32(STEP)
        loss[steps == NONE] = np.nan
        return Patch(window=head.window, loss=loss)

    def write(self, *, key: str, patch: Patch) -> None:
        """Store ``patch`` under ``key``. Raises ``StoreFull`` and leaves nothing behind when the disk is full."""
        whole = np.nan_to_num(np.rint(patch.loss / np.float32(STEP)), nan=NONE, posinf=-NONE - 1, neginf=0)
        steps = np.clip(whole, NONE, -NONE - 1).astype(np.int16)
        body = steps.tobytes()
        head = msgspec.json.encode(Head(window=patch.window, digest=_digest(body)))
        target = self.path(key=key)
        temporary = ""
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(prefix=".", suffix=".part", dir=target.parent)
            with os.fdopen(handle, "wb") as file:
                file.writelines((MAGIC, head, b"\n", body))
            os.replace(temporary, target)
        except OSError as error:
            Path(temporary).unlink(missing_ok=True) if temporary else None
            raise StoreFull(
                error.errno, f"{target} could not be written ({error.strerror}); make room and run again: it goes on"
            ) from error

    def keys(self) -> Iterator[str]:
        """Every key that is stored."""
        return (path.stem for path in sorted(self.folder.glob("??/*.loss")))

    def prune(self, *, keep: Collection[str]) -> int:
        """Remove every loss whose key is not in ``keep`` and what broken writers left; returns how many losses."""
        kept = set(keep)
        stale = [path for path in self.folder.glob("??/*.loss") if path.stem not in kept]
        for path in stale:
            path.unlink(missing_ok=True)
        for left in self.folder.glob("??/.*.part"):
            left.unlink(missing_ok=True)
        return len(stale)


def _digest(body: bytes | memoryview) -> str:
    return hashlib.blake2b(body, digest_size=16).hexdigest()
