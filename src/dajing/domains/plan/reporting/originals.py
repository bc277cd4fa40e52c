"""Files as departments sent them: for good under their digest once accepted or refused, for hours while only shown."""

from __future__ import annotations

import hashlib
import os
from datetime import datetime, timedelta
from pathlib import Path

from dajing.kernel.settings import settings

SHOWN = timedelta(hours=3)  # longer than the address of a file that was shown holds good


def keep_original(*, body: bytes) -> str:
    """Store a file under its SHA-256, durable before the digest is returned; the same file is stored once."""
    digest = hashlib.sha256(body).hexdigest()
    path = original(digest=digest)
    if not path.exists():
        _write(path, body)
    return digest


def original(*, digest: str) -> Path:
    """Where the original with this digest is kept."""
    return settings().data_dir / "objects" / digest[:2] / digest


def keep_shown(*, body: bytes) -> str:
    """Keep a file while an officer looks at what it would do; its SHA-256."""
    digest = hashlib.sha256(body).hexdigest()
    _write(shown(digest=digest), body)
    return digest


def shown(*, digest: str) -> Path:
    """Where a file that is only shown is kept; no backup holds it."""
    return settings().data_dir / "tmp" / "shown" / digest


def forget_shown(*, at: datetime) -> int:
    """Remove files that nobody accepted in time; how many."""
    folder = shown(digest="x").parent
    old = [path for path in folder.glob("*") if path.stat().st_mtime < (at - SHOWN).timestamp()]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _write(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.{id(body)}")
    with part.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)  # the name is durable only when its directory is
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
