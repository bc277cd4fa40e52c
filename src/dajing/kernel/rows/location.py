"""Where the row store is: ``rows.db`` in the data directory, or PostgreSQL by URL."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from dajing.kernel.settings import Settings

PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
    "PRAGMA wal_autocheckpoint=10000; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-32000;"
)


def database(*, settings: Settings) -> dict[str, Any]:
    """Django's ``DATABASES`` entry for the configured row store.

    Raises ``ValueError`` for a scheme that no backend serves.
    """
    if not settings.rows:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        return {
            "ENGINE": "dajing.kernel.rows.sqlite",
            "NAME": settings.data_dir / "rows.db",
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": PRAGMAS},
            # A file, not Django's shared memory: only a file has the WAL, locks and concurrency of an installation.
            "TEST": {"NAME": str(settings.data_dir / "test-rows.db")},
        }
    url = urlsplit(settings.rows)
    if url.scheme not in {"postgres", "postgresql"}:
        raise ValueError(f"rows = {settings.rows!r}: only postgresql:// is served; leave it empty for SQLite")
    query = dict(parse_qsl(url.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(url.path.lstrip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": url.hostname or query.pop("host", ""),
        "PORT": str(url.port or ""),
        "OPTIONS": query,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
