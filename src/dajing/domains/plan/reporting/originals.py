"""Files as departments sent them: for good under their digest once accepted or refused, for hours while only shown."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path

from dajing.kernel.catalog import objects
from dajing.kernel.settings import settings

SHOWN = timedelta(hours=3)  # longer than the address of a file that was shown holds good


def keep_original(*, body: bytes) -> str:
    """Store a file under its SHA-256, durable before the digest is returned; the same file is stored once."""
    return objects.keep(body=body)


def original(*, digest: str) -> Path:
    """Where the original with this digest is kept."""
    return objects.place(digest=digest)


def keep_shown(*, body: bytes) -> str:
    """Keep a file while an officer looks at what it would do; its SHA-256."""
    digest = hashlib.sha256(body).hexdigest()
    objects.write(path=shown(digest=digest), body=body)
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
