from __future__ import annotations

import io
import zipfile

import pytest
from openpyxl import Workbook

from dajing.domains.plan.loading import plan as load_plan
from dajing.domains.plan.reporting.scope import fields_of
from dajing.domains.plan.reporting.spreadsheet.reading import area_names, understand
from dajing.kernel.areas import api as areas
from dajing.kernel.spreadsheet.files import FileUnreadable, read_sheets

LIMIT = 20 << 20


def names():
    return area_names(areas={code: area.name for code, area in areas.areas().items()})


def understood(body, name="表.xlsx", form="government", frequency="month", mapping=None):
    sheets = read_sheets(name=name, body=body, limit=LIMIT)
    fields = fields_of(plan=load_plan(), form=form)
    return understand(sheets=sheets, fields=fields, areas=names(), frequency=frequency, mapping=mapping)


def workbook(rows, merged=(), title="Sheet1"):
    book = Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for area in merged:
        sheet.merge_cells(area)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def figures(found):
    return {(v.field, v.area): v.number for v in found.values}


TITLE = ["张家口市２０１８年６月政务服务月报"]
PLAIN = [
    ["区县", "政务服务事项总数", "可网上办理事项数"],
    ["桥东区", 1200, 1100],
    ["蔚县", "９８０", "８００"],
    ["合计", 2180, 1900],
    ["填报人：王某", None, None],
]


def headings():
    fields = fields_of(plan=load_plan(), form="government")
    return fields["items_total"].title.zh, fields["items_online"].title.zh


def table():
    total, online = headings()
    return [["区县", total, online], *PLAIN[1:]]


EXPECTED = {
    ("items_total", "130702"): 1200.0,
    ("items_online", "130702"): 1100.0,
    ("items_total", "130726"): 980.0,
    ("items_online", "130726"): 800.0,
}


def test_a_plain_table_with_title_total_and_signature_rows_is_read():
    found = understood(workbook([TITLE, *table()]))
    assert figures(found) == EXPECTED
    assert (found.period, found.faults, found.totals) == (
        "2018-06",
        (),
        {"items_total": 2180.0, "items_online": 1900.0},
    )
    assert {(v.row, v.column) for v in found.values} == {(3, "B"), (3, "C"), (4, "B"), (4, "C")}


def test_merged_headings_over_two_rows_are_joined():
    total, online = headings()
    rows = [TITLE, ["区县", "政务服务事项", None], [None, total, online], *PLAIN[1:]]
    found = understood(workbook(rows, merged=["A2:A3", "B2:C2", "A1:C1"]))
    assert figures(found) == EXPECTED


def test_counties_side_by_side_are_read_as_well():
    total, online = headings()
    rows = [TITLE, ["区县", "桥东区", "蔚县"], [total, 1200, 980], [online, 1100, 800]]
    found = understood(workbook(rows))
    assert figures(found) == EXPECTED
    assert {(v.row, v.column) for v in found.values} == {(3, "B"), (3, "C"), (4, "B"), (4, "C")}


def test_one_figure_a_row_is_read_as_well():
    total, online = headings()
    rows = [
        ["行政区划代码", "指标", "数值", "期间"],
        ["130702", total, 1200, "2018年6月"],
        ["130702", online, 1100, "2018年6月"],
        ["130726000000", total, 980, "2018-06"],
        ["130726000000", online, 800, "2018-06"],
    ]
    found = understood(workbook(rows))
    assert figures(found) == EXPECTED
    assert found.period == "2018-06"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_text_tables_in_any_usual_encoding_give_the_same_figures(encoding, delimiter):
    rows = [TITLE, *table()]
    text = "\r\n".join(delimiter.join("" if c is None else str(c) for c in row) for row in rows)
    found = understood(text.encode(encoding), name="表.csv")
    assert figures(found) == EXPECTED
    assert found.period == "2018-06"


def test_units_in_headings_and_cells_are_scaled():
    field = fields_of(plan=load_plan(), form="commerce")["ecommerce_turnover"]
    rows = [["2018年6月"], ["区县", f"{field.title.zh}（万元）"], ["桥东区", 350_000], ["蔚县", "1.2亿元"]]
    found = understood(workbook(rows), form="commerce")
    assert figures(found) == {("ecommerce_turnover", "130702"): 35.0, ("ecommerce_turnover", "130726"): 1.2}


