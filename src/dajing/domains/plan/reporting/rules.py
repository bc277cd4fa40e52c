"""What a report may hold and which act may follow which; pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from datetime import date

import msgspec

from dajing.domains.plan.pack import Field
from dajing.kernel.text import Text

DRAFT, SUBMITTED, REVIEWED, SIGNED, LOCKED, RETURNED = "draft", "submitted", "reviewed", "signed", "locked", "returned"
EDITABLE = (DRAFT, RETURNED)

STATES: dict[str, Text] = {
    DRAFT: Text(zh="填报中", en="being filled in"),
    SUBMITTED: Text(zh="待审核", en="awaiting review"),
    REVIEWED: Text(zh="待签发", en="awaiting signature"),
    SIGNED: Text(zh="待锁定", en="awaiting lock"),
    LOCKED: Text(zh="已锁定", en="locked"),
    RETURNED: Text(zh="已退回", en="returned"),
}


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One act of the sequence: ``unlike`` are verbs whose last author must be another person."""

    verb: str
    title: Text
    role: str
    sources: tuple[str, ...]
    target: str
    unlike: tuple[str, ...] = ()
    reason: bool = False


STEPS: tuple[Step, ...] = (
    Step(verb="submit", title=Text(zh="报送", en="Submit"), role="plan.fill", sources=EDITABLE, target=SUBMITTED),
    Step(
        verb="review", title=Text(zh="审核通过", en="Approve"), role="plan.review", sources=(SUBMITTED,),
        target=REVIEWED, unlike=("fill", "submit"),
    ),
    Step(
        verb="sign", title=Text(zh="签发", en="Sign"), role="plan.sign", sources=(REVIEWED,), target=SIGNED,
        unlike=("fill", "submit", "review"),
    ),
    Step(verb="lock", title=Text(zh="锁定", en="Lock"), role="plan.lock", sources=(SIGNED,), target=LOCKED),
    Step(
        verb="return", title=Text(zh="退回", en="Return"), role="plan.review", sources=(SUBMITTED,), target=RETURNED,
        reason=True,
    ),
    Step(
        verb="return", title=Text(zh="退回", en="Return"), role="plan.sign", sources=(REVIEWED,), target=RETURNED,
        reason=True,
    ),
    Step(
        verb="return", title=Text(zh="退回", en="Return"), role="plan.lock", sources=(SIGNED,), target=RETURNED,
        reason=True,
    ),
)  # fmt: skip


