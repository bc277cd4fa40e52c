"""When a target is met, on track, at risk, behind or missed. Pure: no Django, no clock, no I/O.

The status compares the latest reading with the straight path from the first reading to the target at the deadline,
and with the forecast's probability of meeting the target where there is one. A reading decides only where at least
``ENOUGH`` of its usual weight has been reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from dajing.domains.plan.readings.structs import Status
from dajing.kernel.text import Text
from dajing.kernel.units import unit_name

ENOUGH = 0.95  # share of the usual weight that must have reported before a figure decides a status
CLOSE = 0.10  # a shortfall up to this share of the whole way (first reading to target) is "at risk", beyond it "behind"
LIKELY, UNLIKELY = 0.8, 0.2  # probability of meeting the target above or below which the forecast alone decides


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """The target as rules need it: ``deadline`` is the index of the deadline's period."""

    value: float
    strict: bool
    direction: Literal["up", "down"]
    deadline: int
    decimals: int = 1
    unit: str = ""

    def met(self, value: float) -> bool:
        """Whether ``value`` reaches the target; a strict one must be passed."""
        ahead = value - self.value if self.direction == "up" else self.value - value
        return ahead > 0 if self.strict else ahead >= 0

    def shown(self, value: float) -> Text:
        """``value`` with the indicator's decimals and unit; never rounded onto the other side of the target."""
        decimals = self.decimals
        while decimals < 12 and self.met(round(value, decimals)) != self.met(value):
            decimals += 1
        return self.with_unit(f"{value:,.{decimals}f}")

    def with_unit(self, figure: str) -> Text:
        """A figure with the unit in both languages."""
        space = "" if self.unit == "%" else " "
        return Text(zh=f"{figure}{space}{self.unit}", en=f"{figure}{space}{unit_name(self.unit, language='en')}")


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One reading in time: the period's index and name."""

    index: int
    period: str
    value: float | None
    completeness: float = 1.0

    @property
    def decides(self) -> bool:
        """Whether it is known and complete enough to decide a status."""
        return self.value is not None and self.completeness >= ENOUGH


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """A status with its sentence."""

    status: Status
    reason: Text
    required: float | None = None
    first_met: str | None = None


def required(*, goal: Goal, first: Point, index: int) -> float:
    """The path's value at ``index``: straight from the first reading to the target at the deadline, flat beyond it.

    A first reading that already meets the target is required to keep it.
    """
    assert first.value is not None  # noqa: S101 - callers pass a point that decides
    if goal.met(first.value) or index >= goal.deadline or first.index >= goal.deadline:
        return goal.value
    way = (index - first.index) / (goal.deadline - first.index)
    return first.value + (goal.value - first.value) * way


def judge(*, goal: Goal, points: Sequence[Point], at: int, closed: bool, probability: float | None = None) -> Verdict:
    """The status at the point number ``at`` of ``points`` (ordered by index, all periods, unknown ones included).

    ``closed``: the deadline has passed as of the time asked for, so the deadline's period is final.
    ``probability`` of meeting the target is that of the forecast from this very point.
    """
    point = points[at]
    deciding = [p for p in points[: at + 1] if p.decides]
    first_met = next((p.period for p in deciding if p.value is not None and goal.met(p.value)), None)
    if not point.decides or point.value is None:
        return Verdict(status=Status.UNKNOWN, reason=_undecided(point, deciding), first_met=first_met)
    if point.index >= goal.deadline and closed:
        return _final(goal, point.value, point.period, first_met)
    path = required(goal=goal, first=deciding[0], index=point.index)
    if goal.met(point.value):
        now, wanted = goal.shown(point.value), _target(goal)
        reason = Text(
            zh=f"{point.period} 为 {now.zh}，已达目标 {wanted.zh}（{first_met} 首次达到）",
            en=f"{now.en} in {point.period} meets the target {wanted.en} (first in {first_met})",
        )
        return Verdict(status=Status.MET, reason=reason, required=path, first_met=first_met)
    return _running(goal, point, deciding, path, probability, first_met)


def _running(
    goal: Goal, point: Point, deciding: Sequence[Point], path: float, probability: float | None, first_met: str | None
) -> Verdict:
    first = deciding[0]
    assert point.value is not None and first.value is not None  # noqa: S101 - both decide
    if len(deciding) == 1:
        now = goal.shown(point.value)
        reason = Text(
            zh=f"{point.period} 为首个读数（{now.zh}），尚无进度可比",
            en=f"{point.period} is the first reading ({now.en}): there is no progress to compare yet",
        )
        return Verdict(status=Status.UNKNOWN, reason=reason, required=path)
    short = (path - point.value) if goal.direction == "up" else (point.value - path)
    way = abs(goal.value - first.value)
    distance = short / way if way > 0 else (0.0 if short <= 0 else 1.0)
    status = _by_path_and_forecast(distance, probability)
    return Verdict(
        status=status, reason=_sentence(goal, point, path, short, probability), required=path, first_met=first_met
    )


