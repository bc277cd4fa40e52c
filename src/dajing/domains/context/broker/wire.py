"""The wire of the broker: uvicorn's protocol, with a short way for the requests that come by the thousand.

A request whose body is short is answered when it has arrived whole, in one write, without a task that first waits for
the body and without the messages of ASGI. Everything else (chunked and long bodies, ``Expect``, upgrades, pipelined
requests, clients that do not read) goes uvicorn's own way, and so do connections, timeouts and shutting down.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine
from functools import partial
from typing import Any, cast

import structlog
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from dajing.domains.context.broker.app import Application
from dajing.domains.context.broker.connections import Connection
from dajing.domains.context.broker.exchange import Answer, Request

_log = structlog.get_logger()
SHORT_BODY = 128 * 1024  # bytes
_UNSAFE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")  # what no header may hold, or a client could write an answer's head
_LENGTH, _ENCODING = b"content-length", b"transfer-encoding"


class Exchange:
    """One request on the short way.

    It stands where uvicorn keeps its cycle (nobody waits for its messages) and its task (it cannot be cancelled).
    """

    __slots__ = ("disconnected", "keep_alive", "parts", "response_complete", "work")
    more_body = response_started = False

    def __init__(self, *, keep_alive: bool) -> None:
        self.disconnected = False
        self.response_complete = False
        self.keep_alive = keep_alive
        self.parts: list[bytes] = []
        self.work: Coroutine[Any, None, tuple[Request, Answer]]

    @property
    def message_event(self) -> Exchange:
        """Its own event."""
        return self

    def set(self) -> None:
        """Nobody waits."""

    def cancel(self, msg: str = "") -> None:
        """What was begun is completed."""


class Wire(Connection):
    """One connection."""

    short: Exchange | None = None

    def on_message_begin(self) -> None:
        """The scope is made later, if at all."""
        self._headed = False
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.expect_100_continue = False
        self.short = None

    def on_headers_complete(self) -> None:
        """Choose the way."""
        if self._is_short():
            self._headed = True
            self.short = Exchange(keep_alive=self.parser.should_keep_alive())
            return
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)  # the scope has this list
        super().on_headers_complete()

    def _is_short(self) -> bool:
        """Whether the short way may be taken."""
        before = self.cycle
        if (
            self.expect_100_continue or self.flow.write_paused or self.parser.should_upgrade() or self.url[:1] != b"/"
            or (before is not None and not before.response_complete) or self.parser.get_http_version() != "1.1"
        ):  # fmt: skip
            return False
        for name, value in self.headers:
            if name == _ENCODING or (name == _LENGTH and int(value) > SHORT_BODY):  # the parser took it as a number
                return False
        return True

    def _incomplete(self) -> bool:
        return self.short is not None or super()._incomplete()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        if self.short is None:
            super().on_body(body)
        else:
            self.short.parts.append(body)

    def on_message_complete(self) -> None:
        """Answer, at once where nothing has to be waited for."""
        exchange = self.short
        if exchange is None:
            super().on_message_complete()
            return
        self.short = None
        self.cycle = cast(Any, exchange)
        exchange.work = cast(Application, self.config.app).respond(self._request(exchange))
        self._go_on(exchange)

    def _go_on(self, exchange: Exchange, _: Any = None) -> None:
        """Run the work until it waits for something or is done: what a task does, without one for each request."""
        try:
            waited = exchange.work.send(None)
        except StopIteration as done:
            self.tasks.discard(cast(Any, exchange))
            self._write(exchange, *done.value)
            return
        except (Exception, asyncio.CancelledError):
            _log.exception("context.wire_failed")
            self.tasks.discard(cast(Any, exchange))
            exchange.response_complete = True
            self.transport.close()
            return
        self.tasks.add(cast(Any, exchange))
        if waited is None:
            self.loop.call_soon(self._go_on, exchange)
            return
        waited._asyncio_future_blocking = False  # how a future is told that its awaiting was seen
        waited.add_done_callback(partial(self._go_on, exchange))

    def _request(self, exchange: Exchange) -> Request:
        path, _, query = self.url.partition(b"?")
        scope = {
            "type": "http", "method": self.parser.get_method().decode("ascii"), "raw_path": path,
            "query_string": query.partition(b"#")[0], "headers": self.headers, "scheme": self.scheme,
            "client": self.client,
        }  # fmt: skip
        parts = exchange.parts
        return Request(scope=scope, given=parts[0] if len(parts) == 1 else b"".join(parts))

    def _write(self, exchange: Exchange, request: Request, answer: Answer) -> None:
        """One write: head and body."""
        exchange.response_complete = True
        if exchange.disconnected or self.transport.is_closing():
            return
        parts = [STATUS_LINE[answer.status]]
        for name, value in answer.headers:
            if name == b"Connection":
                exchange.keep_alive = False
            else:
                parts += (name, b": ", _UNSAFE.sub(b"", value), b"\r\n")
        if not exchange.keep_alive:
            parts.append(b"connection: close\r\n")
        parts.append(b"\r\n")
        if request.method != "HEAD":
            parts.append(answer.body)
        self.transport.write(b"".join(parts))
        if not exchange.keep_alive:
            self.transport.close()
        if self.pipeline:
            self.on_response_complete()
        else:
            self.server_state.total_requests += 1  # without the timer that uvicorn sets here: see Connection
