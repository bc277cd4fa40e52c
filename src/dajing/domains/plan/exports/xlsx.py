"""The report as a workbook: figures as numbers, with everything needed to check them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from dajing.domains.plan.board.contents import Figure
from dajing.domains.plan.exports.outcome import tables
from dajing.domains.plan.exports.report import Report, definition, kind, target
from dajing.domains.plan.pack import Indicator
from dajing.kernel.text import Text

HEAD = PatternFill("solid", fgColor="E9EDF1")
WIDTHS = (24, 30, 12, 12, 12, 16, 16, 10, 10, 14, 12, 50, 22, 30, 20, 40)
OVERVIEW = (
    Text(zh="发展目标", en="Goal"),
    Text(zh="指标", en="Indicator"),
    Text(zh="数值", en="Value"),
    Text(zh="单位", en="Unit"),
    Text(zh="时期", en="Period"),
    Text(zh="分子", en="Numerator"),
    Text(zh="分母", en="Denominator"),
    Text(zh="类别", en="Kind"),
    Text(zh="完整率", en="Completeness"),
    Text(zh="目标", en="Target"),
    Text(zh="状态", en="Status"),
    Text(zh="原因", en="Reason"),
    Text(zh="口径", en="Definition"),
    Text(zh="来源", en="Source"),
    Text(zh="算法与版本", en="Method and version"),
    Text(zh="证据摘要 SHA-256", en="Evidence SHA-256"),
)
SERIES = (
    Text(zh="区划代码", en="Area code"),
    Text(zh="县区", en="Area"),
    *OVERVIEW[1:9],
    OVERVIEW[10],
    OVERVIEW[14],
    OVERVIEW[15],
)


def write_xlsx(report: Report) -> bytes:
    """Sheets: overview, the city's series, the county units, forecasts or the final evaluation, and what to know."""
    book = Workbook()
    overview: Any = book.active
    overview.title = report.say(Text(zh="总览", en="Overview"))
    _table(overview, _said(OVERVIEW, report), _overview(report), report, WIDTHS)
    widths = (10, 16, *WIDTHS[1:9], 12, 20, 40)
    city = [figure for row in report.board.rows for figure in row.series]
    for title, figures in (
        (Text(zh="全市各期", en="City by period"), city),
        (Text(zh="县区", en="Areas"), report.counties),
    ):
        _table(book.create_sheet(report.say(title)), _said(SERIES, report), _series(figures, report), report, widths)
    for found in tables(report):
        sheet = book.create_sheet(found.title)
        _table(sheet, found.heads, [list(row) for row in found.rows], report, (30, 14, 22, 22, 14, 44))
        sheet.append([found.note])
    notes = book.create_sheet(report.say(Text(zh="说明", en="Notes")))
    for line in _notes(report):
        notes.append([line])
        _text(notes)
    notes.column_dimensions["A"].width = 110
    for sheet in book.worksheets:
        _printed(sheet, report)
    kept = BytesIO()
    book.save(kept)
    return kept.getvalue()


def _said(heads: Sequence[Text], report: Report) -> list[str]:
    return [report.say(head) for head in heads]


def _overview(report: Report) -> Iterable[list[Any]]:
    for block in report.board.blocks:
        for row in block.rows:
            yield [
                report.say(block.goal.title),
                *_figure(row.indicator, row.latest, report),
                target(row.indicator, language=report.language),
                report.say(row.word),
                report.say(row.reason),
                definition(row.indicator, report),
                report.say(row.indicator.source),
                *_method(row.latest),
            ]


def _series(figures: Sequence[Figure], report: Report) -> Iterable[list[Any]]:
    indicators = {i.id: i for i in report.board.plan.indicators}
    for figure in figures:
        code = figure.reading.area
        name = report.say(report.names[code]) if code in report.names else code
        indicator = indicators[figure.indicator]
        yield [code, name, *_figure(indicator, figure, report), report.say(figure.word), *_method(figure)]


def _figure(indicator: Indicator, figure: Figure | None, report: Report) -> list[Any]:
    reading = figure.reading if figure else None
    return [
        report.say(indicator.title),
        reading.value if reading else None,
        report.unit(indicator),
        reading.period if reading else None,
        reading.numerator if reading else None,
        reading.denominator if reading else None,
        kind(figure, report),
        reading.completeness if reading else None,
    ]


def _method(figure: Figure | None) -> list[str]:
    if figure is None:
        return ["", ""]
    return [f"{figure.reading.method} {figure.reading.version}", figure.reading.evidence]


def _table(
    sheet: Worksheet, heads: Sequence[str], rows: Iterable[list[Any]], report: Report, widths: Sequence[int]
) -> None:
    start = 1
    if report.synthetic:
        sheet.append([report.watermark])
        sheet["A1"].font = Font(bold=True, color="6B3FA0")
        start = 2
    sheet.append(list(heads))
    for cell in sheet[start]:
        cell.font, cell.fill, cell.alignment = Font(bold=True), HEAD, Alignment(wrap_text=True, vertical="center")
    for row in rows:
        sheet.append(row)
        _text(sheet)
    sheet.freeze_panes = f"C{start + 1}"
    for index, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(index)].width = width


def _text(sheet: Worksheet) -> None:
    """A text that begins like a formula stays a text, so that a workbook never runs what a department typed."""
    for cell in sheet[sheet.max_row]:
        if cell.data_type == "f":
            cell.data_type = "s"


def _notes(report: Report) -> list[str]:
    lines = [
        report.title,
        report.state,
        report.say(Text(zh="规划来源：", en="Source of the plan: ")) + report.board.plan.source,
    ]
    if report.synthetic:
        lines.insert(0, report.watermark)
    for indicator in report.board.plan.indicators:
        words = Text(zh="{title}：{definition}（{state}）", en="{title}: {definition} ({state})")
        lines.append(
            report.say(words).format(
                title=report.say(indicator.title),
                definition=report.say(indicator.definition),
                state=definition(indicator, report),
            )
        )
        lines += [f"  · {report.say(trap)}" for trap in indicator.traps]
    return lines


def _printed(sheet: Any, report: Report) -> None:
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    if report.synthetic:
        sheet.oddHeader.center.text = report.watermark
    sheet.oddFooter.center.text = "— &P —"
