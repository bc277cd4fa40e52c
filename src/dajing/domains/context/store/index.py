"""Which index rows an entity has: its attributes, numbers, words, times and cells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dajing.domains.context.ngsi import plain
from dajing.domains.context.ngsi.geometry import bounds
from dajing.domains.context.ngsi.query import reached
from dajing.domains.context.ngsi.terms import double

type Json = dict[str, Any]
type Row = tuple[str, str, Any]

CELLS = 64  # cells per degree: about 1.7 km from south to north
LARGE = -1  # stands for "covers more than MOST cells": always a candidate
MOST = 16
SAFE = 2**53  # whole numbers beyond it are not exact in an index of doubles
WORD = 200  # longer texts are found by their first characters


def rows(*, iri: str, instances: list[Json]) -> Iterator[Row]:
    """(table, attribute, value) of one attribute."""
    yield "has", iri, None
    positions: dict[int, tuple[float, float] | None] = {}
    for instance in instances:
        if instance["type"] == "GeoProperty":
            for cell, position in _positions(instance.get("value")):
                # one row stands for a cell: where several instances share it, the document decides
                positions[cell] = None if cell in positions else position
            continue
        for part in reached(instance=instance):
            if isinstance(part, bool):
                continue
            if isinstance(part, int | float):
                yield from _number(iri, part)
            elif isinstance(part, str):
                yield "word", iri, part[:WORD]
    for cell, position in positions.items():
        yield "cell", iri, (cell, *(position or (None, None)))


def content_row(*, record: plain.Instance) -> tuple[str, tuple[Any, ...]] | None:
    """The one row (table, values) of a plain attribute beside that of its name; None for a truth value."""
    content = record.value
    if isinstance(content, bool):
        return None
    if isinstance(content, str):
        return "word", (content[:WORD],)
    if isinstance(content, int | float):
        return "number", (double(content),)
    east, north = content.coordinates
    return "cell", (cell_of(longitude=east, latitude=north), float(east), float(north))


def _positions(value: Any) -> Iterator[tuple[int, tuple[float, float] | None]]:
    """Cell and position of a point, which its distance is computed from; the cells alone of anything larger."""
    if value["type"] == "Point":
        east, north = value["coordinates"][:2]
        yield cell_of(longitude=east, latitude=north), (float(east), float(north))
        return
    for cell in cells(box=bounds(value)):
        yield cell, None


def _number(iri: str, value: float) -> Iterator[Row]:
    yield "number", iri, double(value)


def cell_of(*, longitude: float, latitude: float) -> int:
    """The cell of a position: rows from south, columns from west."""
    row = min(int((latitude + 90) * CELLS), 180 * CELLS - 1)
    column = min(int((longitude + 180) * CELLS), 360 * CELLS - 1)
    return max(row, 0) * 360 * CELLS + max(column, 0)


def cells(*, box: tuple[float, float, float, float]) -> list[int]:
    """Every cell that a box touches, or ``LARGE`` alone."""
    first = cell_of(longitude=box[0], latitude=box[1])
    last = cell_of(longitude=box[2], latitude=box[3])
    width = last % (360 * CELLS) - first % (360 * CELLS) + 1
    height = last // (360 * CELLS) - first // (360 * CELLS) + 1
    if width * height > MOST:
        return [LARGE]
    return [first + row * 360 * CELLS + column for row in range(height) for column in range(width)]


def spans(*, box: tuple[float, float, float, float]) -> list[tuple[int, int]]:
    """Ranges of cells that cover a box, at most 64; a taller box is one range of whole rows."""
    west, south, east, north = max(box[0], -180), max(box[1], -90), min(box[2], 180), min(box[3], 90)
    first, last = cell_of(longitude=west, latitude=south), cell_of(longitude=east, latitude=north)
    per_row = 360 * CELLS
    low, high = first // per_row, last // per_row
    crosses = box[0] < -180 or box[2] > 180
    if high - low >= 64 or crosses:
        return [(low * per_row, (high + 1) * per_row - 1)]
    return [(row * per_row + first % per_row, row * per_row + last % per_row) for row in range(low, high + 1)]
