"""``/live?topics=a,b``: one long answer per listener, on asyncio alone."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.db import close_old_connections

from dajing.kernel.live.api import PUBLIC, SIGNED_IN, audience_of
from dajing.kernel.live.feed import Feed, Listener

LIMIT = 2000  # listeners per web process
PER_ADDRESS = 40  # listeners per client address, so that one visitor cannot take all places
HEARTBEAT = 15.0  # seconds; keeps proxies from cutting a quiet stream
CHECK = 60.0  # seconds between looks whether the session still lives
TOPICS = 20

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Live:
    """The ASGI application of the live events."""

    def __init__(self) -> None:
        self.feed = Feed()
        self._addresses: dict[str, int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one listener until it leaves, is lost, or its session ends."""
        headers = dict(scope["headers"])
        topics = _topics(scope)
        if not topics:
            return await _refuse(send, 400, "topics=a,b is missing, or names more than 20; 缺少 topics 参数")
        cookie = headers.get(b"cookie", b"").decode("latin1")
        if not await asyncio.to_thread(may_listen, topics=topics, cookie=cookie):
            return await _refuse(send, 403, "sign in to follow these topics; 请先登录")
        address = (scope.get("client") or ("", 0))[0]
        if len(self.feed) >= LIMIT or self._addresses.get(address, 0) >= PER_ADDRESS:
            return await _refuse(send, 503, "too many listeners; 实时连接过多，请稍后再试", retry=30)
        self._addresses[address] = self._addresses.get(address, 0) + 1
        listener = Listener(topics=topics)
        missed = self.feed.join(listener=listener, after=_resume(headers))
        try:
            await _start(send)
            for message in missed:
                await send({"type": "http.response.body", "body": message.wire, "more_body": True})
            await _follow(listener, receive, send, cookie)
        finally:
            self.feed.leave(listener=listener)
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]


async def _follow(listener: Listener, receive: Receive, send: Send, cookie: str) -> None:
    gone = asyncio.create_task(_disconnected(receive))
    checked = asyncio.get_running_loop().time()
    try:
        while not listener.lost and not gone.done():
            waiting = asyncio.create_task(listener.queue.get())
            await asyncio.wait({waiting, gone}, timeout=HEARTBEAT, return_when=asyncio.FIRST_COMPLETED)
            body = waiting.result().wire if waiting.done() else b": alive\n\n"
            waiting.cancel()
            if gone.done():
                return
            await send({"type": "http.response.body", "body": body, "more_body": True})
            now = asyncio.get_running_loop().time()
            if now - checked > CHECK:
                checked = now
                if not await asyncio.to_thread(may_listen, topics=listener.topics, cookie=cookie):
                    break
        await send({"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await gone


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _start(send: Send) -> None:
    headers = [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"retry: 3000\n\n", "more_body": True})


async def _refuse(send: Send, status: int, reason: str, *, retry: int = 0) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    if retry:
        headers.append((b"retry-after", str(retry).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": reason.encode()})


def _topics(scope: Scope) -> frozenset[str]:
    values = parse_qs(scope["query_string"].decode("latin1")).get("topics", [])
    names = {name for value in values for name in value.split(",") if name}
    return frozenset(names) if len(names) <= TOPICS else frozenset()


def _resume(headers: dict[bytes, bytes]) -> int | None:
    try:
        return int(headers[b"last-event-id"])
    except (KeyError, ValueError):
        return None


def may_listen(*, topics: frozenset[str], cookie: str) -> bool:
    """Whether the person whose session cookie this is may follow every one of ``topics``."""
    needed = {audience_of(name=name) for name in topics} - {PUBLIC}
    if not needed:
        return True
    close_old_connections()
    person, request = _person(cookie)
    if person is None:
        return False
    roles = needed - {SIGNED_IN}
    if not roles:
        return True
    from datetime import UTC, datetime
    from importlib import import_module

    actor = import_module("dajing.kernel.identity.api").actor_of(request=request, at=datetime.now(UTC))
    return all(audience == actor.id or actor.may(audience) for audience in roles)


def _person(cookie: str) -> tuple[Any, Any]:
    from importlib import import_module

    from django.contrib.auth import get_user
    from django.http import HttpRequest

    try:
        morsel = SimpleCookie(cookie).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None, None
    if morsel is None:
        return None, None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(morsel.value)
    person = get_user(request)
    request.user = person
    return (person, request) if person.is_authenticated else (None, None)
