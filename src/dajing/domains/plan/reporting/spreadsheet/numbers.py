"""Numbers and units as they stand in cells and headings."""

from __future__ import annotations

import math
import re
import unicodedata

_SCALES = {"": 1.0, "十": 1e1, "百": 1e2, "千": 1e3, "万": 1e4, "十万": 1e5, "百万": 1e6, "千万": 1e7, "亿": 1e8}
_NUMBER = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(十万|百万|千万|万|亿|千)?\s*(\D*)")
_HEADING_UNIT = re.compile(r"[（(\[【]\s*(?:单位\s*[:：]?\s*)?([^（）()\[\]【】]{1,12})\s*[）)\]】]")
EMPTY = {"", "-", "--", "—", "——", "/", "无", "空", "n/a", "na", "..."}
ERRORS = {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!"}


class Unreadable(ValueError):
    """A cell that holds something, but no number."""


def plain(text: str) -> str:
    """Half-width, without white space at the ends or thousands separators' look-alikes."""
    return unicodedata.normalize("NFKC", text).replace("\u3000", " ").strip()


def scale_of(unit: str, *, base: str) -> float | None:
    """What a figure in ``unit`` is multiplied with to be in ``base``; None when they do not belong together.

    ``万户`` → ``户`` 10,000; ``亿元`` → ``亿元`` 1; ``万元`` → ``亿元`` 0.0001; ``‰`` → ``%`` 0.1.
    """
    given, wanted = plain(unit).replace("%", "%"), plain(base)
    if given == wanted or not given:
        return 1.0
    if wanted == "%" and given in {"‰", "0/00"}:
        return 0.1
    given_scale, given_name = _parts(given)
    wanted_scale, wanted_name = _parts(wanted)
    same = given_name == wanted_name or not given_name
    return given_scale / wanted_scale if same else None


def _parts(unit: str) -> tuple[float, str]:
    for prefix in sorted(_SCALES, key=len, reverse=True):
        if prefix and unit.startswith(prefix):
            return _SCALES[prefix], unit[len(prefix) :]
    return 1.0, unit


def unit_in(heading: str) -> str:
    """The unit that a heading names in brackets, or an empty string."""
    found = _HEADING_UNIT.findall(unicodedata.normalize("NFKC", heading))
    return found[-1].strip() if found else ""


def bare(heading: str) -> str:
    """A heading without its unit, spaces and line breaks, for comparing with names."""
    text = unicodedata.normalize("NFKC", heading)
    return re.sub(r"\s+", "", _HEADING_UNIT.sub("", text)).strip("：:*＊").lower()


def read_number(cell: object, *, base: str, heading_scale: float = 1.0) -> float | None:
    """The figure of a cell in the unit ``base``; None for an empty cell.

    A unit in the cell wins over the heading's. Raises ``Unreadable`` for words, spreadsheet errors, booleans and dates.
    """
    if cell is None or isinstance(cell, bool):
        if cell is None:
            return None
        raise Unreadable(str(cell))
    if isinstance(cell, int | float):
        return _finite(float(cell) * heading_scale, cell)
    text = plain(str(cell))
    if text.lower() in EMPTY:
        return None
    if text in ERRORS:
        raise Unreadable(text)
    joined = re.sub(r"(?<=\d)[,，'\s](?=\d{3}(?!\d))", "", text)
    match = _NUMBER.fullmatch(joined)
    if match is None:
        raise Unreadable(text)
    unit = (match[2] or "") + match[3].strip()
    if not unit:
        return _finite(float(match[1]) * heading_scale, text)
    scale = scale_of(unit, base=base)
    if scale is None:
        raise Unreadable(text)
    return _finite(float(match[1]) * scale, text)


def _finite(number: float, written: object) -> float:
    if not math.isfinite(number):
        raise Unreadable(str(written))
    return number
