"""The form of what ``doctor`` finds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal

import msgspec

from dajing.kernel.settings import Settings
from dajing.kernel.text import Text

State = Literal["good", "warning", "bad"]
NOTHING = Text(zh="", en="")


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One look: what was found, and what to do unless it is good."""

    check: str
    state: State
    found: Text
    cure: Text = NOTHING


Check = Callable[[Settings, datetime], Finding]


def finding(check: str, state: State, zh: str, en: str, *, cure_zh: str = "", cure_en: str = "") -> Finding:
    """A finding from its plain texts; the cure is dropped when all is good."""
    cure = Text(zh=cure_zh, en=cure_en) if state != "good" else NOTHING
    return Finding(check=check, state=state, found=Text(zh=zh, en=en), cure=cure)
