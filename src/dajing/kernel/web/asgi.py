"""The ASGI root of the people's port: live events and files natively, everything else by Django in threads."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import quote

import structlog
from a2wsgi import WSGIMiddleware

from dajing.kernel.settings import settings
from dajing.kernel.web.start import start

start()

from dajing.kernel.live.stream import Live  # noqa: E402
from dajing.kernel.web import static  # noqa: E402
from dajing.kernel.web.body import Gone, TooLarge, whole  # noqa: E402
from dajing.kernel.web.wsgi import application as _django  # noqa: E402

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

THREADS = 8
FORM = 1 << 20  # what a form may add around an uploaded file
_pages: Any = WSGIMiddleware(_django, workers=THREADS)
_log = structlog.get_logger("access")
live = Live()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Route one connection by its path."""
    if scope["type"] == "lifespan":
        return await _lifespan(receive, send)
    if scope["type"] != "http":
        return None
    path = scope["path"]
    if path == "/live":
        return await live(scope, receive, send)
    if path.startswith(static.PREFIX):
        return await static.serve(scope, send)
    if path == "/health":
        return await _answer(send, 200, "text/plain", "ok")
    return await _page(scope, receive, send)


async def _page(scope: Scope, receive: Receive, send: Send) -> None:
    started, status = time.perf_counter(), 500

    async def seen(message: MutableMapping[str, Any]) -> None:
        nonlocal status
        status = message.get("status", status)
        await send(message)

    limit = settings().upload_limit_mb << 20
    scope["query_string"] = quote(scope["query_string"], safe="%&=+;/?:@!$'()*,-._~[]").encode()
    try:
        body = await whole(receive=receive, limit=limit + FORM)
        await _pages(scope, body, seen)
    except Gone:
        status = 499
    except TooLarge:
        kind, words = _TOO_LARGE[scope["path"].startswith("/api/")]
        await _answer(seen, 413, kind, words.replace("{limit}", str(settings().upload_limit_mb)))
    took = round((time.perf_counter() - started) * 1000, 1)
    _log.info("page", method=scope["method"], path=_told(scope["path"]), status=status, ms=took)


_LINKS = re.compile(r"(/sign-in/|/setup/link/)[^/]{20,}")  # what follows is a secret until it is spent


def _told(path: str) -> str:
    """The path as the log may hold it."""
    return _LINKS.sub(r"\1…", path)


_TOO_LARGE_PAGE = (
    '<!doctype html><html lang="zh"><meta charset="utf-8"><title>413</title>'
    "<p>文件超过 {limit} MiB，未接收，数据没有改变。请拆分后再上传。</p>"
    '<p lang="en">The file is larger than {limit} MiB. It was not received and nothing has changed. '
    "Split it and upload the parts.</p></html>"
)
_TOO_LARGE_PROBLEM = (
    '{"status": 413, "title": "the body is larger than {limit} MiB; it was not received and nothing has changed", '
    '"detail": "文件超过 {limit} MiB，未接收，数据没有改变。请拆分后再上传。"}'
)
_TOO_LARGE = {False: ("text/html", _TOO_LARGE_PAGE), True: ("application/problem+json", _TOO_LARGE_PROBLEM)}


async def _answer(send: Send, status: int, kind: str, text: str) -> None:
    body = text.encode()
    headers = [
        (b"content-type", f"{kind}; charset=utf-8".encode()),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"content-security-policy", b"default-src 'none'"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await live.feed.start()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await live.feed.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return
