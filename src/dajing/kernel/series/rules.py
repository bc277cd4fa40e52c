"""Checks of facts and their columnar form; pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from math import isfinite
from typing import Any

import msgspec

from dajing.kernel.series.declarations import Column, Stream
from dajing.kernel.series.refusals import FactMalformed
from dajing.kernel.text import Text

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = date(1970, 1, 1).toordinal()
MICROSECOND = timedelta(microseconds=1)
_RANGE = {"int32": 2**31, "int64": 2**63}
_PYTHON: dict[str, frozenset[type]] = {
    "string": frozenset({str}),
    "int32": frozenset({int}),
    "int64": frozenset({int}),
    "float64": frozenset({float, int}),
    "boolean": frozenset({bool}),
    "timestamp": frozenset({datetime}),
    "date": frozenset({date}),
}
_NONE = type(None)


GARBLED = Text(
    zh="文本含有残缺的代理字符，说明读取时编码有误",
    en="the text holds a lone surrogate, so it was read with the wrong encoding",
)
OUTSIDE = Text(zh="{value} 超出 ±{limit}", en="{value} is outside ±{limit}")
NOT_A_NUMBER = Text(
    zh="{value} 不是数值；没有值请填空", en="{value} is not a number; give null where there is no value"
)
TOO_LARGE = Text(zh="数值过大", en="the number is too large")
NO_ZONE = Text(zh="时间没有时区", en="the time has no zone")
NULL = Text(zh="不得为空", en="it may not be null")
WRONG_TYPE = Text(zh="应为 {wanted}，给出的是 {given}", en="{wanted} is wanted, {given} was given")
MISSING = Text(zh="缺少此列", en="it is missing")
NO_SUCH = Text(zh="该事实流没有此列", en="the stream has no such column")


def microseconds(moment: datetime) -> int:
    """Microseconds from 1970-01-01T00:00Z to an aware ``moment``."""
    return (moment - EPOCH) // MICROSECOND


def _storable(text: str) -> Text | None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return GARBLED
    return None


def _within(limit: int) -> Callable[[int], Text | None]:
    return lambda value: None if -limit <= value < limit else OUTSIDE.format(value=value, limit=limit)


def _finite(value: float) -> Text | None:
    try:
        return None if isfinite(value) else NOT_A_NUMBER.format(value=value)
    except OverflowError:
        return TOO_LARGE


def _aware(value: datetime) -> Text | None:
    return NO_ZONE if value.utcoffset() is None else None


_CHECKS: dict[str, Callable[[Any], Text | None]] = {
    "string": _storable,
    "int32": _within(_RANGE["int32"]),
    "int64": _within(_RANGE["int64"]),
    "float64": _finite,
    "timestamp": _aware,
}
_STORED: dict[str, Callable[[Any], Any]] = {
    "float64": float,
    "timestamp": microseconds,
    "date": lambda value: value.toordinal() - EPOCH_DAY,
}


def _problem(column: Column, value: Any) -> Text | None:
    if value is None:
        return None if column.nullable else NULL
    if type(value) not in _PYTHON[column.type]:
        return WRONG_TYPE.format(wanted=column.type, given=type(value).__name__)
    check = _CHECKS.get(column.type)
    return check(value) if check else None


def _malformed(stream: Stream, row: int, column: str, problem: Text) -> FactMalformed:
    return FactMalformed(stream=stream.name, row=row, column=column, zh=problem.zh, en=problem.en)


def _refuse(stream: Stream, column: Column, values: Sequence[Any]) -> None:
    for row, value in enumerate(values, start=1):
        if problem := _problem(column, value):
            raise _malformed(stream, row, column.name, problem)


def _plain(column: Column, values: list[Any]) -> bool:
    """Whether one look at the whole column, in C, already shows that nothing is wrong with it."""
    kinds = set(map(type, values))
    if not kinds <= (_PYTHON[column.type] | {_NONE} if column.nullable else _PYTHON[column.type]):
        return False
    present = [value for value in values if value is not None] if _NONE in kinds else values
    match column.type:
        case "float64":
            return kinds <= {float, _NONE} and all(map(isfinite, present))
        case "int32" | "int64":
            limit = _RANGE[column.type]
            return not present or (-limit <= min(present) and max(present) < limit)
        case "string" | "timestamp":
            return False
    return True


def _stored(stream: Stream, column: Column, values: list[Any]) -> list[Any]:
    if column.type == "string" and set(map(type, values)) <= {str, _NONE}:
        return _strings(stream, column, values)
    if not _plain(column, values):
        _refuse(stream, column, values)
    convert = _STORED.get(column.type)
    if convert is None or (column.type == "float64" and set(map(type, values)) <= {float, _NONE}):
        return values
    return [None if value is None else convert(value) for value in values]


def _strings(stream: Stream, column: Column, values: list[Any]) -> list[Any]:
    if not column.nullable and None in values:
        _refuse(stream, column, values)
    try:
        "".join(value for value in values if value).encode()
    except UnicodeEncodeError:
        _refuse(stream, column, values)
    return values


def _columns(stream: Stream, facts: Sequence[dict[str, Any]]) -> None:
    names = {column.name for column in stream.columns}
    for row, fact in enumerate(facts, start=1):
        if fact.keys() != names:
            missing, extra = sorted(names - fact.keys()), sorted(fact.keys() - names, key=str)
            column, problem = (missing[0], MISSING) if missing else (str(extra[0]), NO_SUCH)
            raise _malformed(stream, row, column, problem)


def encode(*, stream: Stream, facts: Sequence[dict[str, Any]], before: int = 0) -> bytes:
    """The facts as one JSON object of columns (times as microseconds, dates as days since 1970).

    Raises ``FactMalformed`` with the column and the row (from 1, after ``before`` earlier ones) of the first fact that
    does not fit.
    """
    try:
        _columns(stream, facts)
        body = {c.name: _stored(stream, c, [fact[c.name] for fact in facts]) for c in stream.columns}
    except FactMalformed as refused:
        if not before:
            raise
        values = refused.values | {"row": before + int(str(refused.values["row"]))}
        raise FactMalformed(**values) from None
    return msgspec.json.encode(body)
