"""Turns raw tables into structures and names every wrong key, where msgspec alone would stop at the first."""

from __future__ import annotations

import functools
import math
import re
import types
from collections.abc import Callable, Mapping
from typing import Any, Union, get_args, get_origin

import msgspec

from dajing.kernel.text import Text

Path = tuple[str | int, ...]
Report = Callable[[Path, Text, Text], None]

_EXPECTED = re.compile(r"Expected `(?P<want>[^`]*)`(?:, got `(?P<got>[^`]*)`)?")


def decode[T: msgspec.Struct](
    raw: Mapping[str, Any], type_: type[T], *, report: Report, strict: bool = True, at: Path = ()
) -> T | None:
    """A ``type_`` from ``raw``, or None after every fault has been passed to ``report(path, message, fix)``.

    ``strict=False`` lets strings become numbers and dates, as in CSV cells.
    """
    fields = _fields(type_)
    sound = _no_unknown(raw, fields, report, at)
    for name, field in fields.items():
        if name in raw:
            sound &= _value(raw[name], field.type, report, strict, (*at, name))
        elif field.required:
            _missing(name, report, at)
            sound = False
    if sound and type_ is Text and raw["en"] == raw["zh"] and any(mark >= "\u4e00" for mark in raw["en"]):
        _missing("en", report, at)  # the Chinese, copied
        return None
    return msgspec.convert(raw, type_, strict=strict) if sound else None


@functools.cache
def _fields(type_: type[msgspec.Struct]) -> dict[str, Any]:
    return {field.encode_name: field for field in msgspec.structs.fields(type_)}  # resolves annotations: slow


def _no_unknown(raw: Mapping[str, Any], fields: Mapping[str, Any], report: Report, at: Path) -> bool:
    unknown = [name for name in raw if name not in fields]
    allowed = ", ".join(fields)
    for name in unknown:
        report(
            (*at, name),
            Text(zh=f"不认识的键“{name}”", en=f"unknown key “{name}”"),
            Text(zh=f"删除它，或改用：{allowed}", en=f"remove it, or use one of: {allowed}"),
        )
    return not unknown


def _missing(name: str, report: Report, at: Path) -> None:
    if name == "en":
        message, fix = Text(zh="缺英文", en="the English is missing"), Text(zh="补上 en", en="add en")
    elif name == "source":
        message = Text(zh="缺来源", en="the source is missing")
        fix = Text(zh="写明数据出处 source", en="say in source where the figure comes from")
    else:
        message = Text(zh=f"缺少“{name}”", en=f"“{name}” is missing")
        fix = Text(zh=f"补上 {name}", en=f"add {name}")
    report(at, message, fix)


def _value(raw: Any, type_: Any, report: Report, strict: bool, at: Path) -> bool:
    struct = _struct_in(type_)
    if struct is not None and isinstance(raw, Mapping):
        return decode(raw, struct, report=report, strict=strict, at=at) is not None
    item = _item_struct(type_)
    if item is not None and isinstance(raw, list):
        return all([_value(value, item, report, strict, (*at, index)) for index, value in enumerate(raw)])
    try:
        msgspec.convert(raw, type_, strict=strict)
    except msgspec.ValidationError as error:
        report(at, *_explain(at[-1], str(error)))
        return False
    if isinstance(raw, float) and not math.isfinite(raw):
        report(at, *_explain(at[-1], "not a finite number"))
        return False
    return _worded(raw, report, at)


def _worded(raw: Any, report: Report, at: Path) -> bool:
    """Texts that must say something: an empty translation or source counts as missing."""
    if at[-1] in {"en", "zh", "source", "name_en", "name_zh"} and isinstance(raw, str) and not raw.strip():
        name = str(at[-1])
        _missing("en" if name.endswith("en") else name, report, at)
        return False
    return True


def _struct_in(type_: Any) -> type[msgspec.Struct] | None:
    options = get_args(type_) if get_origin(type_) in {Union, types.UnionType} else (type_,)
    found = [option for option in options if isinstance(option, type) and issubclass(option, msgspec.Struct)]
    return found[0] if len(found) == 1 else None


def _item_struct(type_: Any) -> type[msgspec.Struct] | None:
    arguments = get_args(type_)
    return _struct_in(arguments[0]) if get_origin(type_) in {list, tuple} and arguments else None


def _explain(key: str | int, reason: str) -> tuple[Text, Text]:
    found = _EXPECTED.search(reason)
    if found and found["got"]:
        detail = Text(
            zh=f"应为 {found['want']}，实为 {found['got']}", en=f"expected {found['want']}, got {found['got']}"
        )
    else:
        detail = Text(zh=f"不合规定（{reason}）", en=reason)
    return (
        Text(zh=f"“{key}”{detail.zh}", en=f"“{key}”: {detail.en}"),
        Text(zh="按说明改正该值", en="correct the value"),
    )
