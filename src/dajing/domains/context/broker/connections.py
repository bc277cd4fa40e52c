"""Connections of bounded size and patience: what a client may send before it has asked anything, and how slowly.

uvicorn bounds neither the head of a request nor the time in which one must arrive, so that anyone without a token
could fill the memory, or hold every connection that the process may have.
"""

from __future__ import annotations

import asyncio
import resource
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from dajing.domains.context.broker.exchange import PROBLEM, encode
from dajing.domains.context.ngsi.errors import HeadTooLarge, InvalidRequest, Problem, TooSlow

MOST_HEAD = 128 * 1024  # bytes of a request line with its headers
PATIENCE = 60.0  # seconds
LEAST = 32 * 1024  # bytes that must come within that time as long as a request is not complete
IDLE = 5  # times as long a connection may rest between two requests
MOST_FILES = 65_536


class Connection(HttpToolsProtocol):
    """One connection of a client."""

    _head = _got = _seen = _idle = 0
    _headed = False  # whether the head of the newest request is complete
    _watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client connected."""
        super().connection_made(transport)
        self._watch = self.loop.call_later(PATIENCE, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        super().connection_lost(exc)
        if self._watch is not None:
            self._watch.cancel()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._headed = False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Its head is complete."""
        self._headed = True
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Something arrived."""
        super().data_received(data)
        self._got += len(data)
        if self._headed:
            self._head = 0
            return
        self._head += len(data)
        if self._head > MOST_HEAD and not self.transport.is_closing():
            self._end(HeadTooLarge(f"The request line and the headers together have more than {MOST_HEAD} bytes."))

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP is a problem like any other."""
        self._end(InvalidRequest("This is no HTTP request that could be read."))

    def _look(self) -> None:
        """Is the request coming along?"""
        if self._incomplete() and self._got - self._seen < LEAST:
            self._end(TooSlow(f"The request was not complete after {PATIENCE:g} seconds."))
            return
        self._idle = self._idle + 1 if self._got == self._seen else 0
        if self._idle >= IDLE and (self.cycle is None or self.cycle.response_complete):
            self.transport.close()
            return
        self._seen = self._got
        self._watch = self.loop.call_later(PATIENCE, self._look)

    def _incomplete(self) -> bool:
        if not self._headed:
            return True
        cycle = self.cycle
        return not cycle.response_complete and cycle.more_body and not self.flow.read_paused

    def _end(self, problem: Problem) -> None:
        """Say why (unless an answer is on its way), and close."""
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(_closing(problem))
        self.transport.close()


def _closing(problem: Problem) -> bytes:
    body = encode(problem.document())
    return (
        f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}\r\ncontent-type: {PROBLEM}\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    ).encode() + body


def allow_many() -> None:
    """As many connections as this process may ever have: the usual start is 1,024 files."""
    least, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted: Any = MOST_FILES if most == resource.RLIM_INFINITY else min(most, MOST_FILES)
    if least != resource.RLIM_INFINITY and least < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
