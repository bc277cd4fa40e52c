"""``dajing plan status``, ``explain``, ``gap``, ``snapshot``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from dajing.kernel.text import Text

if TYPE_CHECKING:
    from dajing.domains.plan.pack import Plan
    from dajing.domains.plan.readings.structs import Explanation, IndicatorReading, SnapshotInfo

SYNTHETIC = Text(zh="含合成数据，仅供演示", en="contains synthetic data: demonstration only")
TONES = {
    "met": "green",
    "on_track": "green",
    "at_risk": "yellow",
    "behind": "red",
    "missed": "red",
    "unknown": "dim",
    "not_measurable": "dim",
}


def asked(command: Callable[..., None]) -> Callable[..., None]:
    """The options that every reading command has."""
    options = (
        click.option("--plan", "plan_id", default=None, help="Plan id; by default the city's default plan."),
        click.option("--as-of", "moment", default="", help="What was known then, for example 2018-06-30."),
        click.option("--json", "as_json", is_flag=True, help="Machine-readable."),
        click.option(
            "--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language shown."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def moment_of(text: str) -> datetime | None:
    """``--as-of`` as an instant: a day means its end. Raises ``UnableToReadMoment``."""
    from dajing.kernel.ui.moment import read_as_of

    return read_as_of(text).moment


def emit(value: Any) -> None:
    """Print a structure as JSON."""
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=1).decode())


def table(*headings: str, title: str = "") -> Any:
    """A table for the terminal."""
    from rich.table import Table

    made = Table(title=title or None, title_justify="left", show_lines=True)
    for heading in headings:
        made.add_column(heading, overflow="fold")
    return made


def show(*parts: Any) -> None:
    """Print tables and lines."""
    from rich.console import Console

    console = Console()
    for part in parts:
        console.print(part, highlight=False, markup=not isinstance(part, str))


def figure(value: float | None, decimals: int, unit: str) -> str:
    """A value with its unit; an unknown one is a dash."""
    return "—" if value is None else f"{value:,.{decimals}f}{'' if unit == '%' else ' '}{unit}"


def foot(info: SnapshotInfo, language: str) -> list[str]:
    """What state is shown, and whether anything in it is synthetic."""
    from django.utils import timezone

    at, known = timezone.localtime(info.computed_at), info.watermark and timezone.localtime(info.watermark)
    last = f"{known:%Y-%m-%d %H:%M}" if known else "—"
    line = Text(
        zh=f"计算于 {at:%Y-%m-%d %H:%M}；最近一条依据 {last}", en=f"computed {at:%Y-%m-%d %H:%M}; newest record {last}"
    )
    return [line.render(language=language), *([SYNTHETIC.render(language=language)] if info.synthetic else [])]


@click.command()
@asked
@click.option("--area", default=None, help="A unit's code; by default the city.")
def status(plan_id: str | None, moment: str, as_json: bool, language: str, area: str | None) -> None:
    """Where every target stands: value, target, status and the reason."""
    from dajing.domains.plan.loading import plan
    from dajing.domains.plan.readings.api import readings
    from dajing.domains.plan.readings.api import snapshot as stored
    from dajing.kernel.areas.api import area as area_of

    chosen = plan(id=plan_id)
    place = area_of(area or chosen.area)
    info = stored(plan=chosen, as_of=moment_of(moment))
    found = {r.indicator: r for r in readings(snapshot=info, areas=[place.code], latest=True)}
    if as_json:
        emit({"plan": chosen.id, "area": place.code, "snapshot": info, "readings": list(found.values())})
        return
    show(_status_table(chosen, found, place.name, language), *foot(info, language))


def _status_table(plan: Plan, found: dict[str, IndicatorReading], name: Text, language: str) -> Any:
    zh = language == "zh"
    heads = ("指标", "报告期", "读数", "目标", "状态", "理由") if zh else (
        "indicator", "period", "reading", "target", "status", "reason",
    )  # fmt: skip
    made = table(*heads, title=f"{plan.title.render(language=language)} · {name.render(language=language)}")
    for indicator in plan.indicators:
        reading = found.get(indicator.id)
        sign = (">" if indicator.target.strict else "≥") if indicator.direction == "up" else (
            "<" if indicator.target.strict else "≤"
        )  # fmt: skip
        target = f"{sign} {indicator.target.value:g}{'' if indicator.unit == '%' else ' '}{indicator.unit}"
        title = f"{indicator.title.render(language=language)}\n[dim]{indicator.id}[/dim]"
        if reading is None or reading.status is None:
            made.add_row(title, "—", "—", target, "unknown", "无数据" if zh else "no data")
            continue
        shown = figure(reading.reading.value, indicator.decimals, indicator.unit)
        why = reading.status_reason.render(language=language) if reading.status_reason else ""
        if reading.reading.reason is not None:
            why = f"{why}\n{reading.reading.reason.render(language=language)}"
        tone = TONES[reading.status]
        made.add_row(
            title, reading.reading.period, shown, target, f"[{tone}]{word(reading.status, language)}[/{tone}]", why
        )
    return made


def word(status: str, language: str) -> str:
    """The status in words."""
    from dajing.domains.plan.board.words import word as named

    return named(status).render(language=language)


@click.command()
@click.argument("indicator")
@click.option("--area", required=True, help="Code of the city or of a reporting unit.")
@click.option("--period", required=True, help="For example 2018-06, 2018-Q2, 2018.")
@click.option(
    "--variant",
    type=click.Choice(["official", "weighted", "companion", "predicted"]),
    default="official",
    show_default=True,
    help="Which of the indicator's figures.",
)
@asked
def explain(
    indicator: str, area: str, period: str, variant: Any, plan_id: str | None, moment: str, as_json: bool, language: str
) -> None:
    """What is behind one reading: its records, formula, version, and whether the evidence still holds."""
    from dajing.domains.plan.loading import plan
    from dajing.domains.plan.readings.api import explain as told

    chosen = plan(id=plan_id)
    found = told(plan=chosen, indicator=indicator, area=area, period=period, as_of=moment_of(moment), variant=variant)
    if as_json:
        emit(found)
        return
    reading, zh = found.reading.reading, language == "zh"
    unit = next(i for i in chosen.indicators if i.id == indicator)
    heads = ("单位", "填报项", "数值", "修订", "何时得知", "记录") if zh else (
        "unit", "field", "value", "revision", "known at", "record",
    )  # fmt: skip
    rows = table(*heads)
    for row in found.rows:
        value = "—" if row.value is None else f"{row.value:,.12g} {row.unit}"
        rows.add_row(
            row.area, row.title.render(language=language), value, str(row.revision), f"{row.known_at:%Y-%m-%d %H:%M}Z",
            row.record_id,
        )  # fmt: skip
    words = [
        ("读数", "reading", figure(reading.value, unit.decimals, unit.unit)),
        ("原因", "because", reading.reason.render(language=language) if reading.reason else ""),
        ("原文", "the plan's words", found.quote),
        ("口径", "definition", f"{found.definition.render(language=language)} ({found.definition_status})"),
        ("公式", "formula", found.formula.render(language=language)),
        ("方法", "method", f"{reading.method} v{reading.version}"),
        ("性质", "kind", str(reading.kind or "—")),
        ("完整度", "completeness", f"{reading.completeness:.1%}"),
        ("证据", "evidence", _evidence(found)),
        ("缺", "missing", "; ".join(m.render(language=language) for m in found.missing)),
    ]
    show(*(f"{zh_ if zh else en}: {text}" for zh_, en, text in words if text), rows)


def _evidence(found: Explanation) -> str:
    """The digest and whether the records still give it; nothing to verify without records."""
    if not any(row.value is not None for row in found.rows):
        return "—"
    return f"{found.reading.reading.evidence} {'✓' if found.verified else '✗'}"


@click.command()
@click.argument("indicator")
@click.option("--period", default=None, help="By default the one that the board shows.")
@click.option(
    "--to", type=click.Choice(["target", "path"]), default="target", show_default=True, help="What the gap is to."
)
@asked
def gap(
    indicator: str, period: str | None, to: Any, plan_id: str | None, moment: str, as_json: bool, language: str
) -> None:
    """The city's gap, split by unit, the greatest first."""
    from dajing.domains.plan.loading import plan
    from dajing.domains.plan.readings.gaps import gap_of
    from dajing.kernel.areas.api import area as area_of

    found = gap_of(plan=plan(id=plan_id), indicator=indicator, period=period, as_of=moment_of(moment), to=to)
    if as_json:
        emit(found)
        return
    zh = language == "zh"
    heads = ("序", "单位", "份额", "占比", "说明") if zh else ("rank", "unit", "share", "of the gap", "note")
    made = table(*heads, title=f"{indicator} {found.period}: {found.towards:g} − {found.value:g} = {found.gap:.6g}")
    for line in found.lines:
        name = area_of(line.area).name.render(language=language) if line.area else "—"
        made.add_row(
            str(line.rank or "—"),
            name,
            "—" if line.share is None else f"{line.share:+.4f} {found.unit}",
            "—" if line.of_gap is None else f"{line.of_gap:.1%}",
            line.note.render(language=language) if line.note else "",
        )
    show(made)


@click.command()
@click.option("--plan", "plan_id", default=None, help="Plan id; by default the city's default plan.")
def snapshot(plan_id: str | None) -> None:
    """Compute the latest state now instead of waiting for the job."""
    from dajing.domains.plan.loading import plan
    from dajing.domains.plan.readings.api import refresh

    chosen = plan(id=plan_id)
    found = refresh(plan=chosen, as_of=None, at=datetime.now(UTC))
    show(*foot(found, "zh"), *foot(found, "en"))
