"""Makes the TOML table of a new indicator from the fields it reads, and its test."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import msgspec

from dajing.domains.plan.loading import plan
from dajing.domains.plan.pack import Plan
from dajing.kernel.scaffold.writing import FILL, AlreadyThere, usable, write_new
from dajing.kernel.settings import settings
from dajing.kernel.text import Refusal, Text

TABLE = """
[[indicators]]
id = "{id}"
goal = "{goal}"
order = {order}
title = {{ zh = "{fill}", en = "{fill}" }}
quote = "{fill}"
unit = "{unit}"
target = {{ value = {target:g}, deadline = {last_year}-12-31 }}
limits = {limits}
definition = {{ zh = "{fill}", en = "{fill}" }}
definition_status = "inferred"
source = {{ zh = "{fill}", en = "{fill}" }}
frequency = "{frequency}"
department = "{department}"
measure = "{measure}"
params = {params}
aggregation = "{aggregation}"
traps = [{{ zh = "{fill}", en = "{fill}" }}]
"""
TEST = '''"""The indicator {id} of {plan}."""

from dajing.domains.plan.loading import plan


def test_{id}_reads_figures_that_a_form_asks_for_with_its_own_frequency():
    found = plan(id="{plan}")
    indicator = next(indicator for indicator in found.indicators if indicator.id == "{id}")
    fields = {{field.id: field for field in found.fields}}
    forms = {{form.id: form for form in found.forms}}
    asked = [fields[value] for key, value in indicator.params.items() if key != "scale"]
    assert asked
    assert {{forms[field.form].frequency for field in asked}} == {{indicator.frequency}}


def test_{id}_can_reach_its_target_at_all():
    indicator = next(indicator for indicator in plan(id="{plan}").indicators if indicator.id == "{id}")
    low, high = indicator.limits.min, indicator.limits.max
    assert low is None or low <= indicator.target.value
    assert high is None or indicator.target.value <= high
'''


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What the newcomer said: a ratio of two fields in percent, or one field reported as it is."""

    name: str
    goal: str
    target: float
    numerator: str | None = None
    denominator: str | None = None
    field: str | None = None


class WishUnclear(Refusal):
    """Neither a ratio of two fields nor one field."""

    text = Text(
        zh="请给 --numerator 与 --denominator，或只给 --field",
        en="give --numerator and --denominator, or --field alone",
    )


class NotInPlan(Refusal):
    """A goal or field that the plan does not have."""

    text = Text(zh="规划中没有 {what}；已有：{known}", en="the plan has no {what}; it has: {known}")


def new_indicator(*, plan_id: str | None, wish: Wish, tests: Path) -> list[Path]:
    """Append the table to the plan's ``indicators.toml`` and write its test into ``tests``; returns both paths.

    Raises ``NameUnusable``, ``AlreadyThere``, ``WishUnclear``, ``NotInPlan``.
    """
    found = plan(id=plan_id)
    if usable(wish.name) in {indicator.id for indicator in found.indicators}:
        raise AlreadyThere(what=wish.name)
    content = TABLE.format(**_values(found, wish))
    made = write_new({tests / f"test_indicator_{wish.name}.py": TEST.format(id=wish.name, plan=found.id)})
    table = settings().city_dir / "plans" / found.id / "indicators.toml"
    with table.open("a", encoding="utf-8") as file:
        file.write(content)
    return [table, *made]


def _values(found: Plan, wish: Wish) -> dict[str, object]:
    fields = {field.id: field for field in found.fields}
    named = [name for name in (wish.numerator, wish.denominator, wish.field) if name]
    for name in named:
        _known(name, fields)
    _known(wish.goal, [goal.id for goal in found.goals])
    ratio = wish.numerator is not None and wish.denominator is not None and wish.field is None
    if not ratio and (wish.field is None or len(named) != 1):
        raise WishUnclear()
    first = fields[named[0]]
    form = next(form for form in found.forms if form.id == first.form)
    bounded = ratio and first.part_of == wish.denominator
    params = f'numerator = "{wish.numerator}", denominator = "{wish.denominator}", scale = 100'
    return {
        "id": wish.name,
        "goal": wish.goal,
        "order": 1 + max(indicator.order for indicator in found.indicators),
        "target": wish.target,
        "last_year": found.last_year,
        "unit": "%" if ratio else first.unit,
        "limits": "{ min = 0, max = 100 }" if bounded else "{ min = 0 }",
        "frequency": form.frequency,
        "department": form.department,
        "measure": "ratio" if ratio else "reported",
        "params": "{ " + (params if ratio else f'field = "{wish.field}"') + " }",
        "aggregation": "weighted" if ratio else "sum",
        "fill": FILL,
    }


def _known(name: str, among: Collection[str]) -> None:
    if name not in among:
        raise NotInPlan(what=name, known=", ".join(among))
