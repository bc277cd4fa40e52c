"""Which units a report covers, which fields it holds, and whose it is."""

from __future__ import annotations

from collections.abc import Mapping

from dajing.domains.plan.pack import Field, Form, Plan
from dajing.domains.plan.reporting.periods import last_day
from dajing.domains.plan.reporting.refusals import FormUnknown
from dajing.kernel.areas import api as areas
from dajing.kernel.text import Text


def form_of(*, plan: Plan, form: str) -> Form:
    """The form with this id. Raises ``FormUnknown``."""
    for candidate in plan.forms:
        if candidate.id == form:
            return candidate
    raise FormUnknown(form=form, known=", ".join(f.id for f in plan.forms))


def fields_of(*, plan: Plan, form: str) -> dict[str, Field]:
    """The fields of a form by id, in the pack's order."""
    return {f.id: f for f in plan.fields if f.form == form}


def units_in(*, period: str) -> dict[str, Text]:
    """The reporting units that existed at the end of ``period``, by code."""
    return {a.code: a.name for a in areas.units(hierarchy="reporting", on=last_day(period=period))}


def covered(*, plan: Plan, scope: str, period: str) -> dict[str, Text]:
    """The units whose figures a report of ``scope`` holds; the city's own code stands for its city-level fields."""
    units = units_in(period=period)
    if scope == plan.area:
        return units | {plan.area: areas.top().name}
    return {scope: units[scope]} if scope in units else {}


def heirs(*, period: str) -> dict[str, Text]:
    """For every code that no longer exists in ``period``: who carries it on, in words."""
    end = last_day(period=period)
    found: dict[str, Text] = {}
    for code, area in areas.areas().items():
        if area.valid_to is not None and area.valid_to <= end:
            heir = areas.successor(code, on=end)
            found[code] = Text(zh=f"{heir.name.zh}（{heir.code}）", en=f"{heir.name.en} ({heir.code})")
    return found


def expected_areas(*, field: Field, plan: Plan, covered: Mapping[str, Text]) -> list[str]:
    """The areas for which ``field`` is to be reported within ``covered``."""
    if field.level == "city":
        return [plan.area] if plan.area in covered else []
    return [code for code in covered if code != plan.area]
