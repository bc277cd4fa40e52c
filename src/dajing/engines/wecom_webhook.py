"""企业微信／政务微信 group robot: a text that mentions one mobile number, by POST to the robot's webhook.

Format and limits: 群机器人配置说明, https://developer.work.weixin.qq.com/document/path/91770 (content at most 2048
bytes of UTF-8; the answer's ``errcode`` 0 means taken).
"""

from __future__ import annotations

import json

from dajing.kernel.notify.outgoing import post
from dajing.kernel.notify.port import AddressRefused, ChannelDown, Message

MOST_BYTES = 2048
INVALID = {40008, 44004, 45002}  # invalid message type, empty text, text too long: this message, not the channel


class Robot:
    """One robot of one group."""

    def __init__(self, *, url: str, hosts: frozenset[str]) -> None:
        self._url, self._hosts = url, hosts

    def send(self, *, message: Message) -> None:
        """Send one text. Raises ``ChannelDown``, ``AddressRefused`` or ``UnableToReach``."""
        try:
            answer = post(
                url=self._url, body=payload(message=message), headers={"Content-Type": "application/json"},
                hosts=self._hosts,
            )  # fmt: skip
            told = json.loads(answer.body) if answer.status == 200 else {}
        except (OSError, ValueError) as error:
            raise ChannelDown(f"{type(error).__name__}: {error}") from error
        code = told.get("errcode") if isinstance(told, dict) else None
        if code in INVALID:
            raise AddressRefused(f"errcode {code}")
        if code != 0:  # also 45009, too many in a minute: all of them wait
            raise ChannelDown(f"status {answer.status}, errcode {code}")


def payload(*, message: Message) -> bytes:
    """The documented message; words that are too long are cut, the link never is."""
    tail = f"\n{message.link}"
    room = MOST_BYTES - len(tail.encode())
    words = message.text.encode()[:room].decode(errors="ignore")
    text = {"content": words + tail, "mentioned_mobile_list": [message.address]}
    return json.dumps({"msgtype": "text", "text": text}, ensure_ascii=False).encode()


def connect(*, url: str, hosts: frozenset[str]) -> Robot:
    """The robot whose webhook is ``url``."""
    return Robot(url=url, hosts=hosts)
