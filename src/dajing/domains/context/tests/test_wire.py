"""The broker over a real connection: the short way and uvicorn's own give the same answers, in order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn

from dajing.domains.context.broker.app import Application
from dajing.domains.context.broker.state import Broker
from dajing.domains.context.broker.wire import SHORT_BODY, Wire

LAMP = {"id": "urn:x:lamp", "type": "Lamp", "power": {"type": "Property", "value": 1}}
type Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def connection(folder: Path) -> AsyncIterator[Streams]:
    """One connection to a running server."""
    broker = Broker(path=folder / "live.db", clock=lambda: datetime.now(UTC))
    config = uvicorn.Config(
        Application(broker=broker), port=0, http=Wire, log_config=None, lifespan="on", proxy_headers=False
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        server.should_exit = True
        await running


def request(method: str, path: str, body: bytes = b"", *headers: str) -> bytes:
    """The bytes of one request below /ngsi-ld/v1."""
    lines = [f"{method} /ngsi-ld/v1{path} HTTP/1.1", "Host: broker", *headers]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def answer(reader: asyncio.StreamReader, *, head: bool = False) -> tuple[int, dict[str, str], bytes]:
    """The next answer on a connection."""
    async with asyncio.timeout(20):
        top = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in top[1:] if line)}
        length = 0 if head else int(headers.get("content-length", 0))
        return int(top[0].split()[1]), headers, await reader.readexactly(length)


async def test_requests_that_come_at_once_are_answered_in_their_order(tmp_path: Path) -> None:
    async with connection(tmp_path) as (reader, writer):
        body = json.dumps(LAMP).encode()
        patches = b"".join(request("PATCH", "/entities/urn:x:lamp/attrs", b'{"power": %d}' % n) for n in range(20))
        gets = request("GET", "/entities/urn:x:lamp?options=keyValues") * 3
        writer.write(request("POST", "/entities", body) + patches + gets + request("GET", "/entities/urn:x:none"))
        statuses = [(await answer(reader))[0] for _ in range(21)]
        assert statuses == [201] + [204] * 20
        for _ in range(3):
            status, _, found = await answer(reader)
            assert (status, json.loads(found)["power"]) == (200, 19)
        assert (await answer(reader))[0] == 404


async def test_a_body_in_pieces_or_of_any_length_is_the_same_body(tmp_path: Path) -> None:
    async with connection(tmp_path) as (reader, writer):
        body = json.dumps(LAMP).encode()
        whole = request("POST", "/entities", body)
        for n in range(0, len(whole), 7):
            writer.write(whole[n : n + 7])
            await writer.drain()
            await asyncio.sleep(0)
        assert (await answer(reader))[0] == 201
        long = json.dumps([{"id": f"urn:x:{n}", "type": "T", "text": "x" * 1_000} for n in range(200)]).encode()
        assert len(long) > SHORT_BODY
        writer.write(request("POST", "/entityOperations/upsert", long) + request("GET", "/entities/urn:x:199"))
        assert (await answer(reader))[0] == 201
        assert (await answer(reader))[0] == 200


async def test_a_body_whose_length_is_not_told_ends_the_connection(tmp_path: Path) -> None:
    head = b"POST /ngsi-ld/v1/entities HTTP/1.1\r\nHost: b\r\nContent-Type: application/json\r\n"
    body = json.dumps(LAMP).encode()
    for rest in (b"\r\n", b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)):
        async with connection(tmp_path) as (reader, writer):
            writer.write(head + rest)
            status, headers, _ = await answer(reader)
            assert (status, headers["connection"].lower()) == (411, "close")
            assert await reader.read() == b""


async def test_an_address_with_its_host_is_the_same_address(tmp_path: Path) -> None:
    async with connection(tmp_path) as (reader, writer):
        writer.write(b"GET http://broker/ngsi-ld/v1/types?limit=1 HTTP/1.1\r\nHost: broker\r\n\r\n")
        assert (await answer(reader))[0] in (200, 400)
        writer.write(request("GET", "/types"))
        assert (await answer(reader))[0] == 200


async def test_no_header_of_an_answer_is_written_by_a_client(tmp_path: Path) -> None:
    async with connection(tmp_path) as (reader, writer):
        writer.write(
            request("GET", "/types", b"", 'Link: <http://x/%0d%0aSet-Cookie:a>; rel="http://x"', "NGSILD-Tenant: a\tb")
        )
        _, headers, _ = await answer(reader)
        assert "set-cookie" not in headers


async def test_who_asks_whether_to_send_a_body_is_told_to(tmp_path: Path) -> None:
    async with connection(tmp_path) as (reader, writer):
        body = json.dumps(LAMP).encode()
        whole = request("POST", "/entities", body, "Expect: 100-continue")
        writer.write(whole[: -len(body)])
        async with asyncio.timeout(20):
            assert b" 100 " in await reader.readuntil(b"\r\n\r\n")
        writer.write(body)
        assert (await answer(reader))[0] == 201


async def test_head_has_the_length_of_the_answer_and_no_body(tmp_path: Path) -> None:
    async with connection(tmp_path) as (reader, writer):
        writer.write(request("GET", "/types") + request("HEAD", "/types") + request("GET", "/types"))
        _, headers, _ = await answer(reader)
        status, again, nothing = await answer(reader, head=True)
        assert (status, again["content-length"], nothing) == (200, headers["content-length"], b"")
        assert (await answer(reader))[0] == 200


async def test_a_connection_is_closed_where_the_client_asks_for_it_or_speaks_no_http(tmp_path: Path) -> None:
    async with connection(tmp_path) as (reader, writer):
        writer.write(request("GET", "/types", b"", "Connection: close"))
        status, headers, _ = await answer(reader)
        assert (status, headers["connection"]) == (200, "close")
        assert await reader.read() == b""
    async with connection(tmp_path) as (reader, writer):
        writer.write(b"NOT HTTP AT ALL\r\n\r\n")
        assert (await answer(reader))[0] == 400


@pytest.mark.parametrize("length", ["-1", "1e3", "99999999999999999999999999"])
async def test_a_length_that_is_none_ends_the_connection_and_nothing_else(tmp_path: Path, length: str) -> None:
    async with connection(tmp_path) as (reader, writer):
        writer.write(f"POST /ngsi-ld/v1/entities HTTP/1.1\r\nHost: b\r\nContent-Length: {length}\r\n\r\n".encode())
        assert (await answer(reader))[0] in (400, 413)


async def test_a_client_that_goes_away_while_it_is_written_for_costs_nothing(tmp_path: Path) -> None:
    async with connection(tmp_path) as (reader, writer):
        writer.write(request("POST", "/entities", json.dumps(LAMP).encode()))
        await answer(reader)
        port = writer.get_extra_info("peername")[1]
        for n in range(20):
            _, gone = await asyncio.open_connection("127.0.0.1", port)
            gone.write(request("PATCH", "/entities/urn:x:lamp/attrs", b'{"power": %d}' % n))
            await gone.drain()
            gone.transport.abort()
        writer.write(request("GET", "/entities/urn:x:lamp"))
        assert (await answer(reader))[0] == 200


async def test_a_client_that_does_not_read_stops_being_answered(tmp_path: Path) -> None:
    async with connection(tmp_path) as (reader, writer):
        many = [{"id": f"urn:x:{n}", "type": "T", "text": "x" * 1_000} for n in range(100)]
        writer.write(request("POST", "/entityOperations/upsert", json.dumps(many).encode()))
        assert (await answer(reader))[0] == 201
        asked = 400  # some forty megabytes of answers
        sending = asyncio.create_task(_send(writer, request("GET", "/entities?type=T&limit=100"), asked))
        await asyncio.sleep(0.5)
        for _ in range(asked):
            status, _, body = await answer(reader)
            assert status == 200
            assert len(json.loads(body)) == 100
        await sending


async def _send(writer: asyncio.StreamWriter, what: bytes, times: int) -> None:
    for _ in range(times):
        writer.write(what)
        await writer.drain()
