"""The ASGI root of the people's port: live events and files natively, everything else by Django in threads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from a2wsgi import WSGIMiddleware

from dajing.kernel.web.wsgi import application as _django

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_pages: Any = WSGIMiddleware(_django, workers=8)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Route one connection by its path."""
    if scope["type"] == "http" and scope["path"] == "/health":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"ok"})
        return
    await _pages(scope, receive, send)
