"""What of a data directory belongs into a backup, and how each file is read while the centre runs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
from pysqlite3 import dbapi2

LEFT_OUT = {"lock", "kind.tmp", "test-rows.db", "restoring", "ledger.mark"}  # the mark: see kernel.ledger.mark
LEFT_OUT_FOLDERS = {"spill", "cache", "tmp"}
BLOCK = 1 << 20


class FileDigest(msgspec.Struct, frozen=True):
    """Size in bytes and SHA-256 of one file."""

    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The last member of a backup; ``data`` is where the directory was, because history files carry absolute paths."""

    format: int = 1
    version: str
    kind: str
    data: str
    created_at: str
    files: dict[str, FileDigest]


def digest(*, path: Path) -> FileDigest:
    """Read one file once."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256")
    return FileDigest(path.stat().st_size, found.hexdigest())


def databases(*, data: Path) -> list[Path]:
    """The SQLite files; they are copied by SQLite itself, never as bytes."""
    return [path for path in sorted(data.glob("*.db")) if path.name not in LEFT_OUT]


def plain_files(*, data: Path) -> Iterator[Path]:
    """All other files: history, keys, uploads, settings; no locks, journals, caches or links."""
    skipped = {path.name + suffix for path in data.glob("*.db") for suffix in ("", "-wal", "-shm", "-journal")}
    for path in sorted(data.rglob("*")):
        inside = path.relative_to(data)
        hidden = inside.parts[0] in LEFT_OUT_FOLDERS or path.name.endswith(".lock") or inside.name in LEFT_OUT
        if path.is_file() and not path.is_symlink() and not hidden and str(inside) not in skipped:
            yield path


def copy_database(*, source: Path, target: Path) -> None:
    """A consistent copy of a live SQLite file: https://sqlite.org/backup.html, all pages in one step.

    Writers wait at most for the copy of the pages; readers never.
    """
    reading, writing = dbapi2.connect(f"file:{source}?mode=ro", uri=True, timeout=60), dbapi2.connect(str(target))
    try:
        reading.backup(writing)
        writing.execute("PRAGMA journal_mode=DELETE")
        if (found := writing.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
            raise OSError(f"{source}: {found}")
    finally:
        writing.close()
        reading.close()
