"""A department's file as figures: finds the table, the period, the areas and the numbers, and names every fault."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from dajing.domains.plan.pack import Field, Frequency
from dajing.domains.plan.reporting.periods import PeriodUnreadable, read_period
from dajing.domains.plan.reporting.rules import Fault, Value
from dajing.domains.plan.reporting.spreadsheet.layout import (
    Column,
    Table,
    find_table,
    headings_fault,
    letter,
    names_of,
    transpose,
)
from dajing.domains.plan.reporting.spreadsheet.numbers import Unreadable, bare, plain, read_number, scale_of
from dajing.kernel.spreadsheet.files import Sheet
from dajing.kernel.text import Text

_TOTAL = re.compile(r"^(合计|总计|小计|全市|全市合计|共计|总数)")
_NOTE = re.compile(
    r"^(注|备注|说明|填报人|填表人|制表|审核人|负责人|单位负责人|联系|签发|填报单位|填报日期|报出日期|甲$|栏次)"
)


class AreaNames(msgspec.Struct, frozen=True, kw_only=True):
    """How areas are written: bare name → code, for every way a table may name them."""

    codes: Mapping[str, str]

    def code(self, written: str) -> str | None:
        """The code for a name or a 6- or 12-digit code; None for words that name no area."""
        text = re.sub(r"\s+", "", plain(written))
        if re.fullmatch(r"\d{6}(\d{6})?(\.0)?", text):
            return text[:6]
        return self.codes.get(text)


class Grid(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet as it is read: upright, or ``turned`` (counties side by side) without the ``above`` rows of its title."""

    name: str
    rows: Sequence[Sequence[object]]
    titles: Sequence[str] = ()
    turned: bool = False
    above: int = 0

    def place(self, row: int, column: int) -> tuple[int, str]:
        """Row number and column letter in the file for a place in the grid."""
        real_row, real_column = (column + self.above, row) if self.turned else (row, column)
        return real_row + 1, letter(real_column)


def _grids(sheet: Sheet) -> tuple[Grid, Grid]:
    """The sheet upright, and its table turned on its side; titles above and notes below a table are not turned."""
    wide = [n for n, row in enumerate(sheet.rows) if _tabular(row) and not _note(row)]
    first, last = (wide[0], wide[-1]) if wide else (0, -1)
    titles = [plain(str(c)) for row in sheet.rows[:first] for c in row if c is not None]
    turned = transpose(sheet.rows[first : last + 1])
    return (
        Grid(name=sheet.name, rows=sheet.rows),
        Grid(name=sheet.name, rows=turned, titles=titles, turned=True, above=first),
    )


def _tabular(row: Sequence[object]) -> bool:
    """Whether a row belongs to a table: three different cells, or a word and a figure; a merged title is one cell."""
    different = {plain(str(cell)) for cell in row if cell is not None}
    return len(different) > 2 or (len(different) == 2 and any(re.fullmatch(r"[\d.,]+", text) for text in different))


def _note(row: Sequence[object]) -> bool:
    """Whether a row is a remark or a line of signatures."""
    return bool(_NOTE.match(next((plain(str(c)) for c in row if c is not None), "")))


