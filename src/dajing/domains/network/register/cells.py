"""Cells of a file's rows as the values of a register's fields, or faults that name row, column and cure. Pure."""

from __future__ import annotations

import functools
import re
import types
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal, Union, get_args, get_origin

import msgspec

from dajing.domains.network.register.kinds import ALIASES, KINDS, Thing
from dajing.kernel.text import Text

Cells = Mapping[str, object]
SURPLUS = ""  # the heading under which a reader puts the cells of a row that reach beyond the headings
LONGEST_ID, LONGEST, LONGEST_ROUTE = 80, 200, 1_000_000  # characters of an id, of any other text, of a fibre's route
EXACT = 2**53  # the first whole number whose neighbours a float cannot tell apart
SHOWN = 40  # characters of a faulty cell that a message repeats
_DAY = re.compile(
    r"(\d{4})\s*(?:[-/.]|年)\s*(\d{1,2})\s*(?:[-/.]|月)\s*(\d{1,2})\s*日?(?:[T ]\d{1,2}:\d{2}(?::\d{2})?)?"
)
_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})")
_WORDS = {
    "是": True,
    "否": False,
    "yes": True,
    "no": False,
    "广播": "radio",
    "电视": "television",
    "园区": "park",
    "图书馆": "library",
    "商场": "mall",
    "枢纽": "hub",
    "景区": "tourist",
    "文化场馆": "culture",
    "奥运场馆": "olympic",
}


