"""Tokens for processes without Django: a read-only view of the rows, looked at again every second."""

from __future__ import annotations

import hashlib
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pysqlite3

from dajing.kernel.text import Refusal, Text

REFRESH_SECONDS = 0.9  # with the reading itself a revocation takes effect within a second
_READ_ONLY = "-c default_transaction_read_only=on"
_QUERY = (
    "SELECT t.digest, t.client_id, c.department_id, c.tenant, t.scopes, c.per_minute, t.expires_at "
    "FROM identity_apitoken t JOIN identity_apiclient c ON c.id = t.client_id WHERE t.revoked_at IS NULL"
)


class RowsUnread(Refusal):
    """The row store holds no tokens that could be read."""

    text = Text(
        zh="无法从 {path} 读取令牌：{reason}。请先运行 dajing up 建立数据库，或在本机使用 --auth none。",
        en="No tokens can be read from {path}: {reason}. Run dajing up first, or use --auth none on this machine.",
    )


class TokenInfo(msgspec.Struct, frozen=True):
    """Who calls with a token: client, department, tenant, scopes, requests per minute, end (Unix seconds)."""

    client: str
    department: str
    tenant: str
    scopes: frozenset[str]
    per_minute: int
    expires: float


class TokenView:
    """All tokens that are not revoked, at most a second old, from rows.db or from PostgreSQL where ``url`` is set."""

    def __init__(self, *, path: Path, url: str = "") -> None:
        self._path, self._url = path, url
        self._at = 0.0
        self._tokens: dict[str, TokenInfo] = {}
        self._connection: Any = None

    def find(self, *, secret: str, at: datetime) -> TokenInfo | None:
        """The holder of a token, or None when it is unknown, revoked or past its end."""
        found = self._fresh().get(hashlib.sha256(secret.encode()).hexdigest())
        return found if found is not None and found.expires > at.timestamp() else None

    def clients(self, *, scope: str, at: datetime) -> frozenset[str]:
        """The clients that hold a valid token of a scope."""
        now = at.timestamp()
        return frozenset(t.client for t in self._fresh().values() if scope in t.scopes and t.expires > now)

    def _fresh(self) -> dict[str, TokenInfo]:
        if time.monotonic() - self._at > REFRESH_SECONDS:
            self._tokens = self._read()
            self._at = time.monotonic()
        return self._tokens

    def _read(self) -> dict[str, TokenInfo]:
        try:
            if self._connection is None:
                self._connection = self._connect()
            rows = self._connection.execute(_QUERY).fetchall()
        except Exception as error:
            self._connection = None  # a broken connection is opened anew at the next question
            if not isinstance(error, pysqlite3.Error) and not type(error).__module__.startswith("psycopg"):
                raise
            raise RowsUnread(path=_without_password(self._url) or self._path, reason=error) from None
        return {row[0]: _info(*row[1:]) for row in rows}

    def _connect(self) -> Any:
        """A read-only connection by the library that writes the rows."""
        if not self._url:
            return pysqlite3.connect(f"file:{self._path}?mode=ro", uri=True, timeout=5)
        import psycopg

        return psycopg.connect(self._url, autocommit=True, connect_timeout=5, options=_READ_ONLY)


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return f"postgresql://{parts.hostname or ''}{parts.path if parts.scheme else ''}" if url else ""


def _info(
    client: str, department: str, tenant: str, scopes: str | list[str], per_minute: int, expires: str | datetime
) -> TokenInfo:
    """One row: SQLite keeps scopes and times as text, PostgreSQL as what they are."""
    end = datetime.fromisoformat(expires) if isinstance(expires, str) else expires
    if end.tzinfo is None:
        end = end.replace(tzinfo=UTC)
    given = json.loads(scopes) if isinstance(scopes, str) else scopes
    return TokenInfo(client, str(department or ""), tenant, frozenset(given), per_minute, end.timestamp())
