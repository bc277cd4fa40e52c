"""``dajing new indicator``: one TOML table and its test, no code."""

from __future__ import annotations

import click


@click.command()
@click.argument("name")
@click.option("--goal", required=True, help="Goal that the indicator belongs to.")
@click.option("--numerator", help="Field above the line; with --denominator the measure is ratio, in percent.")
@click.option("--denominator", help="Field below the line.")
@click.option("--field", help="Field reported as it is; the measure is reported and the city's figure the sum.")
@click.option("--target", type=float, required=True, help="Value to reach, in the indicator's unit.")
@click.option("--plan", "plan_id", help="Plan to add it to; by default the city's default plan.")
def indicator(
    name: str,
    goal: str,
    numerator: str | None,
    denominator: str | None,
    field: str | None,
    target: float,
    plan_id: str | None,
) -> None:
    """Append indicator NAME to the plan's indicators.toml, with a test; fields must be asked for already."""
    from dajing.domains.plan.indicator_scaffold import Wish, new_indicator
    from dajing.kernel.scaffold.commands import tell
    from dajing.kernel.scaffold.writing import checkout

    root = checkout()
    tests = root / "src" / "dajing" / "domains" / "plan" / "tests"
    wish = Wish(name=name, goal=goal, numerator=numerator, denominator=denominator, field=field, target=target)
    tell(root=root, paths=new_indicator(plan_id=plan_id, wish=wish, tests=tests))


SCAFFOLDS: list[click.Command] = [indicator]