class Fault(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One thing wrong with a file: ``row`` as the sheet counts it, 0 for the file as a whole."""

    row: int
    column: str
    message: Text
    cure: Text

    @property
    def words(self) -> Text:
        """The fault as one line, where there is nothing but text to show it."""
        where = (f"第 {self.row} 行", f"row {self.row}") if self.row else ("整个文件", "the file")
        return Text(
            zh=f"{where[0]} {self.column}：{self.message.zh} → {self.cure.zh}",
            en=f"{where[1]} {self.column}: {self.message.en} → {self.cure.en}",
        )


def fault(row: int, column: str, zh: str, en: str, cure_zh: str, cure_en: str) -> Fault:
    """A fault from its words."""
    return Fault(row=row, column=column, message=Text(zh=zh, en=en), cure=Text(zh=cure_zh, en=cure_en))


@functools.cache
def _fields(kind: str) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(KINDS[kind].struct)  # resolves annotations, for every row otherwise


def columns(*, kind: str, headings: Sequence[str]) -> dict[str, str]:
    """Heading → field for those headings that the kind knows, whatever their case and spacing."""
    fields = {info.name for info in _fields(kind)}
    names = {_bare(name): field for field in fields for name in (field, *ALIASES.get(field, ()))}
    return {heading: names[_bare(heading)] for heading in headings if _bare(heading) in names}


def _bare(text: str) -> str:
    return "".join(str(text).split()).lower().replace("（", "(").replace("）", ")")


def title(field: str) -> str:
    """The Chinese heading of a field, where it has one."""
    return next(iter(ALIASES.get(field, ())), field)


def of_headings(*, kind: str, rows: Sequence[tuple[int, Cells]]) -> list[Fault]:
    """No rows, a column that is missing, two columns of one meaning."""
    if not rows:
        return [fault(0, "", "文件没有数据行", "the file has no rows", "补上数据", "add rows")]
    mapping = columns(kind=kind, headings=list(rows[0][1]))
    return [*_missing(kind, set(mapping.values())), *_ambiguous(mapping)]


def _missing(kind: str, there: set[str]) -> list[Fault]:
    needed = [info for info in _fields(kind) if info.required and info.name not in there]
    return [
        fault(
            0,
            info.name,
            f"缺少列“{title(info.name)}”",
            f"the column “{info.name}” is missing",
            f"补上该列；可写作：{'、'.join((info.name, *ALIASES.get(info.name, ())))}",
            f"add it, under one of: {', '.join((info.name, *ALIASES.get(info.name, ())))}",
        )
        for info in needed
    ]


def _ambiguous(mapping: Mapping[str, str]) -> list[Fault]:
    """Two headings that mean one field: which of them counts is not ours to choose (x may be metres of a grid)."""
    found: dict[str, list[str]] = {}
    for heading, field in mapping.items():
        found.setdefault(field, []).append(heading)
    return [
        fault(
            0,
            field,
            f"{'、'.join(headings)} 这几列都表示“{title(field)}”",
            f"the columns {', '.join(headings)} all mean “{field}”",
            "只留一列，其余删去或改名",
            "keep one; remove or rename the others",
        )
        for field, headings in found.items()
        if len(headings) > 1
    ]


def decode(*, kind: str, line: int, cells: Cells, mapping: Mapping[str, str]) -> tuple[Thing | None, list[Fault]]:
    """One row as its structure; every cell that cannot be read is a fault of its own."""
    struct = KINDS[kind].struct
    given = {mapping[heading]: value for heading, value in cells.items() if heading in mapping}
    faults = _surplus(line, cells.get(SURPLUS))
    values: dict[str, Any] = {}
    for info in _fields(kind):
        cell = given.get(info.name)
        if cell is None or str(cell).strip() == "":
            if info.required:
                faults.append(fault(line, info.name, "单元格为空", "the cell is empty", "补上", "fill it in"))
            continue
        try:
            values[info.name] = _bounded(msgspec.convert(_plain(cell, info.type), info.type, strict=False))
        except (msgspec.ValidationError, OverflowError):
            faults.append(_unreadable(line, info.name, cell, info.type))
        faults += _too_long(line, info.name, values.get(info.name))
    return (None, faults) if faults else (struct(**values), [])


def _bounded(value: object) -> object:
    """The value, unless it is a whole number that no float holds. Raises ``OverflowError``."""
    if isinstance(value, int) and abs(value) >= EXACT:
        raise OverflowError
    return value


def _surplus(line: int, cells: object) -> list[Fault]:
    if not isinstance(cells, list | tuple):
        return []
    return [
        fault(
            line,
            "",
            f"这一行比表头多出 {len(cells)} 格",
            f"the row has {len(cells)} cells more than the headings",
            "单元格里有逗号时给它加引号，或删去多余的格",
            "put a cell with a comma in quotation marks, or remove what is too much",
        )
    ]


def _too_long(line: int, field: str, value: object) -> list[Fault]:
    longest = {"id": LONGEST_ID, "site": LONGEST_ID, "route": LONGEST_ROUTE}.get(field, LONGEST)
    if not isinstance(value, str) or (len(value) <= longest and value.isprintable()):
        return []
    return [
        fault(
            line,
            field,
            f"超过 {longest} 字或含控制字符",
            f"over {longest} characters, or control characters",
            "缩短并删去换行等字符",
            "shorten it; take out line breaks and the like",
        )
    ]


def _plain(given: object, wanted: Any) -> object:
    """A cell as people write it: full-width digits, words for choices, dates with strokes, numbers that are ids."""
    if isinstance(given, float) and given.is_integer() and abs(given) < EXACT:
        given = int(given)  # a sheet knows no whole numbers
    if str in _kinds(wanted):
        whole = isinstance(given, int) and not isinstance(given, bool)
        return str(given) if whole else given.strip() if isinstance(given, str) else given
    if date in _kinds(wanted):
        return _day(str(given).strip())
    if isinstance(given, str):
        text = given.strip().translate({0xFF0E: ".", 0xFF0D: "-", **{0xFF10 + n: str(n) for n in range(10)}})
        return _WORDS.get(text.lower(), text.lower() if text.upper() in {"4G", "5G"} else text)
    return given


def _day(text: str) -> str:
    """A day as ISO 8601 where its order is beyond doubt: the year stands first."""
    found = _DAY.fullmatch(text) or _DIGITS.fullmatch(text)
    return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}" if found else text


def _kinds(wanted: Any) -> tuple[Any, ...]:
    """The members of a union, or the type alone."""
    return get_args(wanted) if isinstance(wanted, types.UnionType) or get_origin(wanted) is Union else (wanted,)


def _unreadable(line: int, field: str, cell: object, wanted: Any) -> Fault:
    text, cure = str(cell), _cure(wanted)
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    message = Text(zh=f"“{shown}”读不成该列的值", en=f"“{shown}” cannot be read here")
    return Fault(row=line, column=field, message=message, cure=cure)


def _cure(wanted: Any) -> Text:
    kinds = _kinds(wanted)
    if get_origin(wanted) is Literal:
        listed = ", ".join(get_args(wanted))
        return Text(zh=f"写其中之一：{listed}", en=f"write one of: {listed}")
    if date in kinds:
        return Text(zh="写成年-月-日，如 2018-03-01", en="write year-month-day, such as 2018-03-01")
    if bool in kinds:
        return Text(zh="写“是”或“否”", en="write yes or no")
    if float in kinds:
        return Text(
            zh="只写数字，不带单位；经纬度写十进制度，如 114.885",
            en="write a number without its unit; degrees as decimals, such as 114.885",
        )
    if int in kinds:
        return Text(zh="写整数，不带单位", en="write a whole number without its unit")
    return Text(zh="写成文字，一格一个值", en="write text, one value in a cell")
