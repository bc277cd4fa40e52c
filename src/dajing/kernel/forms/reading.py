"""From what a browser sends to what the schema speaks of: numbers are numbers, an empty box is no answer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from dajing.kernel.forms.definition import FILE, Form

_WHOLE = re.compile(r"[+-]?\d{1,18}")
_NUMBER = re.compile(r"[+-]?(\d{1,18}(\.\d{0,12})?|\.\d{1,12})")


class Posted(Protocol):
    """A query dictionary."""

    def get(self, key: str, default: str, /) -> Any:
        """The last value."""

    def getlist(self, key: str, /) -> Sequence[Any]:
        """All values."""


def is_file(*, about: Mapping[str, Any]) -> bool:
    """Whether a property holds attachments."""
    return about.get("type") == "array" and about.get("items", {}).get("format") == FILE


def read(*, form: Form, posted: Posted) -> dict[str, Any]:
    """The answers as JSON; what cannot be read as its type stays the text as written, for the schema to refuse."""
    answers: dict[str, Any] = {}
    for field, about in form.schema["properties"].items():
        if is_file(about=about):
            continue
        value = _value(about, field, posted)
        if value not in (None, "", []):
            answers[field] = value
    return answers


def _value(about: Mapping[str, Any], field: str, posted: Posted) -> Any:
    sort = about["type"]
    if sort == "array":
        return [str(value).replace("\0", "") for value in posted.getlist(field)]
    # PostgreSQL keeps no NUL, and nobody types one
    text = str(posted.get(field, "")).replace("\r\n", "\n").replace("\0", "").strip()
    if sort == "boolean":
        return True if text == "yes" else None
    if sort in ("integer", "number"):
        return _number(text, whole=sort == "integer")
    return text


def _number(text: str, *, whole: bool) -> Any:
    """Digits of any width and with separators as people type them; anything else stays text."""
    plain = text.translate(str.maketrans("０１２３４５６７８９．－＋，", "0123456789.-+,"))
    if "," in plain:
        parts = plain.split(".", 1)[0].lstrip("+-").split(",")
        if not all(len(part) == 3 for part in parts[1:]) or not 1 <= len(parts[0]) <= 3:
            return text
        plain = plain.replace(",", "")
    if _WHOLE.fullmatch(plain):
        return int(plain)
    return float(plain) if not whole and _NUMBER.fullmatch(plain) else text
