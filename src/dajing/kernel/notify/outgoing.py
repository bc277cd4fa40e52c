"""Requests to other machines: only to hosts that the settings list, only to the address that was looked at, no detours.

Against server-side request forgery (OWASP ASVS 5.0, 1.3.6 and 4.2): the host must be on the allow-list, loopback and
link-local addresses count only when they are listed themselves, redirects are not followed, answers are bounded.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from dajing.kernel.text import Refusal, Text

SECONDS = 10.0
MOST_BYTES = 64 * 1024


class UnableToReach(Refusal):
    """An address that may not be asked, with the reason."""

    text = Text(
        zh="不允许访问 {host}：{reason}；请在 outgoing_hosts 中列出。",
        en="{host} may not be asked: {reason}; list it in outgoing_hosts.",
    )


class Answer(msgspec.Struct, frozen=True):
    """Status and at most 64 KiB of the body."""

    status: int
    body: bytes


def allowed(*, url: str, hosts: frozenset[str]) -> tuple[str, str, int]:
    """Host, the one IP address to connect to, and port. Raises ``UnableToReach``; ``OSError`` for an unknown name."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if parts.scheme not in ("https", "http") or not host:
        raise UnableToReach(host=host or "—", reason="scheme")
    if parts.username or parts.password:
        raise UnableToReach(host=host, reason="user:password@")
    if host not in hosts:
        raise UnableToReach(host=host, reason="not listed")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = str(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0])
    place = ipaddress.ip_address(address.partition("%")[0])
    place = getattr(place, "ipv4_mapped", None) or place
    inside = place.is_loopback or place.is_link_local or place.is_multicast or place.is_unspecified
    if inside and address not in hosts:
        raise UnableToReach(host=host, reason=f"it leads to {address}")
    return host, address, port


def post(*, url: str, body: bytes, headers: Mapping[str, str], hosts: frozenset[str]) -> Answer:
    """POST ``body``; raises ``UnableToReach``, or ``OSError`` (also for a broken answer) when nobody answers well."""
    host, address, port = allowed(url=url, hosts=hosts)
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = _Pinned(host, address, port)
    else:
        connection = http.client.HTTPConnection(address, port, timeout=SECONDS)
    try:
        named = host if parts.port is None else f"{host}:{port}"
        connection.request("POST", path, body, {"Host": named, "Connection": "close", **headers})
        answer = connection.getresponse()
        return Answer(answer.status, answer.read(MOST_BYTES))
    except http.client.HTTPException as error:
        raise OSError(f"no HTTP answer: {error!r}") from error
    finally:
        connection.close()


class _Pinned(http.client.HTTPSConnection):
    """TLS to the address that was looked at, checked against the name that was asked for."""

    def __init__(self, host: str, address: str, port: int) -> None:
        self._tls = ssl.create_default_context()
        super().__init__(host, port, timeout=SECONDS, context=self._tls)
        self._address = address

    def connect(self) -> None:
        """Connect to the address; a name that changes its mind meanwhile leads nowhere else."""
        plain = socket.create_connection((self._address, self.port), timeout=SECONDS)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)
