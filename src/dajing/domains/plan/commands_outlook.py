"""``dajing plan forecast`` and ``evaluate``: will it be met, was it met."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from dajing.domains.plan.commands_readings import SYNTHETIC, TONES, asked, emit, figure, moment_of, show, table, word
from dajing.kernel.units import unit_name

if TYPE_CHECKING:
    from dajing.domains.plan.evaluation.structs import Evaluation
    from dajing.domains.plan.forecast.structs import Forecast
    from dajing.domains.plan.pack import Plan


@click.command()
@click.argument("indicator", required=False)
@asked
def forecast(indicator: str | None, plan_id: str | None, moment: str, as_json: bool, language: str) -> None:
    """Will the target be met: forecast, interval, probability, and how well the method did in a back-test."""
    from rich.progress import track

    from dajing.domains.plan.forecast.service import forecast as made
    from dajing.domains.plan.loading import plan

    chosen = plan(id=plan_id)
    ids = [indicator] if indicator else [i.id for i in chosen.indicators]
    shown = ids if as_json else track(ids, description="…", transient=True)
    found = [made(plan=chosen, indicator=id, as_of=moment_of(moment)) for id in shown]
    if as_json:
        emit(found)
        return
    show(_forecasts(chosen, found, language))
    if indicator and found[0].ahead:
        show(_path(found[0]))


def _forecasts(plan: Plan, found: list[Forecast], language: str) -> Any:
    heads = (
        ("指标", "起点", "方法", "到期预测", "80% 区间", "达标概率", "回测 MAE（对比末值）")
        if language == "zh"
        else ("indicator", "from", "method", "at the deadline", "80 % interval", "chance", "back-test MAE (last value)")
    )
    from dajing.domains.plan.readings.rules import chance_of

    made = table(*heads)
    indicators = {i.id: i for i in plan.indicators}
    for item in found:
        indicator = indicators[item.indicator]
        title = indicator.title.render(language=language)
        if item.method is None:
            why = item.reason.render(language=language) if item.reason else ""
            made.add_row(title, item.origin or "—", "—", why, "", "—", "")
            continue
        end, scores = item.ahead[-1], {score.method: score for score in item.scores}
        best, last = scores[item.method], scores["last"]
        made.add_row(
            title,
            item.origin or "—",
            f"{item.method} ({item.transform})",
            f"{figure(end.value, indicator.decimals, unit_name(indicator.unit, language=language))} ({end.period})",
            f"{end.low80:.{indicator.decimals}f} – {end.high80:.{indicator.decimals}f}",
            chance_of(item.probability or 0.0),
            f"{best.mae:.3g} ({last.mae:.3g})",
        )
    return made


def _path(found: Forecast) -> Any:
    made = table("period", "forecast", "80 %", "95 %")
    for ahead in found.ahead:
        made.add_row(
            ahead.period,
            f"{ahead.value:.4g}",
            f"{ahead.low80:.4g} – {ahead.high80:.4g}",
            f"{ahead.low95:.4g} – {ahead.high95:.4g}",
        )
    return made


@click.command()
@click.option("--vintage", default="", help="The day whose knowledge decides, for example 2021-06-30; by default now.")
@click.option("--plan", "plan_id", default=None, help="Plan id; by default the city's default plan.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language shown.")
@click.option("--freeze", is_flag=True, help="Seal the result for good, with an entry in the ledger.")
def evaluate(vintage: str, plan_id: str | None, as_json: bool, language: str, freeze: bool) -> None:
    """Final evaluation: was each target met, when first, and what is carried into the next plan."""
    from dajing.domains.plan.evaluation.service import evaluate as made
    from dajing.domains.plan.evaluation.service import freeze as sealed
    from dajing.domains.plan.loading import plan
    from dajing.kernel.identity.actor import Actor

    at, chosen = datetime.now(UTC), plan(id=plan_id)
    day = moment_of(vintage) or at
    if freeze:
        console = Actor(id="system:console", name="console", roles=frozenset({"plan.officer"}))
        found = sealed(plan=chosen, vintage=day, by=console, at=at)
    else:
        found = made(plan=chosen, vintage=day, at=at)
    if as_json:
        emit(found)
        return
    show(_evaluation(found, language))
    show(f"SHA-256 {found.digest}" + (f" · ledger {found.entry}" if found.entry else ""))
    if found.synthetic:
        show(SYNTHETIC.render(language=language))


def _evaluation(found: Evaluation, language: str) -> Any:
    heads = ("指标", "目标", "到期值", "结论", "首次达到", "转入下一规划") if language == "zh" else (
        "indicator", "target", "at the deadline", "result", "first met", "carried over",
    )  # fmt: skip
    made = table(*heads, title=f"{found.plan} @ {found.vintage:%Y-%m-%d}")
    for line in found.lines:
        tone = TONES[line.status]
        carried = "; ".join(f"{c.to_plan}/{c.to_indicator or '—'} ({c.relation})" for c in line.carried)
        sign = {("up", True): ">", ("up", False): "≥", ("down", True): "<", ("down", False): "≤"}
        made.add_row(
            line.title.render(language=language),
            f"{sign[line.direction, line.strict]} {line.target:g} {unit_name(line.unit, language=language)}",
            f"{figure(line.value, 2, unit_name(line.unit, language=language))} ({line.period})",
            f"[{tone}]{word(line.status, language)}[/{tone}]",
            line.first_met or "—",
            carried or "—",
        )
    return made
