"""The report as an editable document in the layout of GB/T 9704-2012 (page, fonts, levels, page numbers).

Sizes: title 二号 22 pt, body 三号 16 pt, 28 pt lines, page number 四号 14 pt; margins 37/35/28/26 mm.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

from dajing.domains.plan.board.contents import Block, Row
from dajing.domains.plan.exports.outcome import tables
from dajing.domains.plan.exports.report import Report, definition, kind, target, value
from dajing.kernel.text import Text

TITLE, BODY, FIRST, SECOND = "方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312"
LATIN = "Times New Roman"
# What a reader without the official fonts gets instead (w:altName of the font table).
FALLBACKS = {TITLE: "宋体", BODY: "仿宋", SECOND: "楷体"}
DIGITS = "一二三四五六七八九十"
HEADS = (
    Text(zh="指标", en="Indicator"),
    Text(zh="数值", en="Value"),
    Text(zh="目标", en="Target"),
    Text(zh="时期", en="Period"),
    Text(zh="类别", en="Kind"),
    Text(zh="状态", en="Status"),
)


def write_docx(report: Report) -> bytes:
    """Title, addressee, how the plan stands, each goal with table and reasons, the outlook or final evaluation, what to
    know, signature and date."""
    document = Document()
    _page(document, report)
    _line(document, report.title, font=TITLE, size=22, align=WD_ALIGN_PARAGRAPH.CENTER, indent=0)
    _line(document, "", indent=0)
    _line(document, report.say(report.addressee) + ("：" if report.language == "zh" else ":"), indent=0)
    _line(document, report.state)
    _head(document, report, 0, report.say(Text(zh="总体情况", en="How the plan stands")))
    _line(document, _summary(report))
    for number, block in enumerate((b for b in report.board.blocks if b.rows), start=1):
        _head(document, report, number, report.say(block.goal.title))
        _goal(document, block, report)
    number = sum(bool(b.rows) for b in report.board.blocks) + 1
    for found in tables(report):
        _head(document, report, number, found.title)
        _table(document, found.heads, found.rows)
        _line(document, found.note)
        number += 1
    _head(document, report, number, report.say(Text(zh="数据说明", en="About the data")))
    _notes(document, report)
    _signature(document, report)
    kept = BytesIO()
    document.save(kept)
    return kept.getvalue()


def _summary(report: Report) -> str:
    total = len(report.board.rows)
    counts = [(report.say(word), number) for _tone, word, number in report.board.counts]
    if report.language == "zh":
        listed = "、".join(f"{word} {number} 项" for word, number in counts)
        return f"规划共有数量指标 {total} 项，其中{listed}。"
    listed = ", ".join(f"{number} {word.lower()}" for word, number in counts)
    return f"The plan has {total} numeric targets: {listed}."


def _goal(document: Any, block: Block, report: Report) -> None:
    rows = [
        (
            report.say(row.indicator.title),
            value(row, report),
            target(row.indicator, language=report.language),
            row.latest.reading.period if row.latest else "",
            kind(row.latest, report),
            report.say(row.word),
        )
        for row in block.rows
    ]
    _table(document, [report.say(head) for head in HEADS], rows)
    for number, row in enumerate(block.rows):
        _reason(document, number, row, report)


def _table(document: Any, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = document.add_table(rows=1, cols=len(heads))
    table.style, table.alignment = "Table Grid", WD_TABLE_ALIGNMENT.CENTER
    for cell, head in zip(table.rows[0].cells, heads, strict=True):
        _cell(cell, head, font=FIRST)
    _repeat(table.rows[0])
    for texts in rows:
        for cell, text in zip(table.add_row().cells, texts, strict=True):
            _cell(cell, text, font=BODY)
    _line(document, "", indent=0)


def _reason(document: Any, number: int, row: Row, report: Report) -> None:
    lead = f"（{_count(number)}）" if report.language == "zh" else f"({number + 1}) "
    paragraph = _line(document, f"{lead}{report.say(row.indicator.title)}", font=SECOND)
    stop = "。" if report.language == "zh" else ". "
    reason = report.say(row.reason).rstrip("。. ")
    _run(
        paragraph,
        f"{stop}{report.say(row.word)}{'：' if report.language == 'zh' else ': '}{reason}{stop.strip()}",
        BODY,
    )


def _notes(document: Any, report: Report) -> None:
    if report.synthetic:
        _line(document, report.watermark + ("。" if report.language == "zh" else "."))
    said = Text(
        zh="口径为“推定”的指标，原文没有给出定义，须经主管部门确认后方可作为考核依据。",
        en="Where a definition is inferred, the plan gives none; it must be confirmed before it is used to judge.",
    )
    _line(document, report.say(said))
    inferred = [i for i in report.board.plan.indicators if i.definition_status == "inferred"]
    if inferred:
        names = ("、" if report.language == "zh" else "; ").join(report.say(i.title) for i in inferred)
        _line(document, f"{definition(inferred[0], report)}{'：' if report.language == 'zh' else ': '}{names}")


def _signature(document: Any, report: Report) -> None:
    _line(document, "", indent=0)
    signer = Text(zh="（发文机关署名）", en="(issuing authority)")
    for text in (report.say(signer), report.day(report.at)):
        line = _line(document, text, align=WD_ALIGN_PARAGRAPH.RIGHT, indent=0)
        line.paragraph_format.right_indent = Pt(16 * 4)  # 成文日期右空四字


def _count(number: int) -> str:
    """0 → 一, 10 → 十一, 19 → 二十."""
    tens, ones = divmod(number + 1, 10)
    return ("" if tens == 0 else "十" if tens == 1 else DIGITS[tens - 1] + "十") + (DIGITS[ones - 1] if ones else "")


def _head(document: Any, report: Report, number: int, title: str) -> None:
    lead = f"{_count(number)}、" if report.language == "zh" else f"{number + 1}. "
    paragraph = document.add_heading(level=1)
    _format(paragraph, indent=2)
    _run(paragraph, lead + title, FIRST)


def _line(document: Any, text: str, *, font: str = BODY, size: int = 16, align: Any = None, indent: int = 2) -> Any:
    paragraph = document.add_paragraph()
    _format(paragraph, indent=indent, align=align)
    _run(paragraph, text, font, size)
    return paragraph


def _format(paragraph: Any, *, indent: int, align: Any = None) -> None:
    layout = paragraph.paragraph_format
    layout.line_spacing_rule, layout.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(28)
    layout.space_before = layout.space_after = Pt(0)
    layout.first_line_indent = Pt(16 * indent)
    paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY if align is None else align


def _run(paragraph: Any, text: str, font: str, size: int = 16) -> Any:
    run = paragraph.add_run(text)
    run.font.name, run.font.size, run.font.bold = LATIN, Pt(size), False
    run.font.color.rgb = RGBColor(0, 0, 0)
    run._element.rPr.rFonts.set(qn("w:eastAsia"), font)
    return run


def _cell(cell: Any, text: str, *, font: str) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(0)
    _run(paragraph, text, font, 12)


def _repeat(row: Any) -> None:
    """The head row stands on every page of a long table."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _page(document: Any, report: Report) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    document.core_properties.title = report.title
    document.core_properties.author = ""
    document.core_properties.language = "zh-CN" if report.language == "zh" else "en"
    _number(section.footer.paragraphs[0])
    if report.synthetic:
        head = section.header.paragraphs[0]
        head.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _run(head, report.watermark, FIRST, 10)
        head._p.append(_watermark(report.watermark))
    _fallbacks(document)


