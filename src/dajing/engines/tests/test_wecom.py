"""The words of a message to a group robot."""

from __future__ import annotations

import json

from dajing.engines.wecom_webhook import payload
from dajing.kernel.notify.port import Message


def test_words_too_long_are_cut_at_a_whole_character_and_the_link_is_kept():
    # at most 2048 bytes of UTF-8: 群机器人配置说明, developer.work.weixin.qq.com/document/path/91770
    link = "https://centre.example/work/case/x"
    body = payload(message=Message(address="13800000000", subject="", text="长" * 4000, link=link))
    content = json.loads(body)["text"]["content"]
    assert 2000 < len(content.encode()) <= 2048 and content.endswith("长\n" + link)
