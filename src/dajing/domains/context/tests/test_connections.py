"""What a client may do to its connection: neither fill the memory nor hold a place for ever."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import uvicorn
from uvicorn.server import ServerState

from dajing.domains.context.broker import connections
from dajing.domains.context.broker.app import Application
from dajing.domains.context.broker.state import Broker
from dajing.domains.context.broker.wire import Wire

POST = b"POST /ngsi-ld/v1/entities HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest_asyncio.fixture
async def port(broker: Broker) -> AsyncIterator[int]:
    config = uvicorn.Config(Application(broker=broker), http=Wire, ws="none", log_config=None)
    config.load()
    state = ServerState()

    def connection() -> asyncio.Protocol:
        return Wire(config=config, server_state=state, app_state={})

    server = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def _sent(port: int, parts: list[bytes]) -> bytes:
    """Everything that is answered until the broker closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found = b""
    async with asyncio.timeout(20):
        try:
            for part in parts:
                writer.write(part)
                await writer.drain()
            while data := await reader.read(65_536):
                found += data
        except ConnectionError:
            pass
    writer.close()
    return found


def _problem(answer: bytes) -> int:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head, answer
    status = json.loads(body)["status"]
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    return int(status)


@pytest.mark.parametrize(
    "parts",
    [
        [b"GET /health HTTP/1.1\r\nHost: x\r\n", *(b"X-%d: " % n + b"y" * 4_000 + b"\r\n" for n in range(60))],
        [b"GET /health HTTP/1.1\r\nX: ", *[b"y" * 4_000] * 60],
        [b"GET /", *[b"y" * 4_000] * 60],
    ],
)
async def test_a_head_without_end_is_cut_off(port: int, parts: list[bytes]) -> None:
    found = await _sent(port, parts)
    assert not found or _problem(found) == 431  # a reset may overtake the answer


@pytest.mark.parametrize(
    "parts",
    [[], [b"GET /health HTTP/1.1\r\nHos"], [POST + b"Content-Length: 50\r\n\r\n{"]],
    ids=["silence", "half a head", "half a body"],
)
async def test_a_request_that_does_not_come_along_is_given_up(
    port: int, parts: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "PATIENCE", 0.2)
    assert _problem(await _sent(port, parts)) == 408


async def test_a_client_that_waits_for_its_answer_is_waited_for(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "PATIENCE", 0.1)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(3):
        writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200 OK" in await reader.readuntil(b'{"status":"ok"}')
        await asyncio.sleep(0.25)
    writer.close()


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x00\xa5\x01",
        POST + b"Content-Length: -5\r\n\r\n{}",
        POST + b"Content-Length: 2\r\nContent-Length: 5\r\n\r\n{}",
        POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET /ngsi-ld/v1/é HTTP/1.1\r\n\r\n".encode(),
    ],
)  # fmt: skip
async def test_what_is_no_request_is_a_problem_document_too(port: int, request_: bytes) -> None:
    assert _problem(await _sent(port, [request_])) == 400


async def test_a_body_of_unknown_length_is_refused_and_not_waited_for(port: int) -> None:
    endless = [b"5\r\nhello\r\n"] * 50
    found = await _sent(port, [POST + b"Transfer-Encoding: chunked\r\n\r\n", *endless])
    assert not found or found.startswith(b"HTTP/1.1 411 ")
