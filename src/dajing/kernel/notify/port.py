"""The port of channels: an adapter carries one message to one address."""

from __future__ import annotations

import importlib
from typing import Literal, Protocol

import msgspec

from dajing.kernel.settings import Settings
from dajing.kernel.text import Text

Name = Literal["mail", "sms", "wecom"]
ADAPTERS: dict[Name, str] = {
    "mail": "dajing.engines.mail_smtp",
    "sms": "dajing.engines.sms_http",
    "wecom": "dajing.engines.wecom_webhook",
}
TITLES: dict[Name, Text] = {
    "mail": Text(zh="电子邮件", en="E-mail"),
    "sms": Text(zh="短信", en="SMS"),
    "wecom": Text(zh="企业微信／政务微信", en="WeCom"),
}
BY_PHONE: frozenset[Name] = frozenset({"sms", "wecom"})


class ChannelDown(Exception):
    """The channel itself does not work now: everything over it waits."""


class AddressRefused(Exception):
    """The channel works, and will not take this message for this address."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What is carried: plain words and the one link back, an absolute address of this centre."""

    address: str
    subject: str
    text: str
    link: str


class Channel(Protocol):
    """One way to reach people; ``send`` must return or raise within about ten seconds."""

    def send(self, *, message: Message) -> None:
        """Carry one message. Raises ``ChannelDown`` or ``AddressRefused``."""


def configured(*, settings: Settings) -> list[Name]:
    """The channels that the settings name."""
    urls: dict[Name, str] = {"mail": settings.notify_mail, "sms": settings.notify_sms, "wecom": settings.notify_wecom}
    return [name for name, url in urls.items() if url]


def channel(*, name: Name, settings: Settings) -> Channel:
    """The adapter of a configured channel."""
    url: str = getattr(settings, f"notify_{name}")
    return importlib.import_module(ADAPTERS[name]).connect(url=url, hosts=frozenset(settings.outgoing_hosts))
