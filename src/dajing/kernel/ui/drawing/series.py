"""A series over time as a sparkline or a chart with target line and forecast band."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from dajing.kernel.ui.drawing.scale import Scale, bounds, ticks

Point = tuple[float, float]


class Spark(msgspec.Struct, frozen=True, kw_only=True):
    """A small line: ``path`` breaks where a value is unknown, ``goal`` is the height of the target."""

    width: int
    height: int
    path: str
    goal: float | None
    end: Point | None


class Tick(msgspec.Struct, frozen=True):
    """One mark of an axis."""

    place: float
    label: str


class Dot(msgspec.Struct, frozen=True):
    """One known value with the words that a pointer or a reader hears."""

    x: float
    y: float
    title: str


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """A chart in pixels; the plot is the box ``left, top, right, bottom``."""

    width: int
    height: int
    left: float
    top: float
    right: float
    bottom: float
    path: str
    dots: list[Dot]
    goal: float | None
    band: str
    ahead: str
    columns: list[Tick]
    rows: list[Tick]


class Ahead(msgspec.Struct, frozen=True):
    """One forecast step: the middle and the interval."""

    low: float
    middle: float
    high: float


def line(points: Sequence[Point | None]) -> str:
    """The SVG path through ``points``; None breaks it, so that nothing is drawn where nothing is known."""
    parts, drawing = [], False
    for point in points:
        if point is not None:
            parts.append(f"{'L' if drawing else 'M'}{point[0]:g} {point[1]:g}")
        drawing = point is not None
    return "".join(parts)


def spark(values: Sequence[float | None], *, goal: float | None, width: int = 136, height: int = 32) -> Spark:
    """A sparkline of ``values`` in time order, with the target as a dashed line."""
    known = [v for v in values if v is not None]
    low, high = bounds([*known, *([goal] if goal is not None else [])])
    x = Scale(0, max(len(values) - 1, 1), 2, width - 4)
    y = Scale(low, high, height - 3, 3)
    points = [None if v is None else (x(i), y(v)) for i, v in enumerate(values)]
    drawn = [p for p in points if p is not None]
    return Spark(
        width=width,
        height=height,
        path=line(points),
        goal=None if goal is None else y(goal),
        end=drawn[-1] if drawn else None,
    )


def chart(
    *,
    labels: Sequence[str],
    values: Sequence[float | None],
    titles: Sequence[str],
    goal: float | None,
    ahead: Sequence[Ahead] = (),
    ahead_labels: Sequence[str] = (),
    width: int = 760,
    height: int = 300,
) -> Chart:
    """A chart of ``values`` (one per label, None = unknown) followed by the forecast steps ``ahead``."""
    known = [v for v in values if v is not None]
    edges = [edge for step in ahead for edge in (step.low, step.high)]
    marks = ticks(*bounds([*known, *edges, *([goal] if goal is not None else [])]))
    left, top, right, bottom = 62.0, 14.0, width - 14.0, height - 30.0
    x = Scale(0, max(len(values) + len(ahead) - 1, 1), left, right)
    y = Scale(marks[0], marks[-1], bottom, top)
    points = [None if v is None else (x(i), y(v)) for i, v in enumerate(values)]
    dots = [Dot(p[0], p[1], t) for p, t in zip(points, titles, strict=True) if p is not None]
    band, middle = _forecast(points, ahead, x, y, len(values))
    return Chart(
        width=width,
        height=height,
        left=left,
        top=top,
        right=right,
        bottom=bottom,
        path=line(points),
        dots=dots,
        goal=None if goal is None else y(goal),
        band=band,
        ahead=middle,
        columns=_columns([*labels, *ahead_labels], x),
        rows=[Tick(y(mark), f"{mark:,.10g}") for mark in marks],
    )


def _forecast(
    points: Sequence[Point | None], ahead: Sequence[Ahead], x: Scale, y: Scale, offset: int
) -> tuple[str, str]:
    if not ahead:
        return "", ""
    last = next((p for p in reversed(points) if p is not None), None)
    steps = [x(offset + i) for i in range(len(ahead))]
    start = [last] if last else []
    upper = [*start, *((at, y(step.high)) for at, step in zip(steps, ahead, strict=True))]
    lower = [(at, y(step.low)) for at, step in zip(steps, ahead, strict=True)]
    middle = [*start, *((at, y(step.middle)) for at, step in zip(steps, ahead, strict=True))]
    return line([*upper, *reversed(lower)]) + "Z", line(middle)


def _columns(labels: Sequence[str], x: Scale) -> list[Tick]:
    """At most eight labels, evenly thinned."""
    step = max(1, -(-len(labels) // 8))
    return [Tick(x(i), label) for i, label in enumerate(labels) if i % step == 0]
