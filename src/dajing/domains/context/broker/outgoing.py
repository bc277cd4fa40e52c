"""Where the broker may call: public addresses always, loopback and private ones only where the settings name them.

Whoever may write a subscription or an @context could otherwise reach the inside of the centre's network (SSRF). The
check is on the address that is connected to, after the name was looked up: a name that changes its mind gains nothing.
"""

from __future__ import annotations

import asyncio
import http.client
import ipaddress
import socket
import ssl
import urllib.request
from functools import cached_property, partial
from typing import Any

type Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class NotAllowed(OSError):
    """The address is private and not named in the settings."""


class Outgoing:
    """The rule, from the text of the setting ``may_call``: hosts and networks with commas."""

    def __init__(self, *, allowed: str) -> None:
        self._hosts: set[str] = set()
        self._networks: list[Network] = []
        for part in filter(None, (p.strip() for p in allowed.split(","))):
            try:
                self._networks.append(ipaddress.ip_network(part, strict=False))
            except ValueError:
                self._hosts.add(part.lower())

    def permits(self, *, host: str, address: str) -> bool:
        """Whether ``address``, looked up for ``host``, may be connected to."""
        found = ipaddress.ip_address(address.partition("%")[0])
        mapped = getattr(found, "ipv4_mapped", None)
        found = mapped or found
        public = found.is_global and not found.is_multicast
        named = any(found in n for n in self._networks if n.version == found.version)
        return public or named or host.lower() in self._hosts

    def refuses(self, *, host: str) -> bool:
        """Whether ``host`` is an address that may not be called; names are judged when they are looked up."""
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return host.lower() == "localhost" and not self.permits(host=host, address="127.0.0.1")
        return not self.permits(host=host, address=host)

    async def address(self, *, host: str, port: int) -> str:
        """The first permitted address of a host. Raises ``NotAllowed`` or what the look-up raises."""
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return self._first(host, [str(entry[4][0]) for entry in found])

    def _first(self, host: str, addresses: list[str]) -> str:
        for address in addresses:
            if self.permits(host=host, address=address):
                return address
        raise NotAllowed(f"{host} is a private address that the setting may_call does not name")

    def connect(self, host: str, port: int, timeout: Any) -> socket.socket:
        """A connection to a permitted address of ``host``."""
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return socket.create_connection((self._first(host, [str(e[4][0]) for e in found]), port), timeout)

    @cached_property
    def opener(self) -> urllib.request.OpenerDirector:
        """Opens http and https addresses under the rule, redirections included; no proxy, no file."""
        opener = urllib.request.OpenerDirector()
        for handler in (
            _Plain(self), _Secure(self), urllib.request.HTTPRedirectHandler(), urllib.request.HTTPErrorProcessor(),
            urllib.request.HTTPDefaultErrorHandler(), urllib.request.UnknownHandler(),
        ):  # fmt: skip
            opener.add_handler(handler)
        return opener


class _Connection(http.client.HTTPConnection):
    def __init__(self, *args: Any, outgoing: Outgoing, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._outgoing = outgoing

    def connect(self) -> None:
        self.sock = self._outgoing.connect(self.host, self.port, self.timeout)


class _SecureConnection(http.client.HTTPSConnection):
    def __init__(self, *args: Any, outgoing: Outgoing, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._outgoing = outgoing

    def connect(self) -> None:
        plain = self._outgoing.connect(self.host, self.port, self.timeout)
        self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)


class _Plain(urllib.request.HTTPHandler):
    def __init__(self, outgoing: Outgoing) -> None:
        super().__init__()
        self._outgoing = outgoing

    def http_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(partial(_Connection, outgoing=self._outgoing), req)


class _Secure(urllib.request.HTTPSHandler):
    def __init__(self, outgoing: Outgoing) -> None:
        super().__init__()
        self._outgoing = outgoing

    def https_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(partial(_SecureConnection, outgoing=self._outgoing), req)
