"""The area tables of a pack, read and checked."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import Literal

import msgspec

from dajing.kernel.packs.problem import Problems
from dajing.kernel.packs.references import known, unique
from dajing.kernel.packs.tables import Row, read_rows
from dajing.kernel.packs.toml import TomlFile
from dajing.kernel.text import Text

Level = Literal["city", "county", "zone"]
YesNo = Literal["yes", "no"]


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a table comes from and under which licence it may be shipped."""

    id: str
    title: Text
    origin: str
    licence: str


class Region(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row of ``areas/regions.csv``; the interval is half-open, ``valid_to`` is the first day it no longer holds.

    ``territory`` names, for a zone, the divisions it lies in, joined by "+".
    """

    code: str
    name_zh: str
    name_en: str
    level: Level
    parent: str | None = None
    gbt2260: YesNo
    reporting: YesNo
    valid_from: date | None = None
    valid_to: date | None = None
    successor: str | None = None
    territory: str | None = None
    source: str
    note_zh: str | None = None
    note_en: str | None = None


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row of ``areas/townships.csv`` (``unit`` is its county unit) or of ``areas/villages.csv`` (``township``)."""

    code: str
    name: str
    unit: str | None = None
    township: str | None = None
    source: str


class CensusRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Persons, households and km² of one unit at a census; ``aged_65_share`` in percent of the population."""

    code: str
    population: int
    men: int
    women: int
    urban: int
    rural: int
    households: int
    household_population: int
    aged_65_share: float
    km2: float | None = None
    source: str


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """All area tables of a pack."""

    regions: tuple[Region, ...]
    townships: tuple[Place, ...]
    villages: tuple[Place, ...]
    census: dict[int, tuple[CensusRow, ...]]
    sources: tuple[Source, ...]


def read_register(*, folder: Path, problems: Problems) -> Register:
    """Every area table of the pack at ``folder``; all faults go to ``problems``."""
    listed = TomlFile(path=folder / "sources.toml", problems=problems)
    sources = tuple(entry.value for entry in listed.array("sources", Source))
    check = _Check(problems, {source.id for source in sources})
    regions_path, townships_path = folder / "areas" / "regions.csv", folder / "areas" / "townships.csv"
    regions = read_rows(regions_path, Region, problems=problems)
    townships = read_rows(townships_path, Place, problems=problems)
    villages_path = folder / "areas" / "villages.csv"
    villages = read_rows(villages_path, Place, problems=problems)
    codes = {row.value.code for row in regions}
    check.regions(regions_path, regions, codes)
    check.places(townships_path, townships, codes, column="unit")
    check.places(villages_path, villages, {row.value.code for row in townships}, column="township")
    return Register(
        regions=tuple(row.value for row in regions),
        townships=tuple(row.value for row in townships),
        villages=tuple(row.value for row in villages),
        census={
            int(path.stem): check.census(path, codes)
            for path in sorted((folder / "census").glob("[0-9][0-9][0-9][0-9].csv"))
        },
        sources=sources,
    )


class _Check:
    """Checks across rows; every finding names the row's line."""

    def __init__(self, problems: Problems, sources: Collection[str]) -> None:
        self.problems = problems
        self.sources = sources

    def note(self, path: Path, line: int, message: Text, fix: Text) -> None:
        self.problems.add(file=path, line=line, message=message, fix=fix)

    def _common(self, path: Path, rows: list[Row[Region]] | list[Row[Place]] | list[Row[CensusRow]]) -> None:
        unique(
            ((row.value.code, self.problems.at(file=path, line=row.line)) for row in rows),
            what=Text(zh="代码", en="code"),
        )
        for row in rows:
            for source in row.value.source.split("+"):
                known(
                    source,
                    self.sources,
                    what=Text(zh="来源（sources.toml）", en="source in sources.toml"),
                    note=self.problems.at(file=path, line=row.line),
                )

    def regions(self, path: Path, rows: list[Row[Region]], codes: Collection[str]) -> None:
        self._common(path, rows)
        for row in rows:
            region = row.value
            for reference in filter(None, (region.parent, region.successor, *(region.territory or "").split("+"))):
                known(
                    reference,
                    codes,
                    what=Text(zh="区划代码", en="area code"),
                    note=self.problems.at(file=path, line=row.line),
                )
            if region.valid_from and region.valid_to and region.valid_from >= region.valid_to:
                self.note(
                    path,
                    row.line,
                    Text(zh="有效期起不早于止", en="valid_from is not before valid_to"),
                    Text(zh="改正有效期", en="correct the interval"),
                )
            if region.valid_to and not region.successor:
                self.note(
                    path,
                    row.line,
                    Text(zh="已撤销的代码没有去向", en="the retired code has no successor"),
                    Text(zh="补上 successor", en="fill in successor"),
                )

    def places(self, path: Path, rows: list[Row[Place]], among: Collection[str], *, column: str) -> None:
        self._common(path, rows)
        for row in rows:
            known(
                getattr(row.value, column) or "",
                among,
                what=Text(zh="上级代码", en="code of the place above"),
                note=self.problems.at(file=path, line=row.line),
            )

    def census(self, path: Path, codes: Collection[str]) -> tuple[CensusRow, ...]:
        rows = read_rows(path, CensusRow, problems=self.problems)
        self._common(path, rows)
        for row in rows:
            value = row.value
            known(
                value.code,
                codes,
                what=Text(zh="区划代码", en="area code"),
                note=self.problems.at(file=path, line=row.line),
            )
            for parts, name in (
                ((value.men, value.women), "men + women"),
                ((value.urban, value.rural), "urban + rural"),
            ):
                if sum(parts) != value.population:
                    self.note(
                        path,
                        row.line,
                        Text(zh=f"{name} 不等于总人口", en=f"{name} is not the population"),
                        Text(zh="核对原表", en="compare with the original table"),
                    )
        return tuple(row.value for row in rows)
