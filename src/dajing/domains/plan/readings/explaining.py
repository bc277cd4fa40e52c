"""Why a reading is what it is: its records, its formula, its definition, and whether its evidence still holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dajing.domains.plan.loading import plan as plan_of
from dajing.domains.plan.pack import Indicator, Plan
from dajing.domains.plan.readings.computing import fields_of, partition
from dajing.domains.plan.readings.forming import evidence
from dajing.domains.plan.readings.snapshots import readings, snapshot
from dajing.domains.plan.readings.structs import Explanation, InputRow, Variant
from dajing.domains.plan.readings.uses import sources, uses_of
from dajing.domains.plan.streams import REPORTS
from dajing.kernel.areas.api import area as area_of
from dajing.kernel.catalog.api import relation
from dajing.kernel.measures.evaluating import Use, valid
from dajing.kernel.text import Refusal, Text


class IndicatorUnknown(Refusal):
    """An indicator id that the plan does not have."""

    text = Text(
        zh="规划 {plan} 没有指标 {id}；已有：{known}",
        en="the plan {plan} has no indicator {id}; it has: {known}",
    )


class NothingToExplain(Refusal):
    """No reading exists for that indicator, variant, area and period."""

    text = Text(
        zh="{indicator} 没有 {area} {period} 的读数：区域须为全市或填报单位，报告期须已结束且在规划期内（{frequency}）",
        en="{indicator} has no reading for {area} {period}: give the city or a reporting unit, "
        "and a period of the plan that has ended (frequency {frequency})",
    )


def indicator_of(*, plan: Plan, id: str) -> Indicator:
    """The plan's indicator. Raises ``IndicatorUnknown``."""
    for indicator in plan.indicators:
        if indicator.id == id:
            return indicator
    raise IndicatorUnknown(plan=plan.id, id=id, known=", ".join(i.id for i in plan.indicators))


def explain(
    *,
    plan: Plan | str,
    indicator: str,
    area: str,
    period: str,
    as_of: datetime | None = None,
    variant: Variant = "official",
) -> Explanation:
    """Everything behind one reading. The records are read again and their digest compared with the stored one.

    Raises ``IndicatorUnknown``, ``AreaUnknown``, ``NothingToExplain``.
    """
    plan = plan_of(id=plan) if isinstance(plan, str) else plan
    asked, place = indicator_of(plan=plan, id=indicator), area_of(area)
    kept = snapshot(plan=plan, as_of=as_of)
    found = readings(snapshot=kept, indicators=[indicator], areas=[area], periods=[period], variant=variant)
    if not found:
        raise NothingToExplain(indicator=indicator, area=place.name, period=period, frequency=asked.frequency)
    stored = found[0]
    source, _ = sources(indicator=asked, variant=variant, top=area == plan.area)
    use = next(use for use in uses_of(plan=plan) if use.id == source)
    rows = _inputs(plan, use, area, period, as_of)
    digest = evidence(row.record_id for row in counted(use=use, top=area == plan.area, rows=rows))
    companion = {"companion": asked.companion, "predicted": asked.predicted}.get(variant)
    return Explanation(
        indicator=indicator,
        variant=variant,
        reading=stored,
        formula=formula(plan=plan, use=use, top=area == plan.area),
        definition=companion.definition if companion else asked.definition,
        definition_status=asked.definition_status,
        quote=asked.quote,
        source=asked.source,
        rows=rows,
        missing=_missing(plan, use, area, period, rows),
        stored=stored.reading.evidence,
        verified=digest == stored.reading.evidence,
    )


def counted(*, use: Use, top: bool, rows: tuple[InputRow, ...]) -> tuple[InputRow, ...]:
    """The rows that entered the reading: with a value and, for a sum over units, only of units that are complete."""
    there = tuple(row for row in rows if row.value is not None)
    if not (top and use.over):
        return there
    needed = set(use.params.fields())
    if not use.params.divides():
        needed -= {"weight"}
    roles: dict[str, set[str]] = {}
    for row in there:
        roles.setdefault(row.area, set()).add(row.role)
    return tuple(row for row in there if needed <= roles[row.area])


def _inputs(plan: Plan, use: Use, area: str, period: str, as_of: datetime | None) -> tuple[InputRow, ...]:
    places = [unit.code for unit in partition(period=period)] if area == plan.area and use.over else [area]
    facts = relation(stream=use.measure.stream or REPORTS, as_of=as_of)
    asked = facts.filter(facts["period"] == period, facts["area"].isin(places))
    roles = {field: role for role, field in use.params.fields().items()}
    kept = valid(facts=asked, fields=sorted(roles), per=use.measure.per)
    whole = asked.semi_join(kept, ["record_id", "field", "area", "period", "known_at"])
    fields = fields_of(plan=plan)
    made = [_input(row, roles[row["field"]], fields) for row in whole.to_pyarrow().to_pylist()]
    return tuple(sorted(made, key=lambda row: (row.area, row.role, row.record_id)))


def _input(row: Mapping[str, Any], role: str, fields: Mapping[str, Any]) -> InputRow:
    field = fields[row["field"]]
    return InputRow(
        role=role,
        title=field.title,
        unit=field.unit,
        **{name: row[name] for name in InputRow.__struct_fields__ if name in row},
    )


def formula(*, plan: Plan, use: Use, top: bool) -> Text:
    """The measure written out with the fields' titles."""
    known = fields_of(plan=plan)
    titles = {role: known[field].title for role, field in use.params.fields().items()}
    scale = use.params.numbers().get("scale", 1.0)
    factor = "" if scale == 1 else f"{scale:g} × "
    below = titles.get("denominator") or titles.get("weight")
    over = titles.get("numerator") or titles["field"]
    if below is None:
        sign = "Σ " if top and use.over else ""
        return Text(zh=f"{factor}{sign}{over.zh}", en=f"{factor}{sign}{over.en}")
    weighted = "weight" in titles
    if weighted and not top:
        return Text(zh=over.zh, en=over.en)
    above = Text(zh=f"{over.zh}×{below.zh}", en=f"{over.en} × {below.en}") if weighted else over
    if top:
        return Text(zh=f"{factor}Σ({above.zh}) ÷ Σ({below.zh})", en=f"{factor}Σ({above.en}) / Σ({below.en})")
    return Text(zh=f"{factor}{above.zh} ÷ {below.zh}", en=f"{factor}{above.en} / {below.en}")


def _missing(plan: Plan, use: Use, area: str, period: str, rows: tuple[InputRow, ...]) -> tuple[Text, ...]:
    """Each input that should be there and is not, by unit and field."""
    places = partition(period=period) if area == plan.area and use.over else [area_of(area)]
    there = {(row.area, row.role) for row in rows if row.value is not None}
    titles = {id: field.title for id, field in fields_of(plan=plan).items()}
    return tuple(
        Text(
            zh=f"{place.name.zh} {period}：{titles[field].zh}",
            en=f"{place.name.en} {period}: {titles[field].en}",
        )
        for place in places
        for role, field in use.params.fields().items()
        if (place.code, role) not in there
    )
