"""Files that are broken, disguised or larger than they look; each is refused in words and harms nobody else."""

from __future__ import annotations

import datetime
import io
import os
import re
import zipfile

import openpyxl
import pytest

from dajing.domains.plan.loading import plan as load_plan
from dajing.domains.plan.reporting.scope import fields_of
from dajing.domains.plan.reporting.spreadsheet.reading import area_names, understand
from dajing.kernel.areas import api as areas
from dajing.kernel.spreadsheet.files import FileUnreadable, read_sheets

FIELDS = fields_of(plan=load_plan(), form="government")
NAMES = area_names(areas={code: area.name for code, area in areas.areas().items()})
HEAD = ["区县", *(field.title.zh for field in FIELDS.values())]


def book(*rows, title="2018年6月政务服务月报", far=None):
    made = openpyxl.Workbook()
    for row in ([title], HEAD, *rows):
        made.active.append(row)
    if far:
        made.active[far] = "x"
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def renamed(body, old, new):
    """The workbook with one part under another name, and everything that refers to it changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as source, zipfile.ZipFile(out, "w") as target:
        for info in source.infolist():
            text = source.read(info).replace(old.encode(), new.encode())
            target.writestr(info.filename.replace(old, new), text)
    return out.getvalue()


def rewritten(body, part, old, new):
    """The workbook with one pattern of one part replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            text = source.read(info).decode()
            target.writestr(info.filename, re.sub(old, new, text) if info.filename == part else text)
    return out.getvalue()


def merged_again_and_again():
    """Six kilobytes that name every cell of a large sheet ten thousand times."""
    ranges = '<mergeCells count="10000">' + '<mergeCell ref="A1:OJ4999"/>' * 10_000 + "</mergeCells></worksheet>"
    return rewritten(book(far="OJ4999"), "xl/worksheets/sheet1.xml", "</worksheet>", ranges)


def one_sheet_many_times():
    """A hundred names for one large sheet."""
    again = "".join(f'<sheet name="s{n}" sheetId="{n}" r:id="rId1"/>' for n in range(2, 102))
    declared = ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    body = rewritten(book(far="OJ4999"), "xl/workbook.xml", "</sheets>", again + "</sheets>")
    return rewritten(body, "xl/workbook.xml", "<workbook ", f"<workbook{declared} ")


def bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (210 << 20))
    return out.getvalue()


def ods(repeated):
    kind = 'office:value-type="string"'
    cells = "".join(f"<table:table-cell {kind}><text:p>{text}</text:p></table:table-cell>" for text in HEAD)
    content = (
        '<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="s"><table:table-row>{cells}</table:table-row>'
        f'<table:table-row table:number-rows-repeated="{repeated}"><table:table-cell office:value-type="string" '
        f'table:number-columns-repeated="{repeated}"><text:p>1</text:p></table:table-cell></table:table-row>'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", content)
    return out.getvalue()


FAR = book(far="XFD1048576")
HOSTILE = {
    "a cell in the last row and column": FAR,
    "the same with its sheet elsewhere": renamed(FAR, "worksheets/sheet1.xml", "elsewhere/sheet1.xml"),
    "the same with its place disguised": renamed(FAR, 'r="XFD1048576"', 'r="&#88;FD1048576"'),
    "an OpenDocument table repeated endlessly": ods(1_000_000_000),
    "a bomb": bomb(),
    "every cell merged ten thousand times": merged_again_and_again(),
    "one large sheet under a hundred names": one_sheet_many_times(),
    "eight million cells in five kilobytes": book(far="OJ20000"),
    "random bytes": b"\x80" + os.urandom(2000),
    "half a workbook": FAR[: len(FAR) // 2],
    "an old workbook of random bytes": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + os.urandom(3000),
    "a quotation mark never closed": ('区县,事项总数\n"蔚县,1\n' + "x" * 200_000).encode(),
    "zero bytes in a text": b"a,b\x00c\n1,2",
    "nothing": b" \n ",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_words(name):
    with pytest.raises(FileUnreadable) as refusal:
        read_sheets(name="六月.xlsx", body=HOSTILE[name], limit=20 << 20)
    assert refusal.value.message.zh.startswith("六月.xlsx：")
    assert refusal.value.message.en.startswith("六月.xlsx: ")


def test_the_workbook_under_a_hundred_names_is_well_formed():
    """So that it is refused for its size and not for a mistake of this test."""
    from python_calamine import CalamineWorkbook

    book_of = CalamineWorkbook.from_filelike(io.BytesIO(HOSTILE["one large sheet under a hundred names"]))
    assert len(book_of.sheet_names) == 101
    assert book_of.get_sheet_by_name("s101").total_height > 4000


def test_merged_cells_beside_and_beyond_the_figures_are_as_good_as_ever():
    made = openpyxl.Workbook()
    made.active.append(["a", "b", "c"])
    made.active.append([1, 2, 3])
    for place in ("A1:B1", "E1:E9", "F1:F9", "G1:XA30", "A3:C20"):
        made.active.merge_cells(place)
    out = io.BytesIO()
    made.save(out)
    rows = read_sheets(name="f.xlsx", body=out.getvalue(), limit=20 << 20)[0].rows
    assert rows[0][:3] == ["a", "a", "c"]


def faults(*rows, **given):
    sheets = read_sheets(name="f.xlsx", body=book(*rows, **given), limit=20 << 20)
    found = understand(sheets=sheets, fields=FIELDS, areas=NAMES, frequency="month")
    return [(f.column + str(f.row), f.message.zh) for f in found.faults], len(found.values)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("#DIV/0!", "“#DIV/0!”不是数字"), (datetime.datetime(2018, 6, 1), "“2018-06-01”不是数字"),
        (True, "“True”不是数字"), ("50%", "“50%”不是数字"), ("1e999", "“1e999”不是数字"), ("nan", "“nan”不是数字"),
    ],
)  # fmt: skip
def test_a_cell_without_a_number_is_named_with_its_place(cell, words):
    assert faults(["蔚县", cell, 50, 100, 50]) == ([("B3", words)], 3)


def test_the_numbering_row_of_official_forms_is_no_data():
    assert faults(["甲", 1, 2, 3, 4], ["蔚县", 100, 50, 100, 50]) == ([], 4)


def test_an_opendocument_table_is_read_apart_like_any_other():
    sheets = read_sheets(name="f.ods", body=ods(1), limit=20 << 20)
    assert sheets[0].rows[0][: len(HEAD)] == HEAD
