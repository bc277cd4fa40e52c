"""Checks of a plan that span its tables; every finding names the place it is about."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from dajing.domains.plan.pack import Aim, Field, Form, Indicator
from dajing.kernel.packs.references import Note, known, unique
from dajing.kernel.packs.toml import Entry
from dajing.kernel.text import Text

Place = Callable[[str, Entry[Any], str], Note]
Entries = Mapping[str, Sequence[Entry[Any]]]

_PERIOD = re.compile(r"\d{4}(-Q[1-4]|-(0[1-9]|1[0-2]))?")
FIELD_PARAMS = ("numerator", "denominator", "field", "weight", "official")
REQUIRED_PARAMS = {"ratio": ("numerator", "denominator"), "reported": ("field",)}


def check_plan(*, entries: Entries, note: Place, areas: Collection[str], departments: Collection[str]) -> None:
    """Report every duplicate, every reference to nothing, and every contradiction between tables."""
    for array, listed in entries.items():
        unique(
            ((entry.value.id, note(array, entry, "id")) for entry in listed),
            what=Text(zh=f"{array} 代号", en=f"id in {array}"),
        )
    _references(entries, note, areas, departments)
    fields = {entry.value.id: entry.value for entry in entries["fields"]}
    forms = {entry.value.id: entry.value for entry in entries["forms"]}
    for entry in entries["indicators"]:
        _indicator(entry, note, fields, forms)
    for entry in entries["fields"]:
        _part_of(entry, note, fields)
    for entry in entries["facts"]:
        if not _PERIOD.fullmatch(entry.value.period):
            note("facts", entry, "period")(
                Text(zh=f"“{entry.value.period}”不是期间", en=f"“{entry.value.period}” is no period"),
                Text(zh="写 2018、2018-Q2 或 2018-06", en="write 2018, 2018-Q2 or 2018-06"),
            )
    _aims(entries["aims"], note)
    _asked_for_nothing(entries, note)


def _references(entries: Entries, note: Place, areas: Collection[str], departments: Collection[str]) -> None:
    ids = {array: {entry.value.id for entry in listed} for array, listed in entries.items()}
    rules: tuple[tuple[str, str, Collection[str], Text], ...] = (
        ("indicators", "goal", ids["goals"], Text(zh="目标", en="goal")),
        ("indicators", "department", departments, Text(zh="部门", en="department")),
        ("aims", "goal", ids["goals"] | ids["tasks"] | {"plan"}, Text(zh="目标或任务", en="goal or task")),
        ("aims", "indicators", ids["indicators"], Text(zh="指标", en="indicator")),
        ("aims", "fields", ids["fields"], Text(zh="填报项", en="field")),
        ("fields", "form", ids["forms"], Text(zh="报表", en="form")),
        ("fields", "part_of", ids["fields"], Text(zh="填报项", en="field")),
        ("forms", "department", departments, Text(zh="部门", en="department")),
        ("parks", "area", areas, Text(zh="区划代码", en="area code")),
        ("facts", "area", areas, Text(zh="区划代码", en="area code")),
        ("facts", "goal", ids["goals"], Text(zh="目标", en="goal")),
    )
    for array, key, among, what in rules:
        for entry in entries[array]:
            value = getattr(entry.value, key)
            for reference in value if isinstance(value, list) else [value]:
                if reference is not None:
                    known(reference, among, what=what, note=note(array, entry, key))


def _indicator(entry: Entry[Indicator], note: Place, fields: Mapping[str, Field], forms: Mapping[str, Form]) -> None:
    indicator = entry.value
    place = note("indicators", entry, "params")
    _params(indicator.measure, indicator.params, indicator.frequency, place, fields, forms)
    if indicator.companion is not None:
        at = note("indicators", entry, "companion")
        _params(indicator.companion.measure, indicator.companion.params, indicator.frequency, at, fields, forms)
    official = fields.get(str(indicator.params.get("official", "")))
    if indicator.aggregation == "official" and (official is None or official.level != "city"):
        place(
            Text(zh="官方汇总缺市级填报项", en="aggregation official needs a field of level city"),
            Text(zh="在 params.official 写市级填报项代号", en="name such a field in params.official"),
        )
    low, high = indicator.limits.min, indicator.limits.max
    if (low is not None and indicator.target.value < low) or (high is not None and indicator.target.value > high):
        note("indicators", entry, "target")(
            Text(zh="目标值超出该指标可能的范围", en="the target lies outside the measure's own limits"),
            Text(zh="核对 target 与 limits", en="compare target and limits"),
        )


def _params(
    measure: str, params: Mapping[str, Any], frequency: str, note: Note, fields: Mapping[str, Field],
    forms: Mapping[str, Form],
) -> None:  # fmt: skip
    for key in REQUIRED_PARAMS.get(measure, ()):
        if key not in params:
            note(
                Text(zh=f"{measure} 缺参数 {key}", en=f"{measure} needs the parameter {key}"),
                Text(zh=f"补上 {key}", en=f"add {key}"),
            )
    if not isinstance(params.get("scale", 1), int | float):
        note(Text(zh="scale 不是数", en="scale is no number"), Text(zh="百分比写 100", en="write 100 for percent"))
    for key in FIELD_PARAMS:
        if key not in params or not known(str(params[key]), fields, what=Text(zh="填报项", en="field"), note=note):
            continue
        form = forms.get(fields[str(params[key])].form)
        if form is not None and form.frequency != frequency:
            note(
                Text(
                    zh=f"{params[key]} 的报表频率是 {form.frequency}",
                    en=f"{params[key]} is asked every {form.frequency}",
                ),
                Text(
                    zh=f"指标频率须相同（现为 {frequency}）", en=f"the indicator's frequency must agree ({frequency})"
                ),
            )


def _part_of(entry: Entry[Field], note: Place, fields: Mapping[str, Field]) -> None:
    whole = fields.get(entry.value.part_of or "")
    if whole is not None and (whole.form, whole.unit, whole.level) != (
        entry.value.form, entry.value.unit, entry.value.level,
    ):  # fmt: skip
        note("fields", entry, "part_of")(
            Text(zh="部分与整体不在同一报表、单位或层级", en="part and whole differ in form, unit or level"),
            Text(zh="改为同表、同单位、同层级的填报项", en="name a field of the same form, unit and level"),
        )


def _aims(entries: Sequence[Entry[Aim]], note: Place) -> None:
    for entry in entries:
        aim = entry.value
        measurable = bool(aim.indicators) or aim.proposal is not None
        if measurable == (aim.not_measurable is not None):
            note("aims", entry, "id")(
                Text(zh="既无指标又无理由，或两者都写", en="neither indicator nor reason, or both"),
                Text(
                    zh="写 indicators 或 proposal 之一，否则写 not_measurable 的理由",
                    en="give indicators or a proposal, or else say in not_measurable why not",
                ),
            )


def _asked_for_nothing(entries: Entries, note: Place) -> None:
    if not entries["indicators"]:
        return  # unreadable, which is a fault of its own
    used: set[str] = set()
    for entry in entries["indicators"]:
        companion = entry.value.companion
        for params in (entry.value.params, companion.params if companion else {}):
            used.update(str(params[key]) for key in FIELD_PARAMS if key in params)
    for aim in entries["aims"]:
        used.update(aim.value.fields)
    wholes = {entry.value.part_of for entry in entries["fields"]}
    for entry in entries["fields"]:
        if entry.value.id not in used | wholes:
            note("fields", entry, "id")(
                Text(zh="没有指标或目标用到这个填报项", en="no indicator or aim uses this field"),
                Text(zh="删除它：不问用不到的数", en="remove it: a figure that nothing needs is not asked for"),
            )
