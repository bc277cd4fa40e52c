"""What the pages of the live city show, gathered without a request."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

import msgspec
from django.utils import timezone

from dajing.domains.context import api
from dajing.domains.context.ngsi.terms import parse_time
from dajing.domains.context.viewing import words
from dajing.kernel.areas.api import Area, units
from dajing.kernel.areas.boundaries import boundaries, may_draw_map
from dajing.kernel.packs.api import city
from dajing.kernel.text import Text
from dajing.kernel.ui.drawing.maps import Drawing, Shape, cartogram, outline, steps
from dajing.kernel.ui.drawing.series import Chart, chart

NOT_REVIEWED = Text(zh="未经审图，仅供演示", en="Boundaries not reviewed (审图号), for demonstration only")
NOT_A_MAP = Text(zh="示意方格，不是地图", en="Schematic squares, not a map")
SPANS = {"24h": timedelta(hours=24), "7d": timedelta(days=7), "all": timedelta(days=36_500)}
POINTS = 300
NAMES = ("name", "stationName", "alternateName")  # attributes that say what an entity is called
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
type History = tuple[Chart | None, list[tuple[datetime, float]]]
NOTHING: History = (None, [])


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """One unit of the cartogram with the number of its entities."""

    shape: Shape
    name: Text
    value: int
    level: int | None

    @property
    def top(self) -> float:
        """Where the words begin."""
        return self.shape.y - 22


class Dot(msgspec.Struct, frozen=True, kw_only=True):
    """One entity on the map."""

    id: str
    x: float
    y: float


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """Entities of a type over the city: squares with counts, or true shapes with points."""

    drawing: Drawing
    marks: list[Mark]
    dots: list[Dot]
    note: Text


def spread(*, kind: str, real: bool) -> Spread:
    """``real`` draws true shapes with the entities on them, which a public page may do only if the map was reviewed."""
    counts = api.by_unit(kind=kind)
    named = {area.code: area for area in units(hierarchy="reporting")}
    polygons = {code: found.polygon for code, found in boundaries().items() if code in named}
    if real:
        placed = api.places(kind=kind)
        drawing = outline(polygons, points={place.id: (place.east, place.north) for place in placed})
        dots = [Dot(id=id, x=x, y=y) for id, (x, y) in drawing.points.items()]
        review = city().map_review
        note = Text(zh=review.number, en=review.number) if review else NOT_REVIEWED
        return Spread(drawing=drawing, marks=_marks(drawing, named, counts), dots=dots, note=note)
    centres = {code: (p.centroid.x, p.centroid.y) for code, p in polygons.items()}
    drawing = cartogram(centres, others=[code for code in named if code not in centres])
    return Spread(drawing=drawing, marks=_marks(drawing, named, counts), dots=[], note=NOT_A_MAP)


def _marks(drawing: Drawing, named: dict[str, Area], counts: dict[str, int]) -> list[Mark]:
    classes = steps([counts.get(shape.code) for shape in drawing.shapes])
    return [
        Mark(
            shape=shape, name=named[shape.code].name, value=counts.get(shape.code, 0),
            level=classes.level(counts.get(shape.code)),
        )
        for shape in drawing.shapes
    ]  # fmt: skip


def may_see_places(*, signed_in: bool) -> bool:
    """Whether true shapes may be drawn for this visitor."""
    return signed_in or may_draw_map()


def shortest(*, id: str, name: str, at: datetime) -> str:
    """The shortest span that holds an observation of an attribute; the longest where none does."""
    return next((span for span in SPANS if api.series(id=id, name=name, since=at - SPANS[span], most=1)), "all")


def history(*, id: str, name: str, span: str, at: datetime) -> History:
    """The chart of one attribute over a span and the values behind it, thinned evenly to ``POINTS``."""
    found = api.series(id=id, name=name, since=at - SPANS[span])
    if len(found) < 2:
        return None, found
    step = -(-len(found) // POINTS)
    shown = found[::step]
    form = "%H:%M" if found[-1][0] - found[0][0] < timedelta(days=2) else "%m-%d"
    local = [timezone.localtime(when) for when, _ in shown]
    drawn = chart(
        labels=[when.strftime(form) for when in local], values=[value for _, value in shown],
        titles=[f"{when:%Y-%m-%d %H:%M} {value:g}" for when, (_, value) in zip(local, shown, strict=True)], goal=None,
    )  # fmt: skip
    return drawn, found


def heading(item: api.Item, area: Any) -> str:
    """What people call an entity: its own name, else its type and unit, else its id in readable letters."""
    said = {reading.name: reading.value for reading in item.readings}
    own = next((said[name] for name in NAMES if isinstance(said.get(name), str) and said[name].strip()), "")
    if own:
        return str(own)
    kind = words.KINDS.get(item.types[0]) if item.types else None
    return f"{kind} · {area}" if kind and area else readable(item.id)


def readable(id: str) -> str:
    """An id with the letters that it encodes; where they are none, as it is."""
    try:
        return unquote(id, errors="strict")
    except UnicodeDecodeError:
        return id


def value(reading: api.Reading) -> str:
    """A present value as people read it, with its unit; a time is local."""
    if reading.number is not None:
        return f"{reading.number:,.10g} {words.unit(reading.unit)}".strip()
    if isinstance(reading.value, str):
        at = parse_time(reading.value) if _TIME.match(reading.value) else None
        return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else reading.value
    return json.dumps(reading.value, ensure_ascii=False)


def rows(readings: tuple[api.Reading, ...]) -> list[tuple[api.Reading, Text, str]]:
    """Readings with their names and values in words."""
    return [(reading, words.attribute(reading.name), value(reading)) for reading in readings]


def codes() -> dict[str, Any]:
    """Names of the reporting units by code."""
    return {area.code: area.name for area in units(hierarchy="reporting")}