def step_of(*, verb: str, state: str) -> Step | None:
    """The step that ``verb`` makes from ``state``."""
    return next((s for s in STEPS if s.verb == verb and state in s.sources), None)


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """One reported figure in the field's unit; ``text`` as written, ``row``/``column`` where in the file (0: typed).

    ``number`` None means that the cell was left empty: not reported.
    """

    field: str
    area: str
    number: float | None
    text: str = ""
    row: int = 0
    column: str = ""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One reason why a report is refused: where, what, and the cure."""

    row: int
    column: str
    message: Text
    cure: Text


def faults(
    *, values: Iterable[Value], fields: Mapping[str, Field], areas: Mapping[str, Text], retired: Mapping[str, Text]
) -> list[Fault]:
    """Everything wrong with the figures, all at once.

    ``areas`` are the units that existed in the period, by code; ``retired`` says who carries on each former code.
    """
    listed = list(values)
    found = [fault for value in listed for fault in _value_faults(value, fields, areas, retired)]
    found += _doubles(listed, fields)
    return found + _parts(listed, fields)


def _value_faults(
    value: Value, fields: Mapping[str, Field], areas: Mapping[str, Text], retired: Mapping[str, Text]
) -> list[Fault]:
    field = fields.get(value.field)
    if field is None:
        return [
            _fault(
                value,
                Text(zh=f"本表没有“{value.field}”这一项", en=f"this form has no field “{value.field}”"),
                Text(zh="删除该列或改选对应项目", en="remove the column or choose the field it stands for"),
            )
        ]
    found = []
    if value.area not in areas:
        found.append(_area_fault(value, retired))
    if value.number is not None:
        found += _number_faults(value, value.number, field)
    return found


def _area_fault(value: Value, retired: Mapping[str, Text]) -> Fault:
    heir = retired.get(value.area)
    if heir is not None:
        return _fault(
            value,
            Text(zh=f"区划代码 {value.area} 在本期已撤销", en=f"the code {value.area} was retired before this period"),
            Text(zh=f"改用 {heir.zh}", en=f"use {heir.en}"),
        )
    return _fault(
        value,
        Text(zh=f"“{value.area}”不在本表填报范围内", en=f"“{value.area}” is outside the scope of this report"),
        Text(zh="核对区县名称或代码", en="check the county's name or code"),
    )


def _number_faults(value: Value, number: float, field: Field) -> list[Fault]:
    if not math.isfinite(number):
        message = Text(zh=f"{field.title.zh} 不是有限的数", en=f"{field.title.en} is no finite number")
        return [_fault(value, message, Text(zh="填写数字", en="enter a number"))]
    found = []
    low, high = field.limits.min, field.limits.max
    if low is not None and number < low:
        message = Text(zh=f"{field.title.zh} {number:g} 小于下限 {low:g}", en=f"{field.title.en}: {number:g} < {low:g}")
        cure = Text(zh="核对正负号与单位", en="check the sign and the unit")
        found.append(_fault(value, message, cure))
    if high is not None and number > high:
        message = Text(
            zh=f"{field.title.zh} {number:g} 超过上限 {high:g}", en=f"{field.title.en}: {number:g} > {high:g}"
        )
        cure = Text(zh="核对单位（万、亿、％）与小数点", en="check the unit (10,000s, percent) and the decimal point")
        found.append(_fault(value, message, cure))
    if field.integer and abs(number - round(number)) > 1e-6:
        message = Text(
            zh=f"{field.title.zh} {number:g} 应为整数", en=f"{field.title.en}: {number:g} is no whole number"
        )
        cure = Text(zh="填写原始数，不要换算或四舍五入到小数", en="enter the count itself")
        found.append(_fault(value, message, cure))
    return found


def _doubles(values: list[Value], fields: Mapping[str, Field]) -> list[Fault]:
    seen: dict[tuple[str, str], Value] = {}
    found = []
    for value in values:
        first = seen.setdefault((value.field, value.area), value)
        if first is not value and value.field in fields:
            title = fields[value.field].title
            message = Text(
                zh=f"{title.zh} 与第 {first.row} 行重复填报", en=f"{title.en} is given twice, first in row {first.row}"
            )
            found.append(_fault(value, message, Text(zh="只保留一行", en="keep one row")))
    return found


def _parts(values: list[Value], fields: Mapping[str, Field]) -> list[Fault]:
    numbers = {(v.field, v.area): v.number for v in values}
    found = []
    for value in values:
        field = fields.get(value.field)
        if field is None or field.part_of is None or value.number is None:
            continue
        whole = numbers.get((field.part_of, value.area))
        if whole is not None and value.number > whole:
            other = fields[field.part_of].title
            message = Text(
                zh=f"{field.title.zh} {value.number:g} 大于 {other.zh} {whole:g}",
                en=f"{field.title.en} {value.number:g} exceeds {other.en} {whole:g}",
            )
            cure = Text(zh="分子不能大于分母，请核对两项", en="a part cannot exceed its whole; check both")
            found.append(_fault(value, message, cure))
    return found


def _fault(value: Value, message: Text, cure: Text) -> Fault:
    return Fault(row=value.row, column=value.column, message=message, cure=cure)


def period_fault(*, end: date, today: date, first: int, last: int) -> Text | None:
    """Why a period cannot be reported, or None: it is not over, or the plan (years ``first`` to ``last``, its base
    year counted) does not ask for it."""
    if not first <= end.year <= last:
        return Text(
            zh=f"本规划只收 {first} 至 {last} 年的报表，期末 {end} 不在其中。",
            en=f"This plan takes reports of {first} to {last}; the period ends on {end}.",
        )
    if end >= today:
        return Text(
            zh=f"期末 {end} 未到，不能填报未来的数；请在期后填报。",
            en=f"The period ends on {end}; report it after its end.",
        )
    return None


def jumps(
    *, now: Mapping[tuple[str, str], float], before: Mapping[tuple[str, str], float], factor: float = 3.0
) -> list[tuple[str, str, float, float]]:
    """Figures (field, area, before, now) that grew or shrank by more than ``factor`` against the period before."""
    found = []
    for key, value in now.items():
        last = before.get(key)
        if last is not None and min(last, value) > 0 and max(last / value, value / last) > factor:
            found.append((*key, last, value))
    return found


def missing_fields(*, values: Collection[Value], fields: Mapping[str, Field], areas: Collection[str]) -> int:
    """How many figures of the form are not reported; ``areas`` are its units."""
    given = {(v.field, v.area) for v in values if v.number is not None}
    wanted = {(f.id, a) for f in fields.values() if f.level == "county" for a in areas}
    return len(wanted - given)
