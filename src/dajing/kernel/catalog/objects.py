"""Originals under their SHA-256: written once, durable before the digest is returned, never changed."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from dajing.kernel.settings import settings


def keep(*, body: bytes) -> str:
    """Store ``body``; the same content is stored once. Returns its SHA-256 in hexadecimal."""
    digest = hashlib.sha256(body).hexdigest()
    path = place(digest=digest)
    if not path.exists():
        write(path=path, body=body)
    return digest


def place(*, digest: str) -> Path:
    """Where the object with this digest is kept."""
    return settings().data_dir / "objects" / digest[:2] / digest


def write(*, path: Path, body: bytes) -> None:
    """Write a whole file durably or not at all; two at once write the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")  # of two at once each has its own
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
