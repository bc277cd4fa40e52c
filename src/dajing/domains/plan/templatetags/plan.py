"""Words of the plan for templates."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import wrap
from typing import Any

from django import template

from dajing.domains.plan.board import words
from dajing.domains.plan.board.contents import Row
from dajing.domains.plan.board.spread import Mark, Spread
from dajing.domains.plan.board.words import DEFINITIONS, FREQUENCIES, METHODS
from dajing.domains.plan.evaluation.structs import Evaluation
from dajing.domains.plan.models.demo import Simulation
from dajing.domains.plan.pack import Indicator, Plan
from dajing.domains.plan.readings.structs import Status
from dajing.kernel.areas.api import Area
from dajing.kernel.settings import settings
from dajing.kernel.text import Text
from dajing.kernel.ui.drawing.series import Spark, spark
from dajing.kernel.ui.templatetags.ui import figure, link
from dajing.kernel.units import unit_name

register = template.Library()
SPARK_POINTS = 36
WIDEST = 12  # characters of a name on one line of a cartogram square


@register.filter
def definition(status: str) -> Text:
    """Whether a definition is the official one."""
    return DEFINITIONS[status]


@register.simple_tag
def demo_loading() -> Simulation | None:
    """The run of the simulator that has not finished, where this installation loads demo data."""
    return Simulation.objects.filter(finished_at=None).first() if settings().synthetic else None


@register.filter
def tone(status: str) -> str:
    """The tone of a status mark."""
    return words.tone(status)


@register.filter
def status_word(status: str) -> Text:
    """The word of a status mark."""
    return words.word(status)


@register.filter
def tally(evaluation: Evaluation) -> list[tuple[str, Text, int]]:
    """How many targets were missed, unknown or met: tone, word, number."""
    found = ((str(status), evaluation.count(status)) for status in (Status.MISSED, Status.UNKNOWN, Status.MET))
    return [(words.tone(status), words.word(status), number) for status, number in found if number]


@register.filter
def at(mapping: Mapping[str, Any], key: str) -> Any:
    """A mapping's entry."""
    return mapping[key]


@register.filter
def method(value: str) -> Text:
    """A forecasting method's name."""
    return METHODS[value]


@register.filter
def frequency(value: str) -> Text:
    """How often an indicator is read."""
    return FREQUENCIES[value]


@register.filter
def target(indicator: Indicator) -> str:
    """The target with its direction: ``≥ 95.0 %`` or, where it is strict, ``> 20.0 %``."""
    goal = indicator.target
    sign = {("up", False): "≥", ("up", True): ">", ("down", False): "≤", ("down", True): "<"}
    decimals = 0 if float(goal.value).is_integer() else indicator.decimals
    return f"{sign[indicator.direction, goal.strict]} {figure(goal.value, decimals)} {unit_name(indicator.unit)}"


@register.filter
def title_of(plan: Plan, indicator: str) -> Text | str:
    """An indicator's title by its id."""
    return next((i.title for i in plan.indicators if i.id == indicator), indicator)


@register.simple_tag
def spark_of(row: Row) -> Spark:
    """The last three years of a row's series with its target."""
    values = [figure.reading.value for figure in row.series[-SPARK_POINTS:]]
    return spark(values, goal=row.indicator.target.value)


@register.simple_tag(takes_context=True)
def marks_of(context: template.Context, plan: Plan, spread: Spread) -> list[dict[str, Any]]:
    """The marks of a spread with their addresses and figures in words; long names are broken into lines."""
    size = 13 if spread.drawing.real else 14
    return [_mark(context, plan, spread, mark, size) for mark in spread.marks]


def _mark(context: template.Context, plan: Plan, spread: Spread, mark: Mark, size: int) -> dict[str, Any]:
    lines = wrap(str(mark.name), WIDEST)[:3]
    return {
        "shape": mark.shape,
        "name": mark.name,
        "lines": lines,
        "top": round(mark.shape.y - size * 1.2 * (len(lines) + 1) / 2 - size * 0.15),
        "size": size,
        "value": figure(mark.value, spread.indicator.decimals),
        "level": mark.level,
        "address": link(context, "plan-area", plan.id, mark.code),
    }


@register.filter
def plain(value: float | None) -> str:
    """A reported number as it was reported: no rounding, no forced decimals."""
    return "—" if value is None else f"{value:,.12g}"


@register.simple_tag
def name_of(areas: Mapping[str, Area], code: str) -> Text | str:
    """An area's name by its code."""
    return areas[code].name if code in areas else code
