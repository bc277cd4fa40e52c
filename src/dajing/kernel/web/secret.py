"""The key that signs sessions: made once, readable by the owner alone."""

from __future__ import annotations

import os
import secrets

from dajing.kernel.settings import Settings


def secret_key(*, settings: Settings) -> str:
    """The configured key, else the one kept in the data directory, made on first use."""
    if settings.secret_key:
        return settings.secret_key
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    path = settings.data_dir / "secret.key"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    key = secrets.token_urlsafe(48)
    with os.fdopen(handle, "w") as file:
        file.write(key)
    return key
