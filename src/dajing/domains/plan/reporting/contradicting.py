"""Locked figures that contradict each other; they are shown beside each other, never corrected silently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from dajing.domains.plan.models.reporting import ReportValue
from dajing.domains.plan.pack import Field, Indicator, Plan
from dajing.domains.plan.reporting import rules
from dajing.domains.plan.reporting.periods import previous
from dajing.kernel.text import Text

CITY_TOLERANCE = 0.05  # relative; the city's own figure may come from another survey

Figures = dict[tuple[str, str, str], float]  # by field, area, period


class Contradiction(msgspec.Struct, frozen=True, kw_only=True):
    """Two figures that do not go together: ``kind`` is ``jump``, ``offices`` or ``city``."""

    kind: str
    field: str
    area: str
    period: str
    one: float
    other: float
    text: Text


def contradictions(*, plan: Plan, at: datetime, period: str | None = None) -> list[Contradiction]:
    """All contradictions between the figures locked by ``at``, or those of one ``period``; newest period first."""
    fields = {f.id: f for f in plan.fields}
    city, own = _locked(plan, at, period)
    found = [*_jumps(fields, city, period), *_offices(fields, city, own), *_city(plan, fields, city)]
    return sorted((c for c in found if period in {None, c.period}), key=lambda c: (c.period, c.kind), reverse=True)


def _locked(plan: Plan, at: datetime, period: str | None) -> tuple[Figures, Figures]:
    """Figures of the departments' tables and of the units' own reports; the newest revision of each."""
    rows = ReportValue.objects.filter(report__plan=plan.id, report__locked_at__lte=at, number__isnull=False)
    if period is not None:
        rows = rows.filter(report__period__in=(period, previous(period=period)))
    listed = rows.order_by("report__revision").values_list("report__scope", "field", "area", "report__period", "number")
    city: Figures = {}
    own: Figures = {}
    for scope, field, area, when, number in listed.iterator(chunk_size=5_000):
        (city if scope == plan.area else own)[(field, area, when)] = number
    return city, own


def _jumps(fields: Mapping[str, Field], city: Figures, period: str | None) -> Iterator[Contradiction]:
    """Against the period before; amounts counted since January start again each year."""
    by_period: dict[str, dict[tuple[str, str], float]] = {}
    for (field, area, when), number in city.items():
        if fields[field].span != "year_to_date":
            by_period.setdefault(when, {})[(field, area)] = number
    for when in [period] if period else list(by_period):
        now, before = by_period.get(when, {}), by_period.get(previous(period=when), {})
        for field, area, last, value in rules.jumps(now=now, before=before):
            text = Text(
                zh=f"{fields[field].title.zh}：由上期 {last:g} 变为 {value:g}",
                en=f"{fields[field].title.en}: {last:g} in the period before, now {value:g}",
            )
            yield Contradiction(
                kind="jump", field=field, area=area, period=when, one=last, other=value, text=text
            )  # fmt: skip


def _offices(fields: Mapping[str, Field], city: Figures, own: Figures) -> Iterator[Contradiction]:
    for key, number in own.items():
        theirs = city.get(key)
        if theirs is not None and theirs != number:
            title = fields[key[0]].title
            text = Text(
                zh=f"{title.zh}：部门报 {theirs:g}，本单位报 {number:g}",
                en=f"{title.en}: the department says {theirs:g}, the unit itself {number:g}",
            )
            field, area, when = key
            yield Contradiction(
                kind="offices", field=field, area=area, period=when, one=theirs, other=number, text=text
            )  # fmt: skip


def _city(plan: Plan, fields: Mapping[str, Field], city: Figures) -> Iterator[Contradiction]:
    """The figure that the city states for itself against the one that its units add up to."""
    columns: dict[tuple[str, str], dict[str, float]] = {}
    for (field, area, when), number in city.items():
        columns.setdefault((field, when), {})[area] = number
    for indicator in plan.indicators:
        official = str(indicator.params.get("official", ""))
        for when in sorted(when for field, when in columns if field == official):
            stated, added = columns[(official, when)].get(plan.area), _added(indicator, plan, columns, when)
            if stated is None or added is None or abs(stated - added) <= CITY_TOLERANCE * max(abs(added), abs(stated)):
                continue
            text = Text(
                zh=f"{fields[official].title.zh}：全市报 {stated:g}，由各区县算得 {added:.1f}",
                en=f"{fields[official].title.en}: the city states {stated:g}, its units give {added:.1f}",
            )
            yield Contradiction(
                kind="city", field=official, area=plan.area, period=when, one=stated, other=added, text=text
            )


def _added(
    indicator: Indicator, plan: Plan, columns: Mapping[tuple[str, str], Mapping[str, float]], when: str
) -> float | None:
    """The city's figure from its units: a ratio of sums, or a mean by weight; None while either is missing."""
    params = indicator.params
    weighted = "numerator" not in params
    above_of, below_of = ("field", "weight") if weighted else ("numerator", "denominator")
    above, below = (columns.get((str(params.get(name)), when), {}) for name in (above_of, below_of))
    units = [area for area in below if area in above and area != plan.area]
    base = sum(below[area] for area in units)
    if not base:
        return None
    total = sum(above[area] * (below[area] if weighted else 1.0) for area in units)
    return total / base * float(params.get("scale", 1.0))