def chance_of(probability: float) -> str:
    """A probability in whole percent; a forecast is never certain."""
    if probability > 0.99:
        return "> 99%"
    return "< 1%" if probability < 0.01 else f"{probability:.0%}"


def _by_path_and_forecast(distance: float, probability: float | None) -> Status:
    """``distance`` is the shortfall as a share of the whole way: at most 0 is ahead of the path."""
    if probability is None:
        return Status.ON_TRACK if distance <= 0 else Status.AT_RISK if distance <= CLOSE else Status.BEHIND
    if probability >= LIKELY:
        return Status.ON_TRACK if distance <= CLOSE else Status.AT_RISK
    if probability < UNLIKELY:
        return Status.AT_RISK if distance <= 0 else Status.BEHIND
    if distance <= 0:
        return Status.ON_TRACK if probability >= 0.5 else Status.AT_RISK
    return Status.AT_RISK if distance <= CLOSE or probability >= 0.5 else Status.BEHIND


def _sentence(goal: Goal, point: Point, path: float, short: float, probability: float | None) -> Text:
    assert point.value is not None  # noqa: S101 - it decides
    digits = f".{max(goal.decimals, 1)}f"
    where = (
        Text(zh=f"低于路径 {short:{digits}}", en=f"{short:{digits}} short of the path")
        if short > 0
        else Text(zh=f"不低于路径（领先 {-short:{digits}}）", en=f"ahead of the path by {-short:{digits}}")
    )
    if goal.direction == "down" and short > 0:
        where = Text(zh=f"高于路径 {short:{digits}}", en=f"{short:{digits}} above the path")
    now, due = goal.shown(point.value), goal.shown(path)
    chance = (
        Text(zh="；尚无预测", en="; no forecast")
        if probability is None
        else Text(zh=f"；预测到期达标概率 {probability:.0%}", en=f"; forecast chance of meeting it {probability:.0%}")
    )
    return Text(
        zh=f"{point.period} 为 {now.zh}，按路径应为 {due.zh}，{where.zh}{chance.zh}",
        en=f"{now.en} in {point.period}, the path asks for {due.en}: {where.en}{chance.en}",
    )


def _undecided(point: Point, deciding: Sequence[Point]) -> Text:
    last = deciding[-1].period if deciding else None
    until = (
        Text(zh="此前没有足够完整的读数", en="no earlier reading is complete enough")
        if last is None
        else Text(zh=f"最近一个可判定的是 {last}", en=f"the last that decides is {last}")
    )
    if point.value is None:
        return Text(zh=f"{point.period} 无读数；{until.zh}", en=f"no reading for {point.period}; {until.en}")
    return Text(
        zh=f"{point.period} 只有 {point.completeness:.0%} 的权重已上报，少于 {ENOUGH:.0%}，不作判定；{until.zh}",
        en=f"only {point.completeness:.0%} of the weight reported for {point.period}, under {ENOUGH:.0%}: "
        f"not judged; {until.en}",
    )


def _target(goal: Goal) -> Text:
    sign = {("up", True): "> ", ("up", False): "≥ ", ("down", True): "< ", ("down", False): "≤ "}
    return goal.with_unit(sign[goal.direction, goal.strict] + f"{goal.value:,g}")


def _final(goal: Goal, value: float, period: str, first_met: str | None) -> Verdict:
    if goal.met(value):
        reason = Text(
            zh=f"到期 {period} 为 {goal.shown(value).zh}，达到目标 {_target(goal).zh}；{first_met} 首次达到",
            en=f"{goal.shown(value).en} at the deadline ({period}) meets {_target(goal).en}; first met in {first_met}",
        )
        return Verdict(status=Status.MET, reason=reason, required=goal.value, first_met=first_met)
    once = (
        Text(zh="从未达到", en="it was never met")
        if first_met is None
        else Text(zh=f"{first_met} 曾达到，其后回落", en=f"it was met in {first_met} and lost again")
    )
    reason = Text(
        zh=f"到期 {period} 为 {goal.shown(value).zh}，未达目标 {_target(goal).zh}；{once.zh}",
        en=f"{goal.shown(value).en} at the deadline ({period}) misses {_target(goal).en}; {once.en}",
    )
    return Verdict(status=Status.MISSED, reason=reason, required=goal.value, first_met=first_met)
