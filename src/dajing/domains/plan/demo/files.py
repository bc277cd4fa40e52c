"""The files that the simulated offices send: each form in the odd layout of its department."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from dajing.domains.plan.demo.parameters import Layout
from dajing.domains.plan.pack import Field, Form
from dajing.domains.plan.reporting.periods import first_day, frequency_of
from dajing.domains.plan.reporting.spreadsheet.numbers import scale_of
from dajing.kernel.text import Text

_FULL = str.maketrans("0123456789.", "０１２３４５６７８９．")
_CHINESE = str.maketrans("0123456789", "〇一二三四五六七八九")
_MONTHS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
RATES = {"%", "‰", "Mbit/s"}
_EPOCH = (2015, 1, 1, 0, 0, 0)
_MOMENT = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

Cell = str | float | None


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What one file says: rows of areas (code and name), figures by (field, area), words in place of some."""

    form: Form
    period: str
    fields: tuple[Field, ...]
    areas: tuple[tuple[str, str], ...]
    city: str
    figures: Mapping[tuple[str, str], float]
    words: Mapping[tuple[str, str], str] = {}
    total_error: float = 0.0
    city_name: Text


def period_words(*, period: str, chinese: bool) -> str:
    """A period as headings of offices name it: 2018年6月, 二〇一八年六月, 2018年第二季度."""
    first = first_day(period=period)
    year = str(first.year).translate(_CHINESE) if chinese else str(first.year)
    match frequency_of(period=period):
        case "month":
            return f"{year}年{_MONTHS[first.month - 1] if chinese else first.month}月"
        case "quarter":
            return f"{year}年第{_MONTHS[(first.month - 1) // 3]}季度"
        case _:
            return f"{year}年"


def write(*, content: Content, layout: Layout) -> tuple[str, bytes]:
    """File name and body. The same content gives the same bytes."""
    title = f"{content.city_name.zh}{period_words(period=content.period, chinese=layout.chinese_period)}"
    title += content.form.title.zh
    rows = {"wide": _wide, "across": _across, "long": _long}[layout.shape](content, layout)
    name = f"{content.form.title.zh}（{content.period}）.{layout.file}"
    if layout.file == "csv":
        return name, _csv([[title], *rows, ["注：数据由各区县报送，未经审核不得引用"]], layout.encoding)
    return name, _xlsx(title, rows, grouped=layout.groups and layout.shape == "wide")


def _unit(field: Field, layout: Layout) -> str:
    return layout.units.get(field.unit, field.unit)


def _cell(content: Content, layout: Layout, field: Field, area: str) -> Cell:
    if (field.id, area) in content.words:
        return content.words[(field.id, area)]
    number = content.figures.get((field.id, area))
    return None if number is None else _written(number, field, layout)


def _written(number: float, field: Field, layout: Layout) -> Cell:
    scale = scale_of(_unit(field, layout), base=field.unit) or 1.0
    value = round(number / scale, 6)
    if layout.thousands:
        text = f"{value:,.6f}".rstrip("0").rstrip(".")
        return text.translate(_FULL) if layout.full_width else text
    return int(value) if value.is_integer() else value


def _total(content: Content, layout: Layout, field: Field) -> Cell:
    """The office's own 合计: none for rates and for what only the city states."""
    if field.unit in RATES or field.level == "city":
        return None
    added = sum(n for (f, area), n in content.figures.items() if f == field.id and area != content.city)
    return _written(round(added * (1 + content.total_error), 4), field, layout)


def _area_cell(layout: Layout, code: str, name: str) -> Cell:
    return int(code) if layout.names == "code" else name


def _heading(field: Field, layout: Layout) -> str:
    return f"{field.title.zh}（{_unit(field, layout)}）"


def _lines(content: Content, layout: Layout) -> list[list[Cell]]:
    lines = [
        [_area_cell(layout, code, name), *(_cell(content, layout, field, code) for field in content.fields)]
        for code, name in content.areas
    ]
    return [*lines, ["合计", *(_total(content, layout, field) for field in content.fields)]]


def _wide(content: Content, layout: Layout) -> list[list[Cell]]:
    where = "区划代码" if layout.names == "code" else "区县"
    heads: list[list[Cell]] = [[where, *(_heading(field, layout) for field in content.fields)]]
    if layout.groups:
        heads.insert(0, [where, *(f"单位：{_unit(field, layout)}" for field in content.fields)])
    return [*heads, *_lines(content, layout)]


def _across(content: Content, layout: Layout) -> list[list[Cell]]:
    """Counties side by side, one row per figure."""
    upright = _wide(content, layout)
    return [list(row) for row in zip(*upright, strict=True)]


def _long(content: Content, layout: Layout) -> list[list[Cell]]:
    rows: list[list[Cell]] = [["区县", "指标名称", "单位", "数值"]]
    for code, name in content.areas:
        for field in content.fields:
            cell = _cell(content, layout, field, code)
            if cell is not None:
                rows.append([_area_cell(layout, code, name), field.title.zh, _unit(field, layout), cell])
    return rows


def _csv(rows: Sequence[Sequence[Cell]], encoding: str) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter="\t" if encoding == "utf-16" else ",").writerows(rows)
    return out.getvalue().encode(encoding)


def _xlsx(title: str, rows: Sequence[Sequence[Cell]], *, grouped: bool) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    sheet: Any = book.active
    width = max(len(row) for row in rows)
    sheet.append([title])
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=width)
    for row in rows:
        sheet.append(list(row))
    if grouped:
        _merge_groups(sheet, width)
    sheet.append(["填报人：", None, "审核人：", None, "签发人："])
    out = io.BytesIO()
    book.save(out)
    return _timeless(out.getvalue())


def _merge_groups(sheet: Any, width: int) -> None:
    """Merge equal neighbours of the first heading row, and the area heading over both rows."""
    sheet.merge_cells(start_row=2, start_column=1, end_row=3, end_column=1)
    start = 2
    for column in range(3, width + 2):
        if column > width or sheet.cell(2, column).value != sheet.cell(2, start).value:
            if column - start > 1:
                sheet.merge_cells(start_row=2, start_column=start, end_row=2, end_column=column - 1)
            start = column


def _timeless(book: bytes) -> bytes:
    """The workbook without the moment it was written, so that a resumed simulation writes the same file."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as source, zipfile.ZipFile(out, "w") as target:
        for info in source.infolist():
            body = source.read(info)
            if info.filename == "docProps/core.xml":
                body = _MOMENT.sub(b"2015-01-01T00:00:00Z", body)
            target.writestr(zipfile.ZipInfo(info.filename, _EPOCH), body, zipfile.ZIP_DEFLATED)
    return out.getvalue()
