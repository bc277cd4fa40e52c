"""The table of what will be, while the plan runs, or of what was, after it: the same in every file format."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from dajing.domains.plan.board.words import METHODS, word
from dajing.domains.plan.exports.report import UNKNOWN, Report, target
from dajing.domains.plan.pack import Indicator
from dajing.kernel.clocks.api import day_of
from dajing.kernel.text import Text

FORECAST = Text(zh="能否完成", en="Will it be met")
FORECAST_HEADS = (
    Text(zh="指标", en="Indicator"),
    Text(zh="目标", en="Target"),
    Text(zh="到期预计", en="At the deadline"),
    Text(zh="80% 区间", en="80 % interval"),
    Text(zh="达标概率", en="Chance"),
    Text(zh="方法（回测误差／沿用上期值）", en="Method (back-test error / last value)"),
)
FORECAST_NOTE = Text(
    zh="预测由模型估计，只依据历史数据，看不到尚未开始的饱和。",
    en="Forecasts are estimates of a model from past figures alone; they do not see a saturation that has not begun.",
)
EVALUATION = Text(zh="终期评估", en="Final evaluation")
EVALUATION_HEADS = (
    Text(zh="指标", en="Indicator"),
    Text(zh="目标", en="Target"),
    Text(zh="到期值", en="At the deadline"),
    Text(zh="时期", en="Period"),
    Text(zh="结论", en="Result"),
    Text(zh="首次达到", en="First met"),
)
SEALED = Text(
    zh="以{day}已知的数据为准，存证第 {entry} 条，SHA-256 {digest}。",
    en="By what was known on {day}; entry {entry} of the ledger, SHA-256 {digest}.",
)
OPEN = Text(
    zh="以{day}已知的数据为准；尚未封存，报表修订后会变。",
    en="By what was known on {day}; not sealed, so that a revised report may change it.",
)


LATE = Text(zh="逾期督办事项", en="Late actions")
LATE_HEADS = (
    Text(zh="事项", en="Action"),
    Text(zh="区域", en="Area"),
    Text(zh="责任单位", en="Owner"),
    Text(zh="办结期限", en="Last day"),
    Text(zh="逾期天数", en="Days late"),
    Text(zh="环节", en="Stage"),
)
LATE_NOTE = Text(
    zh="只列出制表人有权查看的在办事项；逾期天数按自然日计。",
    en="Open actions that the writer may read; days late are calendar days.",
)


class Outcome(msgspec.Struct, frozen=True):
    """One table in words of the report's language."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str


def tables(report: Report) -> list[Outcome]:
    """What will be or was, and the actions that are late; those that hold nothing are left out."""
    late = _made(report, LATE, LATE_HEADS, _late(report), report.say(LATE_NOTE)) if report.late else None
    return [found for found in (outcome(report), late) if found is not None]


def _late(report: Report) -> Iterator[tuple[str, ...]]:
    for line in report.late:
        area, owner = report.names.get(line.state.area), line.owner
        yield (
            line.state.title,
            report.say(area) if area else line.state.area,
            report.say(owner) if isinstance(owner, Text) else owner,
            str(line.state.fields["until"]),
            str((day_of(report.at) - day_of(line.due)).days + 1),
            report.say(line.stage),
        )


def outcome(report: Report) -> Outcome | None:
    """The final evaluation, else the forecasts; None where neither is known."""
    if report.evaluation is not None:
        return _made(report, EVALUATION, EVALUATION_HEADS, _evaluated(report), _vintage(report))
    if report.forecasts:
        return _made(report, FORECAST, FORECAST_HEADS, _ahead(report), report.say(FORECAST_NOTE))
    return None


def _made(report: Report, title: Text, heads: tuple[Text, ...], rows: Iterator[tuple[str, ...]], note: str) -> Outcome:
    return Outcome(report.say(title), tuple(report.say(head) for head in heads), tuple(rows), note)


def _vintage(report: Report) -> str:
    found = report.evaluation
    assert found is not None  # noqa: S101 - asked only where there is one
    text = SEALED if found.entry is not None else OPEN
    return report.say(text.format(day=report.day(found.vintage), entry=found.entry, digest=found.digest))


def _evaluated(report: Report) -> Iterator[tuple[str, ...]]:
    indicators = {i.id: i for i in report.board.plan.indicators}
    for line in report.evaluation.lines if report.evaluation else ():
        indicator = indicators[line.indicator]
        yield (
            report.say(line.title),
            target(indicator, language=report.language),
            _figure(line.value, indicator, report),
            line.period,
            report.say(word(str(line.status))),
            line.first_met or "—",
        )


def _ahead(report: Report) -> Iterator[tuple[str, ...]]:
    indicators = {i.id: i for i in report.board.plan.indicators}
    for found in report.forecasts:
        indicator = indicators[found.indicator]
        lead = (report.say(indicator.title), target(indicator, language=report.language))
        if found.method is None:
            yield (*lead, "—", "—", "—", report.say(found.reason) if found.reason else "")
            continue
        last, mae = found.ahead[-1], {score.method: score.mae for score in found.scores}
        yield (
            *lead,
            f"{_figure(last.value, indicator, report)} ({last.period})",
            f"{last.low80:,.{indicator.decimals}f} – {last.high80:,.{indicator.decimals}f}",
            f"{(found.probability or 0) * 100:.0f}%",
            f"{report.say(METHODS[found.method])} ({mae[found.method]:.3g} / {mae['last']:.3g})",
        )


def _figure(value: float | None, indicator: Indicator, report: Report) -> str:
    return report.say(UNKNOWN) if value is None else f"{value:,.{indicator.decimals}f} {report.unit(indicator)}"
