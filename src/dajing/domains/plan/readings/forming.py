"""From computed rows to readings: the full grid of areas and periods, each unknown with its reason. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from dajing.domains.plan.pack import Field, Indicator, Limits
from dajing.domains.plan.readings.structs import Variant
from dajing.domains.plan.readings.uses import BESIDE, sources
from dajing.kernel.measures.evaluating import Use
from dajing.kernel.measures.reading import Kind, Reading
from dajing.kernel.measures.registry import Input
from dajing.kernel.text import Text

KINDS = tuple(Kind)
DIGITS = 12  # significant digits kept of a computed value: sums of floats may differ beyond them between engines
LISTED = 4  # units named in a reason before "…"

Row = Mapping[str, Any]
Rows = Mapping[tuple[str, str, str], Row]


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What readings are formed over: the city (``top``), the units that stood at each period's end
    (``partitions``), names, fields, and computed rows by (use, area, period)."""

    top: str
    partitions: Mapping[str, tuple[str, ...]]
    names: Mapping[str, Text]
    fields: Mapping[str, Field | Input]
    uses: Mapping[str, Use]
    rows: Rows

    def units(self) -> tuple[str, ...]:
        """Every unit that stood at some period's end, by code."""
        return tuple(sorted({code for codes in self.partitions.values() for code in codes}))


def evidence(records: Iterable[str]) -> str:
    """SHA-256 over the sorted record ids, one per line, in lower-case hexadecimal."""
    return hashlib.sha256("\n".join(sorted(records)).encode()).hexdigest()


def digits(value: float | None) -> float | None:
    """``value`` to ``DIGITS`` significant digits."""
    return None if value is None else float(f"{value:.{DIGITS}g}")


def form(*, frame: Frame, indicator: Indicator, variant: Variant, area: str, period: str) -> Reading:
    """The reading of one indicator, variant, area and period."""
    top = area == frame.top
    source, _ = sources(indicator=indicator, variant=variant, top=top)
    use = frame.uses[source]
    row = frame.rows.get((source, area, period))
    added_up = top and use.over is not None
    parts = _parts(frame, source, period) if added_up else {}
    records = [r for part in parts.values() for r in part["records"] or ()] if added_up else (row or {}).get("records")
    limits = indicator.limits if variant not in BESIDE else Limits(min=0, max=None)
    value = digits(row["value"]) if row else None
    why = _units_missing(frame, parts, row, use, period) if added_up else _input_missing(frame, use, row, area, period)
    return Reading(
        measure=f"{use.measure.id}",
        area=area,
        period=period,
        value=value,
        numerator=digits(row["numerator"]) if row else None,
        denominator=digits(row["denominator"]) if row else None,
        completeness=float(row["completeness"]) if row else 0.0,
        kind=_kind(row),
        method=use.measure.id if not added_up else f"{use.measure.id}:{use.over}",
        version=use.measure.version,
        evidence=evidence(records or ()),
        watermark=_watermark(row),
        reason=why or _outside(limits, value),
    )


def _parts(frame: Frame, source: str, period: str) -> dict[str, Row]:
    """The units that were added up, as the expression decides it: both numerator and denominator are there."""
    divided = frame.uses[source].params.divides()
    found = {unit: frame.rows.get((source, unit, period)) for unit in frame.partitions[period]}
    return {
        unit: row
        for unit, row in found.items()
        if row and row["numerator"] is not None and (row["denominator"] is not None or not divided)
    }


def _kind(row: Row | None) -> Kind | None:
    if row is None or row["rank"] is None:
        return None
    return KINDS[min(row["rank"], len(KINDS) - 1)]


def _watermark(row: Row | None) -> datetime | None:
    return row["watermark"] if row else None


def _input_missing(frame: Frame, use: Use, row: Row | None, area: str, period: str) -> Text | None:
    """Why a unit (or the city's own figure) has no value: which field, unit and period."""
    wanted = use.params.fields()
    there = set(row["roles"] or ()) if row else set()
    missing = [frame.fields[field].title for role, field in wanted.items() if role not in there]
    name = frame.names[area]
    if missing:
        return Text(
            zh=f"缺 {name.zh} {period} 的“{'”“'.join(m.zh for m in missing)}”",
            en=f"{name.en} has not reported for {period}: {', '.join(m.en for m in missing)}",
        )
    if row is not None and row["value"] is None:
        below = frame.fields[wanted.get("denominator") or wanted["weight"]].title
        return Text(
            zh=f"{name.zh} {period} 的“{below.zh}”为 0，不能相除",
            en=f"{below.en} of {name.en} is 0 for {period}: nothing to divide by",
        )
    return None


def _units_missing(frame: Frame, parts: Mapping[str, Row], row: Row | None, use: Use, period: str) -> Text | None:
    """Why the city has no value, or which units its value lacks."""
    missing = [frame.names[unit] for unit in frame.partitions[period] if unit not in parts]
    if (row is None or not parts) and use.measure.stream is not None:
        return Text(zh=f"{period} 没有可用的测算记录", en=f"there is no computed record for {period}")
    if row is None or not parts:
        return Text(
            zh=f"{period}：{len(missing)} 个填报单位都没有可用的上报",
            en=f"{period}: none of the {len(missing)} units has a usable report",
        )
    if row["value"] is None:
        return Text(zh=f"{period} 各单位分母合计为 0", en=f"the units' denominators add up to 0 for {period}")
    if not missing:
        return None
    more = "…" if len(missing) > LISTED else ""
    return Text(
        zh=f"缺 {len(missing)} 个单位（{'、'.join(m.zh for m in missing[:LISTED])}{more}）的 {period} 上报，"
        f"按通常权重完整度 {row['completeness']:.1%}",
        en=f"{len(missing)} units have not reported for {period} ({', '.join(m.en for m in missing[:LISTED])}{more}): "
        f"{row['completeness']:.1%} of the usual weight",
    )


def _outside(limits: Limits, value: float | None) -> Text | None:
    """A value that the measure cannot have is shown as it is, with this remark."""
    low, high = limits.min, limits.max
    if value is None or ((low is None or value >= low) and (high is None or value <= high)):
        return None
    span = f"[{'−∞' if low is None else f'{low:g}'}, {'∞' if high is None else f'{high:g}'}]"
    return Text(
        zh=f"数值 {value:g} 超出该指标可能的范围 {span}，请核对原始上报",
        en=f"{value:g} is outside the range {span} that this measure can have: check the reports behind it",
    )


def variants(*, indicator: Indicator) -> Sequence[Variant]:
    """The variants that an indicator has."""
    found: list[Variant] = ["official"]
    if indicator.aggregation == "official":
        found.append("weighted")
    if indicator.companion is not None:
        found.append("companion")
    if indicator.predicted is not None:
        found.append("predicted")
    return found
