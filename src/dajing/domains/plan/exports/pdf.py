"""The report as a PDF whose CJK font is embedded, so that it prints the same everywhere."""

from __future__ import annotations

import functools
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph, Spacer, Table, TableStyle

from dajing.domains.plan.board.contents import Block, Figure
from dajing.domains.plan.exports.outcome import Outcome, tables
from dajing.domains.plan.exports.report import Report, definition, kind, target, value
from dajing.kernel.text import Refusal, Text

FONTS = Path(__file__).resolve().parents[3] / "kernel/ui/static/vendor"
REGULAR, BOLD = "NotoSansSC-Regular", "NotoSansSC-Bold"
HEADS = (
    Text(zh="指标", en="Indicator"),
    Text(zh="数值", en="Value"),
    Text(zh="目标", en="Target"),
    Text(zh="时期", en="Period"),
    Text(zh="类别", en="Kind"),
    Text(zh="状态与原因", en="Status and reason"),
)
WIDTHS = (40 * mm, 24 * mm, 24 * mm, 17 * mm, 18 * mm, 51 * mm)
OUTCOME_WIDTHS = (42 * mm, 22 * mm, 28 * mm, 26 * mm, 20 * mm, 36 * mm)


class UnableToWritePdf(Refusal):
    """The CJK font is absent."""

    text = Text(
        zh="缺少中文字体 {file}，无法生成 PDF；请先运行 ./dajing up 完成前端部件安装",
        en="the CJK font {file} is absent, so no PDF can be written; run ./dajing up once to install the parts",
    )


SUPERSCRIPTS = {ord(raised): f"<super>{digit}</super>" for digit, raised in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}


def _words(words: str) -> str:
    """``words`` as markup; raised digits (×10⁸ yuan) are set as such, since the CJK font has no glyph for them."""
    return escape(words).translate(SUPERSCRIPTS)


@functools.cache
def _fonts() -> None:
    for name in (REGULAR, BOLD):
        path = FONTS / f"{name}.ttf"
        if not path.exists():
            raise UnableToWritePdf(file=path.name)
        pdfmetrics.registerFont(TTFont(name, str(path)))


def _style(report: Report, **more: Any) -> ParagraphStyle:
    wrap = "CJK" if report.language == "zh" else None
    return ParagraphStyle("s", **{"fontName": REGULAR, "fontSize": 9.5, "leading": 14, "wordWrap": wrap} | more)


def write_pdf(report: Report) -> bytes:
    """Title, state, one table per goal, the county units of each indicator, and what to know."""
    _fonts()
    kept = BytesIO()
    document = BaseDocTemplate(
        kept,
        pagesize=A4,
        leftMargin=18 * mm,
        rightMargin=18 * mm,
        topMargin=20 * mm,
        bottomMargin=20 * mm,
        title=report.title,
        author="",
        lang="zh-CN" if report.language == "zh" else "en",
    )
    frame = Frame(document.leftMargin, document.bottomMargin, document.width, document.height, id="page")
    document.addPageTemplates(PageTemplate(frames=[frame], onPage=lambda canvas, _d: _furniture(canvas, report)))
    document.build(_story(report))
    return kept.getvalue()


def _story(report: Report) -> list[Flowable]:
    title = _style(report, fontName=BOLD, fontSize=17, leading=24, spaceAfter=8)
    head = _style(report, fontName=BOLD, fontSize=12.5, leading=18, spaceBefore=12, spaceAfter=5, keepWithNext=1)
    body = _style(report, spaceAfter=4)
    story: list[Flowable] = [Paragraph(_words(report.title), title), Paragraph(_words(report.state), body)]
    for block in (b for b in report.board.blocks if b.rows):
        story += [Paragraph(_words(report.say(block.goal.title)), head), _goal(block, report)]
    for found in tables(report):
        story += [Paragraph(_words(found.title), head), _outcome(found, report), Paragraph(_words(found.note), body)]
    if report.counties:
        story.append(Paragraph(report.say(Text(zh="各县区", en="By area")), head))
        story += _counties(report)
    story.append(Paragraph(report.say(Text(zh="口径与说明", en="Definitions and notes")), head))
    for indicator in report.board.plan.indicators:
        colon = "：" if report.language == "zh" else ": "
        words = (
            f"{report.say(indicator.title)}{colon}{report.say(indicator.definition)}（{definition(indicator, report)}）"
        )
        story.append(Paragraph(_words(words), body))
    return story


