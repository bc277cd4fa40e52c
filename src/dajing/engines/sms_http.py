"""Text messages through a gateway that takes JSON: ``{"phone": …, "text": …}`` by POST, answered with status 2xx.

There is no common protocol of gateways; a city whose provider speaks another puts a small translator before it.
"""

from __future__ import annotations

import json
from urllib.parse import urldefrag

from dajing.kernel.notify.outgoing import post
from dajing.kernel.notify.port import AddressRefused, ChannelDown, Message


class Gateway:
    """One gateway; ``token`` goes into the Authorization header."""

    def __init__(self, *, url: str, token: str, hosts: frozenset[str]) -> None:
        self._url, self._token, self._hosts = url, token, hosts

    def send(self, *, message: Message) -> None:
        """Send one text. Raises ``ChannelDown``, ``AddressRefused`` or ``UnableToReach``."""
        text = {"phone": message.address, "text": f"{message.text}\n{message.link}"}
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        body = json.dumps(text, ensure_ascii=False).encode()
        try:
            answer = post(url=self._url, body=body, headers=headers, hosts=self._hosts)
        except OSError as error:
            raise ChannelDown(f"{type(error).__name__}: {error}") from error
        if answer.status in (400, 404, 422):
            raise AddressRefused(f"{answer.status} {answer.body[:100].decode(errors='replace')}")
        if not 200 <= answer.status < 300:
            raise ChannelDown(f"status {answer.status}")


def connect(*, url: str, hosts: frozenset[str]) -> Gateway:
    """The gateway at ``url``; a fragment is the token and is never sent as part of the address."""
    place, token = urldefrag(url)
    return Gateway(url=place, token=token, hosts=hosts)
