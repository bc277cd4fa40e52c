"""From a series of readings to a forecast: filling, transform, choice of the method by back-test, probability. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Literal

import msgspec

from dajing.domains.plan import periods
from dajing.domains.plan.forecast.models import Path, path
from dajing.domains.plan.forecast.structs import Ahead, Forecast, Method, Score
from dajing.domains.plan.readings.rules import Goal, Point
from dajing.kernel.text import Text

LEAST = {"month": 18, "quarter": 8, "year": 5}  # observations below which nothing is forecast
GAPS = 0.25  # share of periods inside the series that may be missing
STALE = 3  # periods since the last reading after which a forecast would start from too far back
ORIGINS = 12  # back-test origins, evenly spaced over the second half of the series
MARGIN = 0.02  # a target nearer than this share of the range to its bound is not forecast on the logit scale
SURE = 1e-9  # a claimed standard deviation below this says nothing about how sure the method is
METHODS: tuple[Method, ...] = ("damped", "drift", "last")
INTERVALS = (0.025, 0.1, 0.5, 0.9, 0.975)

Transform = Literal["none", "logit", "log"]


class Scale(msgspec.Struct, frozen=True):
    """The scale on which a series is forecast, and back."""

    name: Transform
    low: float = 0.0
    high: float = 1.0

    def to(self, value: float) -> float:
        """Onto the scale; values at a bound are drawn inside by a ten-thousandth of the range."""
        if self.name == "logit":
            inside = min(max((value - self.low) / (self.high - self.low), 1e-4), 1 - 1e-4)
            return math.log(inside / (1 - inside))
        return math.log(max(value, 1e-9)) if self.name == "log" else value

    def back(self, value: float) -> float:
        """Back from the scale."""
        if self.name == "logit":
            return self.low + (self.high - self.low) / (1 + math.exp(-value))
        return math.exp(value) if self.name == "log" else value


def scale_of(*, low: float | None, high: float | None, target: float, percent: bool, values: Sequence[float]) -> Scale:
    """A share strictly inside its bounds moves on the logit, a positive amount on the logarithm, all else as it is.

    A share whose target is the bound itself (100 %) is forecast untransformed: on the logit the bound is infinitely
    far away, so that it could never be reached.
    """
    if percent and low is not None and high is not None:
        inside = low + MARGIN * (high - low) <= target <= high - MARGIN * (high - low)
        return Scale("logit", low, high) if inside else Scale("none")
    return Scale("log") if values and min(values) > 0 else Scale("none")


def forecast(
    *,
    indicator: str,
    points: Sequence[Point],
    goal: Goal,
    frequency: periods.Frequency,
    limits: tuple[float | None, float | None],
) -> Forecast:
    """The forecast from the last reading that decides to the deadline's period."""
    known = [p for p in points if p.decides and p.index <= goal.deadline]
    reason = _refused(points, known, goal, frequency)
    if reason is not None:
        return Forecast(
            indicator=indicator, method=None, transform="none", reason=reason, observations=len(known),
            origin=known[-1].period if known else None,
        )  # fmt: skip
    values, filled = fill(known=known)
    low, high = limits
    scale = scale_of(low=low, high=high, target=goal.value, percent=goal.unit == "%", values=values)
    steps = goal.deadline - known[-1].index
    scores = back_test(values=values, scale=scale, horizon=min(steps, max(1, len(values) // 2)))
    best = min(scores, key=lambda score: (score.mae, METHODS.index(score.method)))
    made = path(method=best.method, series=[scale.to(v) for v in values], steps=steps)
    made = made.widened(factor=max(1.0, best.spread))
    over = made.beyond(step=steps - 1, value=scale.to(goal.value))
    clip = _clip(low, high)
    return Forecast(
        indicator=indicator,
        method=best.method,
        transform=scale.name,
        origin=known[-1].period,
        observations=len(known),
        filled=filled,
        probability=over if goal.direction == "up" else 1 - over,
        ahead=tuple(
            _ahead(made, step, periods.written(known[-1].index + step + 1, frequency), scale, clip)
            for step in range(steps)
        ),
        scores=tuple(scores),
        better=best.mae < next(s.mae for s in scores if s.method == "last"),
    )


def _refused(points: Sequence[Point], known: Sequence[Point], goal: Goal, frequency: periods.Frequency) -> Text | None:
    """Why there is no forecast."""
    least = LEAST[frequency]
    if len(known) < least:
        return Text(
            zh=f"数据太少：只有 {len(known)} 期可用读数，至少需要 {least} 期",
            en=f"too little data: {len(known)} usable readings, at least {least} are needed",
        )
    if known[-1].index >= goal.deadline:
        return Text(zh="已到期，不再预测，请看终期评估", en="the deadline has been reached: see the final evaluation")
    if points[-1].index - known[-1].index > STALE:
        return Text(
            zh=f"最近一期可用读数是 {known[-1].period}，已过 {STALE} 期以上",
            en=f"the last usable reading is {known[-1].period}, more than {STALE} periods ago",
        )
    span = known[-1].index - known[0].index + 1
    if (span - len(known)) / span > GAPS:
        return Text(
            zh=f"序列缺失过多：{span} 期中缺 {span - len(known)} 期",
            en=f"too many gaps: {span - len(known)} of {span} periods are missing",
        )
    return None


def fill(*, known: Sequence[Point]) -> tuple[list[float], int]:
    """The values of every period from first to last, missing ones on a straight line; and how many those are."""
    values: list[float] = []
    for before, after in zip(known, known[1:], strict=False):
        assert before.value is not None and after.value is not None  # noqa: S101 - both decide
        step = (after.value - before.value) / (after.index - before.index)
        values += [before.value + step * n for n in range(after.index - before.index)]
    assert known[-1].value is not None  # noqa: S101
    values.append(known[-1].value)
    return values, len(values) - len(known)


def back_test(*, values: Sequence[float], scale: Scale, horizon: int) -> list[Score]:
    """Rolling origins over the second half: each method sees only what came before each origin.

    Errors are on the indicator's own scale, so that methods are compared by what people read. The horizon is as long as
    the series allows, because a method that is good one month ahead may be far off at the deadline.
    """
    first = max(len(values) // 2, 4)
    latest = len(values) - 1
    origins = sorted({first + round(n * (latest - first) / (ORIGINS - 1)) for n in range(ORIGINS)})
    moved = [scale.to(v) for v in values]
    naive = fmean(abs(b - a) for a, b in zip(values, values[1:], strict=False))
    scores = []
    for method in METHODS:
        errors: list[float] = []
        surprises: list[float] = []
        for origin in origins:
            steps = min(horizon, len(values) - origin)
            made = path(method=method, series=moved[:origin], steps=steps)
            errors += [abs(scale.back(made.means[h]) - values[origin + h]) for h in range(steps)]
            surprises += [
                (made.means[h] - moved[origin + h]) / made.spreads[h] for h in range(steps) if made.spreads[h] > SURE
            ]
        mae = fmean(errors)
        spread = math.sqrt(fmean(z * z for z in surprises)) if surprises else 1.0
        mase = mae / naive if naive else None
        scores.append(Score(method=method, mae=mae, mase=mase, errors=len(errors), horizon=horizon, spread=spread))
    return scores


def _clip(low: float | None, high: float | None) -> Callable[[float], float]:
    return lambda value: max(low if low is not None else value, min(high if high is not None else value, value))


def _ahead(made: Path, step: int, period: str, scale: Scale, clip: Callable[[float], float]) -> Ahead:
    low95, low80, middle, high80, high95 = (
        clip(scale.back(made.quantile(step=step, share=share))) for share in INTERVALS
    )
    return Ahead(period=period, value=middle, low80=low80, high80=high80, low95=low95, high95=high95)