def _goal(block: Block, report: Report) -> Table:
    small, strong = _style(report, fontSize=8.5, leading=12), _style(report, fontName=BOLD, fontSize=8.5, leading=12)
    rows = [[Paragraph(report.say(head), strong) for head in HEADS]]
    for row in block.rows:
        reading = row.latest.reading if row.latest else None
        status = f"{report.say(row.word)}{'：' if report.language == 'zh' else ': '}{report.say(row.reason)}"
        texts = (
            report.say(row.indicator.title),
            value(row, report),
            target(row.indicator, language=report.language),
            reading.period if reading else "",
            kind(row.latest, report),
            status,
        )
        rows.append([Paragraph(_words(text), small) for text in texts])
    return _ruled(rows, WIDTHS)


def _outcome(found: Outcome, report: Report) -> Table:
    small, strong = _style(report, fontSize=8.5, leading=12), _style(report, fontName=BOLD, fontSize=8.5, leading=12)
    rows = [[Paragraph(_words(text), strong) for text in found.heads]]
    rows += [[Paragraph(_words(text), small) for text in row] for row in found.rows]
    return _ruled(rows, OUTCOME_WIDTHS)


def _counties(report: Report) -> list[Flowable]:
    kept: dict[str, list[Figure]] = {}
    for figure in report.counties:
        kept.setdefault(figure.indicator, []).append(figure)
    story: list[Flowable] = []
    small, strong = _style(report, fontSize=8.5, leading=12), _style(report, fontName=BOLD, fontSize=9, leading=13)
    for indicator in report.board.plan.indicators:
        figures = kept.get(indicator.id, [])
        if not figures:
            continue
        cells = [
            Paragraph(_words(f"{_name(figure, report)} {_value(figure, indicator.decimals, report)}"), small)
            for figure in figures
        ]
        lines = [cells[n : n + 4] for n in range(0, len(cells), 4)]
        lines[-1] += [Paragraph("", small)] * (4 - len(lines[-1]))
        words = f"{report.say(indicator.title)} ({report.unit(indicator)}) {figures[0].reading.period}"
        story += [Spacer(1, 4), Paragraph(_words(words), strong), _ruled(lines, [43.5 * mm] * 4, head=False)]
    return story


def _name(figure: Figure, report: Report) -> str:
    code = figure.reading.area
    return report.say(report.names[code]) if code in report.names else code


def _value(figure: Figure, decimals: int, report: Report) -> str:
    value_ = figure.reading.value
    return report.say(Text(zh="未知", en="unknown")) if value_ is None else f"{value_:,.{decimals}f}"


def _ruled(rows: list[list[Any]], widths: Any, *, head: bool = True) -> Table:
    style = [
        ("GRID", (0, 0), (-1, -1), 0.4, colors.HexColor("#9aa6b2")),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
    if head:
        style.append(("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#e9edf1")))
    return Table(rows, colWidths=widths, repeatRows=1 if head else 0, style=TableStyle(style))


def _furniture(canvas: Any, report: Report) -> None:
    width, height = A4
    canvas.saveState()
    canvas.setFont(REGULAR, 9)
    canvas.drawCentredString(width / 2, 10 * mm, f"— {canvas.getPageNumber()} —")
    if report.synthetic:
        canvas.setFillColor(colors.HexColor("#6b3fa0"))
        canvas.drawCentredString(width / 2, height - 12 * mm, report.watermark)
        canvas.setFillAlpha(0.13)
        canvas.setFont(BOLD, 40 if report.language == "zh" else 34)
        canvas.translate(width / 2, height / 2)
        canvas.rotate(45)
        canvas.drawCentredString(0, 0, report.watermark)
    canvas.restoreState()
