"""Regular expressions that clients send (``idPattern``, ``~=``), in time that grows with the text alone.

A backtracking engine can need hours for forty characters, and it holds the whole broker meanwhile. Short and plain
patterns, in which there is nothing to try twice, go through Python's ``re``; all others through RE2 (of pyarrow), which
never goes back. What RE2 cannot say (references to groups, looking ahead or behind) NGSI-LD does not ask for either:
its patterns are those of POSIX (IEEE 1003.2).
"""

from __future__ import annotations

import re
from typing import Any

from dajing.domains.context.ngsi.errors import BadRequestData

LONGEST = 4_096  # characters of a pattern
SHORT = 128  # characters of a text in which a plain pattern is looked for step by step
_CLASS = r"\[\^?(?:[^\]\[\\]|\\[\].\\^-])+\]"
_PART = re.compile(
    rf"\\[.\\/:*+?()\[\]{{}}|^$-]|{_CLASS}|\(\?:|[*+?]\??|\{{\d{{1,2}}(?:,\d{{0,2}})?\}}|[^\\\[\]{{}}]", re.S
)
_MOST_REPEATS, _MOST_CHOICES = 1, 3


class Pattern:
    """One pattern; the same text can be looked at from several threads."""

    __slots__ = ("_linear", "_plain", "text")

    def __init__(self, *, text: Any, what: str) -> None:
        """Refuses what is no regular expression; ``what`` says where it was given."""
        if not isinstance(text, str) or len(text) > LONGEST:
            raise BadRequestData(f"{what} must be a regular expression of at most {LONGEST} characters.")
        self.text = text
        self._linear: Any = None
        try:
            self._plain = re.compile(text, re.ASCII) if _is_plain(text) else None
            if self._plain is None:
                self.slowly("")
        except (re.error, OverflowError, RecursionError, ValueError) as error:
            raise BadRequestData(f"{what} {text[:120]!r} is no regular expression: {str(error)[:120]}.") from None

    def found_in(self, text: str) -> bool:
        """Whether the pattern matches anywhere in a text."""
        if self._plain is not None and len(text) <= SHORT:
            return self._plain.search(text) is not None
        return self.slowly(text)

    def slowly(self, text: str) -> bool:
        """The same by RE2: slower for short texts, but bounded."""
        import pyarrow
        from pyarrow import compute  # loaded by the first pattern that needs it, so that a broker without stays small

        if self._linear is None:
            self._linear = compute.MatchSubstringOptions(self.text)
        found = compute.call_function("match_substring_regex", [pyarrow.scalar(text, pyarrow.string())], self._linear)
        return bool(found.as_py())


def _is_plain(text: str) -> bool:
    """Whether there is nothing to go back for: at most one repetition, of a single character, and few choices."""
    parts = _PART.findall(text)
    if sum(map(len, parts)) != len(text):
        return False
    repeats = [n for n, part in enumerate(parts) if part[0] in "*+?{"]
    after_group = any(n == 0 or parts[n - 1][0] in ")(|^$" for n in repeats)
    return not after_group and len(repeats) <= _MOST_REPEATS and parts.count("|") <= _MOST_CHOICES