def test_a_unit_that_does_not_fit_is_a_fault_with_its_cure():
    total, _ = headings()
    found = understood(workbook([["2018年6月"], ["区县", f"{total}（人）"], ["桥东区", 3]]))
    assert ["单位“人”" in f.message.zh for f in found.faults] == [True]


def test_an_unknown_column_asks_for_its_meaning_and_the_answer_is_used():
    total, _ = headings()
    rows = [["2018年6月"], ["区县", total, "网办事项（我局口径）"], ["桥东区", 1200, 1100]]
    found = understood(workbook(rows))
    assert [c.heading for c in found.table.unknown] == ["网办事项(我局口径)"]
    from dajing.domains.plan.reporting.spreadsheet.numbers import bare

    mapping = {bare("网办事项（我局口径）"): "items_online"}
    assert figures(understood(workbook(rows), mapping=mapping))[("items_online", "130702")] == 1100.0
    ignored = understood(workbook(rows), mapping={bare("网办事项（我局口径）"): "ignored"})
    assert not ignored.table.unknown
    assert ("items_online", "130702") not in figures(ignored)


def test_bad_cells_and_unknown_places_are_named_by_row_and_column_all_at_once():
    rows = [["2018年6月"], *table()]
    rows[2] = ["桥东区", "#DIV/0!", "若干"]
    rows[3] = ["海淀区", 1, 1]
    text = "\n".join(",".join("" if c is None else str(c) for c in row) for row in rows)
    found = understood(text.encode("gb18030"), name="表.csv")
    assert [(f.row, f.column) for f in found.faults] == [(3, "B"), (3, "C"), (4, "A")]
    assert all(f.cure.zh and f.cure.en for f in found.faults)


def test_a_half_year_in_the_title_of_a_monthly_form_is_refused_in_words():
    found = understood(workbook([["2018年上半年政务服务报表"], *table()]))
    assert any("上半年" in f.message.zh for f in found.faults)


def test_a_sheet_without_headings_says_what_headings_are_needed():
    found = understood(workbook([["随便", "写写"], [1, 2]]))
    assert "区县" in found.faults[0].cure.zh


def test_the_sheet_that_fits_is_found_among_others():
    book = Workbook()
    book.active.append(["封面"])
    sheet = book.create_sheet("2018年6月")
    for row in table():
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    found = understood(file.getvalue())
    assert (figures(found), found.sheet, found.period) == (EXPECTED, "2018年6月", "2018-06")


def test_formulas_give_their_kept_values_and_macros_nothing():
    found = understood(workbook([TITLE, *table()]), name="表.xlsm")
    assert figures(found) == EXPECTED


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("空.csv", b"", "空的"),
        ("图.csv", b"\x89PNG\r\n\x1a\n\x00\x00\x00", "文本表格"),
        ("坏.xlsx", b"PK\x03\x04 not a zip", "损坏"),
        ("密.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "损坏、加密"),
        ("码.csv", b"\xff\xfe\x00\xd8\x00\xd8\x00", "编码"),
        ("大.csv", b"x" * (LIMIT + 1), "超过 20 MB"),
    ],
)
def test_files_that_are_no_tables_are_refused_in_words(name, body, words):
    with pytest.raises(FileUnreadable, match=name) as refusal:
        read_sheets(name=name, body=body, limit=LIMIT)
    assert words in refusal.value.message.zh
    assert refusal.value.message.en


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w") as part,
    ):
        for _ in range(210):
            part.write(bytes(1 << 20))
    with pytest.raises(FileUnreadable, match="解开后过大"):
        read_sheets(name="弹.xlsx", body=file.getvalue(), limit=LIMIT)


def test_a_table_longer_than_any_report_is_refused():
    body = ("区县,a\n" + "桥东区,1\n" * 20_001).encode()
    with pytest.raises(FileUnreadable, match="20000"):
        read_sheets(name="长.csv", body=body, limit=LIMIT)


def test_areas_are_known_by_name_short_name_and_code():
    known = names()
    assert known.code("蔚县") == known.code("蔚 县") == known.code("130726") == known.code("130726000000") == "130726"
    assert known.code("崇礼") in {"130709", "130733"}
    assert known.code("海淀区") is None
