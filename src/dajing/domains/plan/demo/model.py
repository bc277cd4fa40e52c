"""The simulated truth: every figure of a form for a period; pure, the same for a seed in any order."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from datetime import date

from dajing.domains.plan.demo.ground import Ground
from dajing.domains.plan.demo.parameters import CityFigure, Parameters, Series
from dajing.domains.plan.pack import Field, Plan
from dajing.domains.plan.reporting.periods import last_day

Figures = dict[tuple[str, str], float]
ORIGIN = date(2015, 1, 1)
DECIMALS = 4


def truth(*, parameters: Parameters, plan: Plan, form: str, period: str, grounds: Mapping[str, Ground]) -> Figures:
    """Figures by (field, area); ``grounds`` are the period's units, city-level fields stand under the city's code."""
    end = last_day(period=period)
    fields = {f.id: f for f in plan.fields}
    found: Figures = {}
    for series in parameters.series:
        field = fields[series.field]
        if field.form == form:
            for area, ground in grounds.items():
                found[(field.id, area)] = _figure(parameters, series, field, area, ground, end, found)
    for figure in parameters.city_figures:
        if fields[figure.field].form == form:
            found[(figure.field, plan.area)] = _city(figure, fields[figure.field], found, list(grounds))
    return found


def _figure(
    parameters: Parameters, series: Series, field: Field, area: str, ground: Ground, end: date, found: Figures
) -> float:
    based_on_field = (series.of, area) in found
    base = found[(series.of, area)] if based_on_field else ground.driver(series.of)
    value = base * _rate(parameters.head.seed, series, area, end) * _shock(parameters, field.id, area, end)
    if field.span == "year_to_date" and not based_on_field:
        value *= end.month / 12
    if field.part_of is not None and (whole := found.get((field.part_of, area))) is not None:
        value = min(value, whole)
    if field.limits.max is not None:
        value = min(value, field.limits.max)
    return float(round(value)) if field.integer else round(value, DECIMALS)


def _rate(seed: int, series: Series, area: str, end: date) -> float:
    """The logistic rate of one unit at one time, with its own lag, its own ceiling and its scatter."""
    years = (end - ORIGIN).days / 365.25
    own = random.Random(f"{seed}/{series.field}/{area}")  # noqa: S311 - a simulation, no secret
    lag = own.gauss(0, series.lag)
    ceiling = series.high - (series.high - series.low) * min(own.expovariate(1) * series.ragged, 0.9)
    rate = series.low + (ceiling - series.low) / (1 + math.exp(-series.steepness * (years - series.middle - lag)))
    scatter = random.Random(f"{seed}/{series.field}/{area}/{end}").gauss(0, series.noise)  # noqa: S311
    return max(rate * (1 + series.growth) ** years * (1 + scatter), 0.0)


def _shock(parameters: Parameters, field: str, area: str, end: date) -> float:
    factor = 1.0
    for shock in parameters.shocks:
        if field in shock.fields and shock.first <= end <= shock.last and (not shock.areas or area in shock.areas):
            factor *= shock.factor
    return factor


def _city(figure: CityFigure, field: Field, found: Figures, areas: list[str]) -> float:
    below = sum(found[(figure.denominator, a)] for a in areas)
    if figure.mean_of is not None:
        above = sum(found[(figure.mean_of, a)] * found[(figure.denominator, a)] for a in areas)
    else:
        above = sum(found[(figure.numerator or "", a)] for a in areas)
    value = (above / below if below else 0.0) * figure.scale + figure.offset
    low, high = field.limits.min, field.limits.max
    return round(min(max(value, low or 0.0), math.inf if high is None else high), 1)
