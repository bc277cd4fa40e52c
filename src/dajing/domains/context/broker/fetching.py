"""Downloading a document within a bound of time and of size, whatever the other side does."""

from __future__ import annotations

import asyncio
from urllib.parse import quote, urljoin, urlsplit

import httptools

from dajing.domains.context.broker.outgoing import Outgoing

MOST_REDIRECTIONS = 5
READ = 65_536
_ACCEPT = "application/ld+json, application/json"
SAFE = "/:?&=%+,;@!$'()*~[]-._"


class _Response:
    """One answer as it arrives; more than ``most`` bytes of it, head included, are refused."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._size = 0
        self._parts: list[bytes] = []
        self.headers: dict[bytes, bytes] = {}
        self.done = False
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Take what was read."""
        self._size += len(data)
        if self._size > self._most:
            raise ValueError(f"it is larger than {self._most} bytes")
        self._parser.feed_data(data)

    def end(self) -> None:
        """The other side closed: the end of an answer that says no length, and the breaking off of any other."""
        if not self.status or b"content-length" in self.headers or b"transfer-encoding" in self.headers:
            raise EOFError("the connection ended before the answer was complete")
        self.done = True

    @property
    def status(self) -> int:
        """The status, or 0 while there is none."""
        found = int(self._parser.get_status_code())
        return found if 200 <= found < 600 else 0

    @property
    def body(self) -> bytes:
        """What was read of the body."""
        return b"".join(self._parts)

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.lower()] = value

    def on_body(self, body: bytes) -> None:
        self._parts.append(body)

    def on_message_complete(self) -> None:
        self.done = True


async def fetch(*, url: str, outgoing: Outgoing, seconds: float, most: int) -> bytes:
    """The body behind an address, redirections followed. Raises OSError, EOFError or ValueError with the reason.

    ``seconds`` bound the whole of it: an endless drip of bytes keeps nothing longer than silence does.
    """
    try:
        async with asyncio.timeout(seconds):
            for _ in range(MOST_REDIRECTIONS + 1):
                found = await _get(url, outgoing, most)
                if found.status not in (301, 302, 303, 307, 308):
                    break
                url = urljoin(url, found.headers.get(b"location", b"").decode("latin-1"))
    except TimeoutError:
        raise TimeoutError(f"it took longer than {seconds:g} seconds") from None
    except httptools.HttpParserError as error:
        raise ValueError(f"the answer is no HTTP: {error}") from None
    if not 200 <= found.status < 300:
        raise OSError(f"the answer has the status {found.status}")
    return found.body


def head(*, url: str, verb: str) -> str:
    """The request line and the Host header of an address, which may be an IRI."""
    parts = urlsplit(url)
    target = quote(parts.path or "/", safe=SAFE) + (f"?{quote(parts.query, safe=SAFE)}" if parts.query else "")
    named = parts.netloc.rpartition("@")[2]
    host = named if named.isascii() else named.encode("idna").decode()
    return f"{verb} {target} HTTP/1.1\r\nHost: {host}\r\n"


async def _get(url: str, outgoing: Outgoing, most: int) -> _Response:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError("only http and https addresses are downloaded")
    tls = outgoing.tls if parts.scheme == "https" else None
    port = parts.port or (443 if tls else 80)
    address = await outgoing.address(host=host, port=port)
    reader, writer = await asyncio.open_connection(address, port, ssl=tls, server_hostname=host if tls else None)
    try:
        writer.write(f"{head(url=url, verb='GET')}Accept: {_ACCEPT}\r\nConnection: close\r\n\r\n".encode("ascii"))
        response = _Response(most=most)
        while not response.done:
            data = await reader.read(READ)
            response.feed(data) if data else response.end()
        return response
    finally:
        writer.close()
