"""Each file is opened again by a library that did not write it, and says what the board says."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, datetime

import msgspec
import pytest
from docx import Document
from docx.shared import Mm
from openpyxl import load_workbook
from pypdf import PdfReader
from python_calamine import CalamineWorkbook
from reportlab.pdfbase import pdfmetrics

from dajing.domains.plan.board.contents import compose
from dajing.domains.plan.board.tests import factories
from dajing.domains.plan.exports import pdf
from dajing.domains.plan.exports.api import FORMATS, Report, write
from dajing.domains.plan.exports.docx import _count
from dajing.domains.plan.loading import plan
from dajing.kernel.text import Text
from dajing.kernel.ui.catalogue import PACKAGE
from dajing.kernel.units import ENGLISH

AT = datetime(2018, 7, 2, 1, 0, tzinfo=UTC)
MARK = {"zh": "演示数据，全部为模拟生成", "en": "Demo: all data synthetic"}
needs_font = pytest.mark.skipif(
    not (PACKAGE / "kernel/ui/static/vendor/NotoSansSC-Regular.ttf").exists(),
    reason="the CJK font is built by the launcher",
)


def report(*, language: str = "zh", synthetic: bool = True, empty: bool = False) -> Report:
    found = plan()
    board = factories.board(plan=found, synthetic=synthetic)
    if empty:
        board = compose(plan=found, vintage=None, figures=[])
    kind = None if synthetic else factories.Kind.REPORTED
    counties = [] if empty else [factories.figure(area="130702", **({"kind": kind} if kind else {}))]
    return Report(
        board=board,
        at=AT,
        as_of=AT,
        language=language,
        time_zone="Asia/Shanghai",
        addressee=Text(zh="张家口市人民政府", en="To the People's Government of Zhangjiakou"),
        names={"130702": Text(zh="桥东区", en="Qiaodong District")},
        counties=counties,
    )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_workbook_holds_numbers_with_their_origin(language: str) -> None:
    file = io.BytesIO(write(format="xlsx", report=report(language=language)))
    book = load_workbook(file)
    overview = book.worksheets[0]
    assert overview["A1"].value == MARK[language]
    heads = [cell.value for cell in overview[2]]
    rows = [dict(zip(heads, (c.value for c in row), strict=True)) for row in overview.iter_rows(min_row=3)]
    assert len(rows) == len(plan().indicators)
    value = {"zh": "数值", "en": "Value"}[language]
    assert all(isinstance(row[value], int | float) for row in rows)
    assert all(len(row[heads[-1]]) == 64 for row in rows)
    assert overview.oddHeader.center.text == MARK[language]


def test_another_reader_finds_the_same_value_in_the_workbook() -> None:
    made = report()
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(write(format="xlsx", report=made))).get_sheet_by_index(0)
    iptv = next(row for row in sheet.to_python() if row[1] == "IPTV业务渗透率")
    row = next(r for r in made.board.rows if r.indicator.id == "iptv")
    assert row.latest is not None
    assert iptv[2] == row.latest.reading.value


def test_a_text_that_looks_like_a_formula_is_not_one() -> None:
    made = report()
    evil = msgspec.structs.replace(made, names={"130702": Text(zh="=HYPERLINK(1)", en="=1+1")})
    book = load_workbook(io.BytesIO(write(format="xlsx", report=evil)))
    cells = [cell for row in book.worksheets[2].iter_rows() for cell in row if str(cell.value).startswith("=")]
    assert cells
    assert {cell.data_type for cell in cells} == {"s"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_document_follows_the_layout_of_gb_t_9704(language: str) -> None:
    document = Document(io.BytesIO(write(format="docx", report=report(language=language))))
    section = document.sections[0]
    assert abs(section.top_margin - Mm(37)) < 1000
    assert abs(section.left_margin - Mm(28)) < 1000
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert MARK[language] in section.header.paragraphs[0].text
    if language == "zh":
        assert texts[2] == "张家口市人民政府："
        assert any(text.startswith("一、") for text in texts)
        assert any(text.startswith("（一）") for text in texts)
        assert texts[-1] == "2018年7月2日"
    assert len(document.tables) == len({i.goal for i in plan().indicators})
    title = document.paragraphs[0].runs[0]
    assert title._element.rPr.rFonts.get("{http://schemas.openxmlformats.org/wordprocessingml/2006/main}eastAsia") == (
        "方正小标宋简体"
    )


def test_the_document_prints_its_watermark_behind_every_page_and_none_for_real_data() -> None:
    def header(made: Report) -> str:
        parts = zipfile.ZipFile(io.BytesIO(write(format="docx", report=made)))
        return "".join(parts.read(name).decode() for name in parts.namelist() if "header" in name)

    assert "PowerPlusWaterMarkObject" in header(report())
    assert MARK["zh"] in header(report())
    real = report(synthetic=False)
    real = msgspec.structs.replace(
        real, board=compose(plan=plan(), vintage=factories.vintage(synthetic=False), figures=[])
    )
    assert "PowerPlusWaterMarkObject" not in header(real)


def test_chinese_ordinals_count_past_ten() -> None:
    assert [_count(n) for n in (0, 9, 10, 18, 19, 20, 98)] == ["一", "十", "十一", "十九", "二十", "二十一", "九十九"]


@needs_font
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pdf_says_its_words_and_carries_the_mark_on_every_page(language: str) -> None:
    reader = PdfReader(io.BytesIO(write(format="pdf", report=report(language=language))))
    pages = [page.extract_text() for page in reader.pages]
    assert all(MARK[language] in page for page in pages)
    assert {"zh": "城市社区光纤网络覆盖率", "en": "Urban communities"}[language] in "".join(pages)


@needs_font
def test_the_pdf_has_a_glyph_for_every_unit() -> None:
    pdf._fonts()
    glyphs = pdfmetrics.getFont(pdf.REGULAR).face.charToGlyph
    for unit in [*ENGLISH, *ENGLISH.values()]:
        shown = re.sub("<[^>]+>", "", pdf._words(unit))
        assert [c for c in shown if ord(c) not in glyphs] == [], unit


@needs_font
def test_the_pdf_embeds_a_subset_of_the_font() -> None:
    made = write(format="pdf", report=report())
    assert b"/FontFile2" in made
    assert len(made) < 400_000


@needs_font
@pytest.mark.parametrize("format", FORMATS)
def test_without_readings_a_file_says_so_and_shows_no_number(format: str) -> None:
    made = write(format=format, report=report(empty=True))
    assert made[:2] in {b"PK", b"%P"}
    if format == "pdf":
        assert "尚无锁定的报表" in PdfReader(io.BytesIO(made)).pages[0].extract_text()
