"""Where in a grid the table is: its heading rows, its area column, what each column stands for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from dajing.domains.plan.pack import Field
from dajing.domains.plan.reporting.spreadsheet.numbers import bare, plain, unit_in
from dajing.kernel.text import Text

AREA_HEADINGS = {
    "区县",
    "县区",
    "县(区)",
    "区(县)",
    "县",
    "单位",
    "地区",
    "名称",
    "区划",
    "行政区划",
    "县区名称",
    "区县名称",
}
CODE_HEADINGS = {"代码", "区划代码", "行政区划代码", "编码", "code"}
PERIOD_HEADINGS = {"期间", "期别", "月份", "季度", "年份", "统计期", "报告期", "时间"}
FIELD_HEADINGS = {"指标", "项目", "指标名称", "项目名称"}
VALUE_HEADINGS = {"数值", "值", "本期", "本期数", "数量", "数据"}
IGNORED = {"序号", "备注", "说明", "审核意见", "同比", "环比", "增长", "增速"}
DEEPEST = 40
TALLEST = 3


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column: its position, its joined heading, the unit named there, and what it stands for.

    ``role`` is ``area``, ``code``, ``period``, ``field`` (figures), ``label``, ``value``, ``ignored`` or ``unknown``.
    """

    index: int
    heading: str
    unit: str
    role: str
    field: str | None = None


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A found table: 0-based heading rows ``top`` to ``bottom`` (inclusive), its columns, its signature."""

    top: int
    bottom: int
    columns: tuple[Column, ...]
    signature: str

    def of(self, role: str) -> Column | None:
        """The first column of a role."""
        return next((c for c in self.columns if c.role == role), None)

    @property
    def unknown(self) -> tuple[Column, ...]:
        """Columns with a heading that nobody has explained yet."""
        return tuple(c for c in self.columns if c.role == "unknown")


def names_of(field: Field) -> set[str]:
    """All headings under which a field is known, bare."""
    return {bare(name) for name in (field.id, field.title.zh, field.title.en, *field.aliases)}


def find_table(
    *, rows: Sequence[Sequence[object]], fields: Mapping[str, Field], mapping: Mapping[str, str] | None = None
) -> Table | None:
    """The best table of a sheet: the heading rows in which most columns are understood; None when nothing is.

    ``mapping`` is what an officer confirmed for these headings before: bare heading → field id or ``ignored``.
    """
    known = {name: field.id for field in fields.values() for name in names_of(field)}
    best: tuple[int, int, Table] | None = None
    for top in range(min(len(rows), DEEPEST)):
        for bottom in range(top, min(top + TALLEST, len(rows))):
            if _holds_figures(rows[bottom]):
                break
            columns = _columns(rows[top : bottom + 1], known, mapping or {})
            score = _score(columns)
            if score and (best is None or (score, -(bottom - top)) > (best[0], best[1])):
                table = Table(top=top, bottom=bottom, columns=columns, signature=_signature(columns))
                best = (score, -(bottom - top), table)
    return best[2] if best else None


def _holds_figures(row: Sequence[object]) -> bool:
    """Whether a row holds numbers and so is no heading."""
    return any(
        isinstance(cell, int | float) or (isinstance(cell, str) and plain(cell).replace(",", "").isdigit())
        for cell in row
    )


def _columns(
    headings: Sequence[Sequence[object]], known: Mapping[str, str], mapping: Mapping[str, str]
) -> tuple[Column, ...]:
    width = max((len(row) for row in headings), default=0)
    found = []
    for index in range(width):
        parts: list[str] = []
        for row in headings:
            cell = plain(str(row[index])) if index < len(row) and row[index] is not None else ""
            if cell and (not parts or parts[-1] != cell):
                parts.append(cell)
        found.append(_column(index, parts, known, mapping))
    return tuple(found)


def _column(index: int, parts: list[str], known: Mapping[str, str], mapping: Mapping[str, str]) -> Column:
    heading = "".join(parts)
    unit = next((u for part in reversed(parts) if (u := unit_in(part))), "")
    name = bare(heading)
    candidates = [name, *(bare(part) for part in reversed(parts))]

    def column(role: str, field: str | None = None) -> Column:
        return Column(index=index, heading=heading, unit=unit, role=role, field=field)

    if name in mapping:
        return column("ignored") if mapping[name] == "ignored" else column("field", mapping[name])
    for candidate in candidates:
        if candidate in known:
            return column("field", known[candidate])
    for role, words in (
        ("area", AREA_HEADINGS), ("code", CODE_HEADINGS), ("period", PERIOD_HEADINGS), ("label", FIELD_HEADINGS),
        ("value", VALUE_HEADINGS), ("ignored", IGNORED),
    ):  # fmt: skip
        if any(c in words for c in candidates):
            return column(role)
    return column("unknown" if name else "ignored")


def _score(columns: Sequence[Column]) -> int:
    """How well heading rows are understood; 0 unless there is where and what."""
    roles = [c.role for c in columns]
    where = "area" in roles or "code" in roles
    fields = {c.field for c in columns if c.role == "field"}
    long = "label" in roles and "value" in roles
    if not where or not (fields or long):
        return 0
    doubled = roles.count("field") - len(fields)
    named = (
        15 if long else 0
    )  # 指标 beside 数值 says that figures stand below each other, so their names are no headings
    return named + 10 * len(fields) + 2 * sum(r not in {"unknown", "ignored"} for r in roles) - 5 * doubled


def _signature(columns: Sequence[Column]) -> str:
    """A digest of the headings, so that the same table is recognised next month."""
    return hashlib.sha256("\x1f".join(bare(c.heading) for c in columns).encode()).hexdigest()


def transpose(rows: Sequence[Sequence[object]]) -> list[list[object]]:
    """Rows as columns, for tables with the counties side by side."""
    width = max((len(row) for row in rows), default=0)
    return [[row[i] if i < len(row) else None for row in rows] for i in range(width)]


def letter(index: int) -> str:
    """The spreadsheet's name of a column: 0 → A, 26 → AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def headings_fault(*, fields: Mapping[str, Field]) -> tuple[Text, Text]:
    """The words and the cure when no table is found."""
    examples = "、".join(f.title.zh for f in list(fields.values())[:3])
    english = ", ".join(f.title.en for f in list(fields.values())[:3])
    return (
        Text(zh="找不到表头", en="no headings were found"),
        Text(
            zh=f"表头须有“区县”（或“区划代码”）以及本表的项目，如：{examples}",
            en=f"the headings need the county (区县 or 区划代码) and this form's figures, such as {english}",
        ),
    )
