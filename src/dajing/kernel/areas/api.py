"""Areas of the configured city by code, hierarchy and day.

Without ``as_of`` the answer is what the pack says now; ``as_of`` asks the append-only versions in rows for what was
known at that time. Intervals are half-open; an unknown start counts as "always before".
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Literal

import msgspec

from dajing.kernel.areas.register import CensusRow, Place, Region, Register, Source, read_register
from dajing.kernel.packs.problem import Problems
from dajing.kernel.settings import settings
from dajing.kernel.text import Refusal, Text

Hierarchy = Literal["gbt2260", "reporting"]

__all__ = [
    "Area",
    "AreaUnknown",
    "CensusRow",
    "Hierarchy",
    "MixedHierarchies",
    "Place",
    "Source",
    "area",
    "areas",
    "census",
    "children",
    "sources",
    "successor",
    "total",
    "townships",
    "units",
    "villages",
]


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """One area. ``level`` is ``city``, ``county`` or ``zone`` (a management area that only reports).

    ``territory`` names the divisions that a zone lies in.
    """

    code: str
    name: Text
    level: Literal["city", "county", "zone"]
    parent: str | None
    valid_from: date | None
    valid_to: date | None
    successor: str | None = None
    territory: tuple[str, ...] = ()
    hierarchies: tuple[Hierarchy, ...] = ()
    note: Text | None = None
    source: str = ""

    def holds(self, *, on: date | None) -> bool:
        """Whether the area exists on that day; without a day, whether it has not been retired."""
        if on is None:
            return self.valid_to is None
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on < self.valid_to)


class AreaUnknown(Refusal):
    """A code that no area of the city has, on the day asked for."""

    text = Text(
        zh="没有代码为 {code} 的区域{on}；请核对六位区划代码",
        en="no area has the code {code}{on}; check the six-digit code",
    )


class MixedHierarchies(Refusal):
    """A sum that does not use one hierarchy's units, each exactly once."""

    text = Text(
        zh="不能合计：{extra} 不属于所选的划分 {hierarchy}，缺 {missing}；两套划分只能用一套",
        en="cannot add up: {extra} is outside the partition {hierarchy}, {missing} is missing; use one partition only",
    )


@functools.cache
def _register(folder: Path) -> Register:
    return register_of(folder=folder)


def register_of(*, folder: Path) -> Register:
    """The area tables of the pack at ``folder``, read afresh. Raises ``PackInvalid`` with every fault."""
    problems = Problems(root=folder.parent)
    register = read_register(folder=folder, problems=problems)
    problems.refuse()
    return register


def _here() -> Register:
    return _register(settings().city_dir)


def of_region(region: Region) -> Area:
    """The area of one row of ``regions.csv``."""
    divisions: tuple[Hierarchy, ...] = ("gbt2260",) if region.gbt2260 == "yes" else ()
    reporting: tuple[Hierarchy, ...] = ("reporting",) if region.reporting == "yes" else ()
    note = Text(zh=region.note_zh, en=region.note_en) if region.note_zh and region.note_en else None
    return Area(
        code=region.code,
        name=Text(zh=region.name_zh, en=region.name_en),
        level=region.level,
        parent=region.parent,
        valid_from=region.valid_from,
        valid_to=region.valid_to,
        successor=region.successor,
        territory=tuple(region.territory.split("+")) if region.territory else (),
        hierarchies=divisions + reporting,
        note=note,
        source=region.source,
    )


@functools.cache
def _areas(folder: Path) -> dict[str, Area]:
    return {region.code: of_region(region) for region in _register(folder).regions}


def areas(*, as_of: datetime | None = None) -> Mapping[str, Area]:
    """Every area by code, retired ones included, as the pack says now or as was known at ``as_of``."""
    if as_of is None:
        return _areas(settings().city_dir)
    from dajing.kernel.areas.versions import known_at

    return known_at(at=as_of)


def area(code: str, *, on: date | None = None, as_of: datetime | None = None) -> Area:
    """The area with ``code``; with ``on``, only if it exists on that day. Retired codes resolve without ``on``.

    Raises ``AreaUnknown``.
    """
    found = areas(as_of=as_of).get(code)
    if found is None or (on is not None and not found.holds(on=on)):
        raise AreaUnknown(code=code, on=f" ({on})" if on else "")
    return found


def children(
    code: str, *, hierarchy: Hierarchy, on: date | None = None, as_of: datetime | None = None
) -> tuple[Area, ...]:
    """Areas directly below ``code`` in one hierarchy, by code."""
    below = (a for a in areas(as_of=as_of).values() if a.parent == code and hierarchy in a.hierarchies)
    return tuple(sorted((a for a in below if a.holds(on=on)), key=lambda a: a.code))


def units(*, hierarchy: Hierarchy, on: date | None = None, as_of: datetime | None = None) -> tuple[Area, ...]:
    """The parts whose sum is the city: the divisions of GB/T 2260, or the reporting units."""
    return children(top().code, hierarchy=hierarchy, on=on, as_of=as_of)


def top() -> Area:
    """The city itself."""
    return next(a for a in areas().values() if a.level == "city" and a.valid_to is None)


def successor(code: str, *, on: date) -> Area:
    """The area that carries on ``code`` on that day: itself while it exists, else its heir, however many steps away.

    Raises ``AreaUnknown`` where the chain ends before that day or ``code`` did not yet exist.
    """
    found = area(code)
    while found.valid_to is not None and on >= found.valid_to and found.successor:
        found = area(found.successor)
    if not found.holds(on=on):
        raise AreaUnknown(code=code, on=f" ({on})")
    return found


def total(*, values: Mapping[str, float], hierarchy: Hierarchy, on: date | None = None) -> float:
    """The city's sum over one hierarchy: exactly its units, each once. Raises ``MixedHierarchies``."""
    expected = {unit.code for unit in units(hierarchy=hierarchy, on=on)}
    if set(values) != expected:
        extra, missing = set(values) - expected, expected - set(values)
        raise MixedHierarchies(
            hierarchy=hierarchy, extra=", ".join(sorted(extra)) or "—", missing=", ".join(sorted(missing)) or "—"
        )
    return sum(values.values())


def townships(*, unit: str | None = None) -> tuple[Place, ...]:
    """Townships and streets of the city, or of one county unit."""
    return tuple(place for place in _here().townships if unit in {None, place.unit})


def villages(*, township: str | None = None) -> tuple[Place, ...]:
    """Villages and residents' committees, or those of one township."""
    return tuple(place for place in _here().villages if township in {None, place.township})


def census(year: int) -> Mapping[str, CensusRow]:
    """Rows of the census of ``year`` by code, the city's own row included; empty where the pack has none."""
    return {row.code: row for row in _here().census.get(year, ())}


def sources() -> tuple[Source, ...]:
    """Where the area tables come from."""
    return _here().sources
