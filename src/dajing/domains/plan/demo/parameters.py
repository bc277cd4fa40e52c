"""``demo/plan.toml`` of a city pack: everything the simulated reports are made of."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import Any, Literal

import msgspec

from dajing.domains.plan.pack import Plan
from dajing.kernel.packs.problem import Problems
from dajing.kernel.packs.references import known
from dajing.kernel.packs.toml import Entry, TomlFile
from dajing.kernel.text import Text

DRIVERS = ("population", "urban", "rural", "households", "urban_households", "rural_households", "unit")


class Series(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one field develops: ``of`` (people, households, or another field) times a logistic rate.

    The rate rises from ``low`` to ``high``, half way ``middle`` years after 1 January 2015, by ``steepness`` a year.
    Each unit follows ``lag`` years (standard deviation) earlier or later and ends ``ragged`` (share of the rise, mean)
    below ``high``. ``noise`` is the relative month-to-month scatter, ``growth`` a yearly relative drift.
    """

    field: str
    of: str
    low: float
    high: float
    middle: float = 2.5
    steepness: float = 1.0
    lag: float = 0.0
    ragged: float = 0.0
    noise: float = 0.0
    growth: float = 0.0


class CityFigure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A field that the city's office states itself: a ratio over the units, ``offset`` beside it.

    ``numerator`` over ``denominator`` times ``scale``, or the mean of ``mean_of`` weighted by ``denominator``.
    """

    field: str
    denominator: str
    numerator: str | None = None
    mean_of: str | None = None
    scale: float = 1.0
    offset: float = 0.0


class Shock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A multiplication of some fields for a time; without ``areas`` everywhere."""

    fields: list[str]
    first: date
    last: date
    factor: float
    areas: list[str] = []


class Layout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The odd way in which one department writes one form.

    ``units`` replaces a field's unit by a larger or smaller one; ``groups`` puts fields under merged headings.
    """

    form: str
    shape: Literal["wide", "across", "long"]
    file: Literal["xlsx", "csv"]
    encoding: str = "utf-8"
    names: Literal["full", "short", "code"] = "full"
    units: dict[str, str] = {}
    groups: bool = False
    thousands: bool = False
    full_width: bool = False
    chinese_period: bool = False


class Size(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Probabilities per report; ``county_years`` are years in which units also report by themselves."""

    id: Literal["small", "full"]
    late: float
    missing: float
    wrong: float
    returned: float
    revised: float
    objected: float
    twice: float
    wrong_department: float
    county_years: list[int] = []


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The top of the file."""

    plan: str
    seed: int
    first: date
    last: date


class Parameters(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    head: Head
    series: tuple[Series, ...]
    city_figures: tuple[CityFigure, ...]
    shocks: tuple[Shock, ...]
    layouts: tuple[Layout, ...]
    sizes: tuple[Size, ...]

    def layout(self, *, form: str) -> Layout:
        """How the department writes this form."""
        return next(layout for layout in self.layouts if layout.form == form)

    def size(self, *, id: str) -> Size:
        """The probabilities of a demo size."""
        return next(size for size in self.sizes if size.id == id)


ARRAYS: dict[str, type[msgspec.Struct]] = {
    "series": Series, "city_figures": CityFigure, "shocks": Shock, "layouts": Layout, "sizes": Size,
}  # fmt: skip


def read_parameters(*, folder: Path, plans: Collection[Plan], problems: Problems) -> Parameters | None:
    """The parameters in the pack at ``folder``, or None; every fault goes to ``problems``."""
    before = len(problems.found)
    file = TomlFile(path=folder / "demo" / "plan.toml", problems=problems)
    file.only(*ARRAYS, *Head.__struct_fields__)
    head = file.table(Head, without=tuple(ARRAYS))
    entries = {name: file.array(name, type_) for name, type_ in ARRAYS.items()}
    plan = next((p for p in plans if head is not None and p.id == head.plan), None)
    if head is not None and plan is None:
        known(head.plan, {p.id for p in plans}, what=Text(zh="规划", en="plan"), note=file.at(("plan",)))
    if head is None or plan is None or len(problems.found) > before:
        return None
    _complete(file, entries, plan)
    if len(problems.found) > before:
        return None
    tables: dict[str, Any] = {name: tuple(e.value for e in found) for name, found in entries.items()}
    return Parameters(head=head, **tables)


def _complete(file: TomlFile, entries: dict[str, list[Entry[Any]]], plan: Plan) -> None:
    """Every field and form has exactly one rule, and a rule only uses fields before it."""
    fields, seen = {f.id for f in plan.fields}, set(DRIVERS)
    for entry in entries["series"]:
        known(entry.value.of, seen, what=Text(zh="基数", en="driver"), note=file.at((*entry.path, "of")))
        known(entry.value.field, fields, what=Text(zh="项目", en="field"), note=file.at((*entry.path, "field")))
        seen.add(entry.value.field)
    for entry in entries["city_figures"]:
        known(entry.value.field, fields, what=Text(zh="项目", en="field"), note=file.at((*entry.path, "field")))
        for name in (entry.value.denominator, entry.value.numerator, entry.value.mean_of):
            if name is not None:
                known(name, seen, what=Text(zh="项目", en="field"), note=file.at(entry.path))
        seen.add(entry.value.field)
    for entry in entries["layouts"]:
        forms = {f.id for f in plan.forms}
        known(entry.value.form, forms, what=Text(zh="报表", en="form"), note=file.at((*entry.path, "form")))
    wanted = {
        "series": fields - seen,
        "layouts": {f.id for f in plan.forms} - {e.value.form for e in entries["layouts"]},
        "sizes": {"small", "full"} - {e.value.id for e in entries["sizes"]},
    }
    for array, missing in wanted.items():
        if missing:
            listed = ", ".join(sorted(missing))
            file.report((array,), Text(zh=f"缺少 {listed}", en=f"{listed} is missing"), Text(zh="补上", en="add it"))