class Understood(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says: its figures, its period if it names one, its headings, and everything wrong with it."""

    values: tuple[Value, ...]
    period: str | None
    table: Table | None
    faults: tuple[Fault, ...]
    sheet: str = ""
    totals: Mapping[str, float] = {}


def area_names(*, areas: Mapping[str, Text]) -> AreaNames:
    """Names by which the areas of a city are written: in full, without 区/县/管理区, and the city itself."""
    codes: dict[str, str] = {}
    for code, name in areas.items():
        full = plain(name.zh)
        short = re.sub(r"(经济技术开发区|经济开发区|管理区|开发区|区|县|市)$", "", full)
        for written in {full, short, name.en, full.replace("张家口市", "").replace("张家口", "")}:
            if len(written) >= 2:
                codes.setdefault(written, code)
    return AreaNames(codes=codes)


def understand(
    *,
    sheets: Sequence[Sheet],
    fields: Mapping[str, Field],
    areas: AreaNames,
    frequency: Frequency,
    mapping: Mapping[str, str] | None = None,
) -> Understood:
    """The figures of the sheet that fits the form best. Never raises for what stands in cells: faults say it."""
    best: Understood | None = None
    for sheet in sheets:
        for grid in _grids(sheet):
            found = _sheet(grid, fields, areas, frequency, mapping or {})
            if found is not None and (best is None or len(found.values) > len(best.values)):
                best = found
    if best is not None:
        return best
    message, cure = headings_fault(fields=fields)
    return Understood(
        values=(), period=None, table=None, faults=(Fault(row=1, column="A", message=message, cure=cure),)
    )


def _sheet(
    grid: Grid, fields: Mapping[str, Field], areas: AreaNames, frequency: Frequency, mapping: Mapping[str, str]
) -> Understood | None:
    table = find_table(rows=grid.rows, fields=fields, mapping=mapping)
    if table is None:
        return None
    reader = _Reader(grid, table, fields, areas, frequency)
    reader.read()
    return Understood(
        values=tuple(reader.values),
        period=reader.period,
        table=table,
        faults=tuple(reader.faults),
        sheet=grid.name,
        totals=reader.totals,
    )


class _Reader:
    """Walks the rows below the headings of one table."""

    def __init__(
        self, grid: Grid, table: Table, fields: Mapping[str, Field], areas: AreaNames, frequency: Frequency
    ) -> None:
        self.grid, self.table, self.fields, self.areas = grid, table, fields, areas
        self.frequency = frequency
        self.values: list[Value] = []
        self.faults: list[Fault] = []
        self.totals: dict[str, float] = {}
        self.labels = {name: f.id for f in fields.values() for name in names_of(f)}
        self.period = self._title_period()
        self.scales = {c.index: self._scale(c) for c in table.columns if c.role == "field"}

    def _title_period(self) -> str | None:
        titles = [self.grid.name, *self.grid.titles] if self.grid.name else [*self.grid.titles]
        titles += [plain(str(c)) for row in self.grid.rows[: self.table.top] for c in row if c is not None]
        for text in dict.fromkeys(titles):
            try:
                if found := read_period(text=text, frequency=self.frequency):
                    return found
            except PeriodUnreadable as refusal:
                self._fault(0, 0, refusal.message, Text(zh="按本表期别填报", en="report the form's own period"))
        return None

    def _scale(self, column: Column) -> float:
        field = self.fields.get(column.field or "")
        base = field.unit if field else ""
        scale = scale_of(column.unit, base=base)
        if scale is None:
            message = Text(
                zh=f"“{column.heading}”的单位“{column.unit}”与项目单位“{base}”不符",
                en=f"“{column.heading}”: the unit “{column.unit}” does not fit “{base}”",
            )
            cure = Text(zh=f"按“{base}”（可用 万、亿）填报", en=f"report it in “{base}” (万 and 亿 may be used)")
            self._fault(self.table.bottom, column.index, message, cure)
            return 1.0
        return scale

    def read(self) -> None:
        for number in range(self.table.bottom + 1, len(self.grid.rows)):
            row = self.grid.rows[number]
            if all(cell is None for cell in row):
                continue
            if _note(row):
                continue
            self._row(number, row)

    def _row(self, number: int, row: Sequence[object]) -> None:
        written = self._written_area(row)
        total = bool(_TOTAL.match(written)) and self.areas.code(written) is None
        figures = [c for c in self.table.columns if c.role == "field"]
        if not written and not any(self._cell(row, c) is not None for c in figures):
            return
        code = None if total else self.areas.code(written)
        if code is None and not total:
            message = Text(
                zh=f"不认识的区县“{written or '（空）'}”", en=f"“{written or '(empty)'}” is no county of this city"
            )
            cure = Text(zh="填写规范名称或 6 位区划代码", en="write its official name or 6-digit code")
            self._fault(number, self._area_column(), message, cure)
            return
        self._row_period(number, row)
        if (label := self.table.of("label")) and (value := self.table.of("value")):
            self._long(number, row, code, label, value)
            return
        for column in figures:
            self._figure(number, row, code, column)

    def _figure(self, number: int, row: Sequence[object], code: str | None, column: Column) -> None:
        assert column.field is not None  # noqa: S101 - a column of role "field" names one
        field = self.fields.get(column.field)
        cell = self._cell(row, column)
        self._keep(number, column.index, cell, code, field, column.field, self.scales[column.index])

    def _long(self, number: int, row: Sequence[object], code: str | None, label: Column, value: Column) -> None:
        written = plain(str(self._cell(row, label) or ""))
        id_ = self.labels.get(bare(written))
        if id_ is None:
            message = Text(zh=f"不认识的项目“{written}”", en=f"“{written}” is no figure of this form")
            self._fault(number, label.index, message, Text(zh="使用本表的项目名称", en="use the form's own names"))
            return
        field = self.fields[id_]
        unit = next((u for c in self.table.columns if bare(c.heading) == "单位" and (u := self._cell(row, c))), "")
        scale = scale_of(str(unit), base=field.unit) if unit and self.table.of("area") else 1.0
        self._keep(number, value.index, self._cell(row, value), code, field, id_, scale or 1.0)

    def _keep(
        self, number: int, index: int, cell: object, code: str | None, field: Field | None, id_: str, scale: float
    ) -> None:
        base = field.unit if field else ""
        try:
            figure = read_number(cell, base=base, heading_scale=scale)
        except Unreadable as error:
            message = Text(zh=f"“{error}”不是数字", en=f"“{error}” is no number")
            self._fault(number, index, message, Text(zh=f"填写以“{base}”为单位的数", en=f"enter a number in “{base}”"))
            return
        if figure is None:
            return
        if field is not None and field.integer and abs(figure - round(figure)) < 1e-3:
            figure = float(round(figure))  # 12.34 万 is 123400.00000000001 in binary
        if code is None:
            self.totals[id_] = figure
            return
        row, place = self.grid.place(number, index)
        self.values.append(Value(field=id_, area=code, number=figure, text=str(cell)[:60], row=row, column=place))

    def _row_period(self, number: int, row: Sequence[object]) -> None:
        column = self.table.of("period")
        if column is None or self._cell(row, column) is None:
            return
        written = str(self._cell(row, column))
        try:
            found = read_period(text=written, frequency=self.frequency)
        except PeriodUnreadable as refusal:
            self._fault(number, column.index, refusal.message, Text(zh="改为本表期别", en="use the form's period"))
            return
        if self.period is not None and found != self.period:
            message = Text(zh=f"期别“{written}”与 {self.period} 不一致", en=f"“{written}” is not {self.period}")
            self._fault(number, column.index, message, Text(zh="一个文件只报一期", en="one file reports one period"))
        self.period = self.period or found

    def _written_area(self, row: Sequence[object]) -> str:
        for role in ("code", "area"):
            column = self.table.of(role)
            cell = self._cell(row, column) if column else None
            if cell is not None:
                return plain(str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell))
        return ""

    def _area_column(self) -> int:
        column = self.table.of("area") or self.table.of("code")
        return column.index if column else 0

    @staticmethod
    def _cell(row: Sequence[object], column: Column) -> object:
        return row[column.index] if column.index < len(row) else None

    def _fault(self, row: int, column: int, message: Text, cure: Text) -> None:
        number, place = self.grid.place(row, column)
        self.faults.append(Fault(row=number, column=place, message=message, cure=cure))
