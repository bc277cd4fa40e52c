"""The newest signed head kept outside the row store, so that entries cut off the ledger's end are missed.

A chain and a tree show every change but one: the last entries and their heads removed together. The mark is a file of
the data directory that is replaced after each sealing and only ever grows; a backup leaves it out, because rows set
back by a restore are known to be older.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from dajing.kernel.settings import settings

NAME = "ledger.mark"


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """``size`` entries were sealed under ``root``."""

    size: int
    root: str


def read() -> Mark | None:
    """The mark, or None where nothing was sealed yet or the rows were restored. Raises ``ValueError`` if unreadable."""
    try:
        return msgspec.json.decode(_path().read_bytes(), type=Mark)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error


def keep(mark: Mark) -> None:
    """Replace the mark, on disk before the name changes."""
    path = _path()
    fresh = path.with_suffix(".tmp")
    with fresh.open("wb") as file:
        file.write(msgspec.json.encode(mark))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _path() -> Path:
    return settings().data_dir / NAME