def _number(paragraph: Any) -> None:
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _run(paragraph, "— ", "宋体", 14)
    run = _run(paragraph, "", "宋体", 14)
    for kind_, text in (("begin", None), (None, "PAGE"), ("end", None)):
        part = OxmlElement("w:instrText" if text else "w:fldChar")
        if text:
            part.text = text
        else:
            part.set(qn("w:fldCharType"), str(kind_))
        run._r.append(part)
    _run(paragraph, " —", "宋体", 14)


def _watermark(words: str) -> Any:
    """A slanted text behind every page, as word processors keep watermarks (VML text path in the header)."""
    from xml.sax.saxutils import quoteattr

    return parse_xml(
        f'<w:r {nsdecls("w")} xmlns:v="urn:schemas-microsoft-com:vml" '
        'xmlns:o="urn:schemas-microsoft-com:office:office">'
        '<w:pict><v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800" '
        'path="m@7,l@8,m@5,21600l@6,21600e"><v:path textpathok="t" o:connecttype="rect"/>'
        '<v:textpath on="t" fitshape="t"/></v:shapetype>'
        '<v:shape id="PowerPlusWaterMarkObject1" type="#_x0000_t136" style="position:absolute;width:440pt;height:60pt;'
        "rotation:315;z-index:-251658752;mso-position-horizontal:center;mso-position-horizontal-relative:margin;"
        'mso-position-vertical:center;mso-position-vertical-relative:margin" fillcolor="#d5c6ea" stroked="f">'
        f'<v:fill opacity=".5"/><v:textpath style="font-family:&quot;SimHei&quot;" string={quoteattr(words)}/>'
        "</v:shape></w:pict></w:r>"
    )


def _fallbacks(document: Any) -> None:
    """Name a common font as the alternative of each official one, so that the layout survives on any machine."""
    part = next((r.target_part for r in document.part.rels.values() if r.reltype.endswith("/fontTable")), None)
    if part is None:
        return
    entries = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/><w:family w:val="auto"/></w:font>'
        for name, other in FALLBACKS.items()
    )
    part._blob = part.blob.replace(b"</w:fonts>", entries.encode() + b"</w:fonts>")
