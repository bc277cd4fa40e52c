"""One indicator over the county units: as marks on a map or cartogram, and as rows of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from dajing.domains.plan.board.contents import Figure
from dajing.domains.plan.pack import Indicator
from dajing.kernel.text import Text
from dajing.kernel.ui.drawing.maps import Drawing, Shape, Steps, cartogram, outline, steps

NOT_REVIEWED = Text(zh="未经审图，仅供演示", en="Map not reviewed; for demonstration only")
NOT_A_MAP = Text(
    zh="示意方格图，按大致方位排列，不表示行政界线",
    en="Schematic squares in rough position; they show no boundary",
)


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """One area of the drawing: its figure in words and the class of its colour (None = unknown)."""

    shape: Shape
    code: str
    name: Text
    value: float | None
    level: int | None


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """What the map section shows of one period; ``period`` None means that no period has a known value."""

    indicator: Indicator
    period: str | None
    drawing: Drawing
    marks: list[Mark]
    classes: Steps
    note: Text | str

    @property
    def unknown(self) -> int:
        """How many areas have no known value."""
        return sum(mark.value is None for mark in self.marks)


def spread(
    *,
    indicator: Indicator,
    names: Mapping[str, Text],
    polygons: Mapping[str, Any],
    figures: Sequence[Figure],
    period: str | None,
    real: bool,
    reviewed: str | None,
) -> Spread:
    """The figures of one period by area; ``real`` draws true shapes, which a public page may do only if reviewed.

    ``names`` holds every area that reports; ``polygons`` (WGS-84) those with a territory of their own. ``reviewed`` is
    the map's approval number.
    """
    values = {f.reading.area: f.reading.value for f in figures if f.reading.period == period}
    drawing = outline(polygons) if real and polygons else _squares(names, polygons)
    classes = steps([values.get(shape.code) for shape in drawing.shapes])
    marks = [
        Mark(
            shape=shape,
            code=shape.code,
            name=names[shape.code],
            value=values.get(shape.code),
            level=classes.level(values.get(shape.code)),
        )
        for shape in drawing.shapes
    ]
    note: Text | str = (reviewed or NOT_REVIEWED) if drawing.real else NOT_A_MAP
    return Spread(indicator=indicator, period=period, drawing=drawing, marks=marks, classes=classes, note=note)


def _squares(names: Mapping[str, Text], polygons: Mapping[str, Any]) -> Drawing:
    places = {code: (shape.centroid.x, shape.centroid.y) for code, shape in polygons.items() if code in names}
    return cartogram(places, others=[code for code in names if code not in places])
