"""Where the broker may call: public addresses always, loopback and private ones only where the settings name them.

Whoever may write a subscription or an @context could otherwise reach the inside of the centre's network (SSRF). The
check is on the address that is connected to, after the name was looked up: a name that changes its mind gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial

type Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
LOOKUPS = 32  # names that may be looked up at once


class NotAllowed(OSError):
    """The address is private and not named in the settings."""


class Outgoing:
    """The rule, from the text of the setting ``may_call``: hosts and networks with commas."""

    def __init__(self, *, allowed: str) -> None:
        self._hosts: set[str] = set()
        self._networks: list[Network] = []
        self._lookups = ThreadPoolExecutor(max_workers=LOOKUPS, thread_name_prefix="lookup")
        for part in filter(None, (p.strip() for p in allowed.split(","))):
            try:
                self._networks.append(ipaddress.ip_network(part, strict=False))
            except ValueError:
                self._hosts.add(part.lower())

    def permits(self, *, host: str, address: str) -> bool:
        """Whether ``address``, looked up for ``host``, may be connected to."""
        found = ipaddress.ip_address(address.partition("%")[0])
        if isinstance(found, ipaddress.IPv6Address):
            found = _carried(found) or found
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

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """What certificates are checked by; reading the authorities takes long, so it is done once."""
        return ssl.create_default_context()

    async def address(self, *, host: str, port: int) -> str:
        """The first permitted address of a host. Raises ``NotAllowed`` or what the look-up raises."""
        return self._first(host, await self._found(host, port))

    async def _found(self, host: str, port: int) -> list[str]:
        """The addresses of a host; names that nobody answers for fill no pool that others need."""
        try:
            return [str(ipaddress.ip_address(host))]
        except ValueError:
            looking = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
            found = await asyncio.get_running_loop().run_in_executor(self._lookups, looking)
            return [str(entry[4][0]) for entry in found]

    def _first(self, host: str, addresses: list[str]) -> str:
        for address in addresses:
            if self.permits(host=host, address=address):
                return address
        raise NotAllowed(f"{host} is a private address that the setting may_call does not name")


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that a mapped, translated (NAT64, RFC 6052) or tunnelled (6to4) one leads to."""
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
