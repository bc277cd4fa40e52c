"""Sending one notification: HTTP on a kept connection, or MQTT (clauses 6.3.12, 7.2)."""

from __future__ import annotations

import asyncio
import re
import uuid
from typing import Any, Protocol, cast
from urllib.parse import unquote, urlsplit

import httptools
import msgspec

from dajing.domains.context.broker.fetching import head
from dajing.domains.context.broker.outgoing import Outgoing

type Json = dict[str, Any]
BUSY = (408, 425, 429)  # statuses of the 4xx that ask for another attempt

_OWN = frozenset({"content-length", "transfer-encoding", "connection", "host", "upgrade", "trailer", "te", "expect"})
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


class Failed(Exception):
    """The endpoint did not take the notification; ``refused`` when it answered that it never will."""

    def __init__(self, why: str, *, refused: bool = False) -> None:
        super().__init__(why)
        self.refused = refused


class Sender(Protocol):
    """A way to an endpoint."""

    async def send(self, *, body: bytes, headers: dict[str, str], seconds: float) -> None:
        """Deliver one body, or raise ``Failed``."""

    async def close(self) -> None:
        """Give the connection up."""


class _Line(asyncio.Protocol):
    """One connection, on which one request at a time is answered; what is answered beside its status is dropped."""

    def __init__(self) -> None:
        self.usable = True
        self._answer: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    async def exchange(self, message: bytes) -> int:
        """The status that a request is answered with."""
        self._answer = asyncio.get_running_loop().create_future()
        self._parser = httptools.HttpResponseParser(self)
        self.transport.write(message)
        return await self._answer

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():
            self.close()  # nobody asked
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._answer.set_exception(error) if not self._answer.done() else None
            self.close()

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() < 200:
            return  # the answer itself is still to come
        if not self._parser.should_keep_alive():
            self.close()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(int(self._parser.get_status_code()))

    def connection_lost(self, exc: Exception | None) -> None:
        self.usable = False
        if self._answer is None or self._answer.done():
            return
        status = int(self._parser.get_status_code())
        if exc is None and 200 <= status < 600:  # an answer without a length ends with its connection
            self._answer.set_result(status)
        else:
            self._answer.set_exception(exc or EOFError("the endpoint closed the connection"))

    def close(self) -> None:
        """Give the connection up, whatever the other side still had to read."""
        self.usable = False
        self.transport.abort()


class HttpSender:
    """One HTTP/1.1 connection, made again when the endpoint closed it."""

    def __init__(self, *, uri: str, outgoing: Outgoing) -> None:
        parts = urlsplit(uri)
        self._outgoing = outgoing
        self._tls = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._tls else 80)
        self._head = head(url=uri, verb="POST")
        self._line: _Line | None = None
        self._headers: dict[str, str] = {}
        self._lines = b""

    async def send(self, *, body: bytes, headers: dict[str, str], seconds: float) -> None:
        """Deliver one body; a status of 4xx or 5xx is a failure."""
        if headers != self._headers or not self._lines:  # nearly always those of the notification before
            lines = "".join(f"{_clean(k)}: {_clean(v)}\r\n" for k, v in headers.items() if _free(k))
            self._headers, self._lines = headers, f"{self._head}{lines}".encode("latin-1", "replace")
        message = b"%sContent-Length: %d\r\n\r\n%s" % (self._lines, len(body), body)
        try:
            async with asyncio.timeout(seconds):
                status = await self._exchange(message)
        except (OSError, TimeoutError, EOFError, httptools.HttpParserError, ValueError) as error:
            await self.close()
            raise Failed(str(error) or type(error).__name__) from error
        if status >= 300:
            raise Failed(f"HTTP {status}", refused=status < 500 and status not in BUSY)

    async def _exchange(self, message: bytes) -> int:
        line = self._line
        if line is not None and line.usable:
            try:
                return await line.exchange(message)
            except (ConnectionError, EOFError):
                pass  # the other side may have closed a kept connection between two notifications
        await self.close()
        return await (await self._open()).exchange(message)

    async def _open(self) -> _Line:
        context = self._outgoing.tls if self._tls else None
        address = await self._outgoing.address(host=self._host, port=self._port)
        name = self._host if self._tls else None
        loop = asyncio.get_running_loop()
        _, self._line = await loop.create_connection(_Line, address, self._port, ssl=context, server_hostname=name)
        return self._line

    async def close(self) -> None:
        """Close the connection."""
        if self._line is not None:
            self._line.close()
            self._line = None


def _free(name: str) -> bool:
    """Whether a subscriber may name this header: not those that say where a request ends."""
    return name.lower() not in _OWN and _TOKEN.fullmatch(name) is not None


def _clean(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ")


class MqttSender:
    """One MQTT connection; the notification travels as ``{"metadata": …, "body": …}`` (7.2)."""

    def __init__(self, *, uri: str, notifier: dict[str, str], outgoing: Outgoing) -> None:
        parts = urlsplit(uri)
        self._outgoing = outgoing
        self._parts = parts
        self._topic = unquote(parts.path).lstrip("/")
        self._qos = 1 if notifier.get("MQTT-QoS", "0") == "1" else 2 if notifier.get("MQTT-QoS") == "2" else 0
        self._version = 4 if "3.1.1" in notifier.get("MQTT-Version", "mqtt5.0") else 5
        self._client: Any = None

    async def send(self, *, body: bytes, headers: dict[str, str], seconds: float) -> None:
        """Publish one notification."""
        try:
            async with asyncio.timeout(seconds):
                if self._client is None or not self._client.is_connected:
                    await self.close()
                    await self._connect()
                metadata = msgspec.json.encode(headers)
                self._client.publish(self._topic, b'{"metadata":' + metadata + b',"body":' + body + b"}", qos=self._qos)
                if self._qos:  # delivered is what the other side has acknowledged
                    await self._client._persistent_storage.wait_empty()
                # the client writes in the background: give it the loop before anyone closes
                await asyncio.sleep(0)
        except Exception as error:  # of the library's own kinds as well, such as a refused password
            await self.close()
            raise Failed(str(error) or type(error).__name__) from error

    async def _connect(self) -> None:
        from gmqtt import Client

        client = Client(f"dajing-{uuid.uuid4().hex[:12]}")
        client.set_config({"reconnect_retries": 0})  # the lane itself tries again, with pauses
        if self._parts.username:
            client.set_auth_credentials(unquote(self._parts.username), unquote(self._parts.password or ""))
        tls = self._parts.scheme == "mqtts"
        port = self._parts.port or (8883 if tls else 1883)
        host = self._parts.hostname or ""
        address = await self._outgoing.address(host=host, port=port)
        # a certificate is for the name, so a secure connection looks the name up once more
        await client.connect(host if tls else address, port, ssl=tls, version=self._version)
        self._client = client

    async def close(self) -> None:
        """Disconnect."""
        client, self._client = self._client, None
        if client is not None:
            client._persistent_storage.clear()  # the lane sends it again
            await client.disconnect()


def sender_for(*, endpoint: Json, outgoing: Outgoing) -> Sender:
    """The way to an endpoint by the scheme of its address."""
    if endpoint["uri"].startswith("mqtt"):
        pairs = {p["key"]: p["value"] for p in endpoint.get("notifierInfo", [])}
        return MqttSender(uri=endpoint["uri"], notifier=pairs, outgoing=outgoing)
    return HttpSender(uri=endpoint["uri"], outgoing=outgoing)
