"""Style sheets, scripts and fonts: named by their content, cached for ever, compressed once."""

from __future__ import annotations

import asyncio
import functools
import gzip
import hashlib
import mimetypes
import os
import re
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import msgspec
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.core.exceptions import SuspiciousFileOperation

PREFIX = "/static/"
DIGITS = 12
HASHED = re.compile(rf"^(?P<stem>.+)\.(?P<digest>[0-9a-f]{{{DIGITS}}})(?P<suffix>\.[^./]+)$")
COMPRESSED = {".css", ".js", ".mjs", ".svg", ".json", ".html", ".txt", ".map"}
TYPES = {".mjs": "text/javascript", ".js": "text/javascript", ".geojson": "application/geo+json"}
CHUNK = 256 * 1024
FOR_EVER = b"public, max-age=31536000, immutable"
ASK_AGAIN = b"no-cache"


class Part(msgspec.Struct, frozen=True):
    """One file as it is served; ``body`` is None for what is read from disk in chunks, ``packed`` is gzip."""

    path: Path
    digest: str
    type: bytes
    size: int
    body: bytes | None
    packed: bytes | None


class HashedStatic(StaticFilesStorage):
    """``{% static %}`` gives names that carry the digest of the content; a missing file keeps its plain name."""

    def url(self, name: str | None) -> str:
        """The address of one file."""
        part = find(name or "")
        if part is None:
            return super().url(name)
        stem, dot, suffix = (name or "").rpartition(".")
        return super().url(f"{stem}.{part.digest}{dot}{suffix}")


def find(name: str) -> Part | None:
    """The file called ``name``; read again only when it has changed on disk."""
    path = _known.get(name) or _path(name)
    try:
        state = os.stat(path) if path else None
    except OSError:
        _known.pop(name, None)
        return None
    return _load(path, state.st_mtime_ns, state.st_size) if path and state else None


_known: dict[str, str] = {}  # only names that exist, so that no visitor can fill it


def _path(name: str) -> str | None:
    try:
        path = finders.find(name) if name and "\0" not in name else None
    except SuspiciousFileOperation:
        return None
    if not isinstance(path, str) or not Path(path).is_file():
        return None
    _known[name] = path
    return path


@functools.lru_cache(maxsize=512)
def _load(path: str, _changed: int, size: int) -> Part:
    file = Path(path)
    kind = TYPES.get(file.suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"
    text = file.suffix in COMPRESSED
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()[:DIGITS]
    body = file.read_bytes() if text and size < 8 << 20 else None
    packed = gzip.compress(body, 9, mtime=0) if body and size > 500 else None
    charset = "; charset=utf-8" if kind.startswith("text/") else ""
    if packed is not None and body is not None and size > 64 << 10:
        body = None  # nearly every client takes the packed form; the plain one is read from disk when asked for
    return Part(file, digest, f"{kind}{charset}".encode(), size, body, packed)


Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


async def serve(scope: Scope, send: Send) -> None:
    """Answer a GET or HEAD below ``/static/``."""
    if scope["method"] not in {"GET", "HEAD"}:
        return await _plain(send, 405, b"method not allowed")
    name = scope["path"].removeprefix(PREFIX)
    match = HASHED.match(name)
    part = await asyncio.to_thread(find, match["stem"] + match["suffix"]) if match else None
    for_ever = bool(match and part and part.digest == match["digest"])
    if part is None:
        part = await asyncio.to_thread(find, name)
    if part is None:
        return await _plain(send, 404, b"not found")
    await _answer(part, scope, send, cache=FOR_EVER if for_ever else ASK_AGAIN)


async def _answer(part: Part, scope: Scope, send: Send, *, cache: bytes) -> None:
    asked = dict(scope["headers"])
    packed = part.packed if b"gzip" in asked.get(b"accept-encoding", b"") else None
    tag = f'"{part.digest}{"-gz" if packed else ""}"'.encode()
    headers = [
        (b"etag", tag),
        (b"cache-control", cache),
        (b"vary", b"accept-encoding"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if tag in asked.get(b"if-none-match", b""):
        await send({"type": "http.response.start", "status": 304, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        return
    headers += [(b"content-type", part.type), (b"content-length", b"%d" % (len(packed) if packed else part.size))]
    headers += [(b"content-encoding", b"gzip")] if packed else []
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    body = packed or part.body
    if scope["method"] == "HEAD" or body is not None:
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
        return
    with part.path.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _plain(send: Send, status: int, text: bytes) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(text))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})
