"""Words and tones of statuses, kinds and definition states: one place, so that pages and files say the same."""

from __future__ import annotations

from dajing.kernel.text import Text

STATUSES: dict[str, tuple[str, Text]] = {
    "met": ("good", Text(zh="已达标", en="Met")),
    "on_track": ("steady", Text(zh="进度正常", en="On track")),
    "at_risk": ("watch", Text(zh="有风险", en="At risk")),
    "behind": ("bad", Text(zh="滞后", en="Behind")),
    "missed": ("lost", Text(zh="未完成", en="Missed")),
    "unknown": ("unknown", Text(zh="数据不足", en="Unknown")),
    "not_measurable": ("none", Text(zh="暂不可测", en="Not measurable")),
}
KINDS: dict[str, Text] = {
    "measured": Text(zh="实测", en="measured"),
    "reported": Text(zh="填报", en="reported"),
    "estimated": Text(zh="估计", en="estimated"),
    "synthetic": Text(zh="模拟", en="synthetic"),
}
DEFINITIONS: dict[str, Text] = {
    "official": Text(zh="官方口径", en="official definition"),
    "inferred": Text(zh="推定口径，待确认", en="inferred definition, to be confirmed"),
    "confirmed": Text(zh="已确认口径", en="confirmed definition"),
}
FREQUENCIES: dict[str, Text] = {
    "month": Text(zh="按月", en="monthly"),
    "quarter": Text(zh="按季", en="quarterly"),
    "year": Text(zh="按年", en="yearly"),
}
WATERMARK = Text(zh="演示数据，全部为模拟生成", en="Demo: all data synthetic")


def tone(status: str) -> str:
    """The tone of a status mark."""
    return STATUSES[status][0]


def word(status: str) -> Text:
    """The word of a status mark."""
    return STATUSES[status][1]


METHODS = {
    "damped": Text(zh="阻尼趋势指数平滑", en="Damped-trend exponential smoothing"),
    "drift": Text(zh="平均增量外推", en="Drift (mean step carried on)"),
    "last": Text(zh="沿用上期值", en="Last value"),
}
