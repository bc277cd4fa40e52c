"""Figures typed into the web form, read as a spreadsheet's cells are; pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from dajing.domains.plan.pack import Field
from dajing.domains.plan.reporting.rules import Fault, Value
from dajing.domains.plan.reporting.spreadsheet.numbers import Unreadable, read_number
from dajing.kernel.text import Text


def read_typed(
    *, posted: Mapping[str, str], fields: Mapping[str, Field], areas: Collection[str]
) -> tuple[list[Value], list[Fault]]:
    """Values of the inputs ``v-<field>-<area>``; ``column`` of each value and fault is the input's id.

    万, 亿, full-width digits and thousands separators are understood; an empty input is not reported.
    """
    values: list[Value] = []
    faults: list[Fault] = []
    for field in fields.values():
        for area in areas:
            name = f"v-{field.id}-{area}"
            text = posted.get(name, "").strip()
            try:
                number = read_number(text or None, base=field.unit)
            except Unreadable:
                message = Text(
                    zh=f"{field.title.zh}（{area}）：“{text[:40]}”不是数字",
                    en=f"{field.title.en} ({area}): “{text[:40]}” is no number",
                )
                cure = Text(zh=f"填写以“{field.unit}”为单位的数", en=f"enter a number in “{field.unit}”")
                faults.append(Fault(row=0, column=name, message=message, cure=cure))
                continue
            if number is not None:
                values.append(Value(field=field.id, area=area, number=number, text=text[:60], column=name))
    return values, faults
