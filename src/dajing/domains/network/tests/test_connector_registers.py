"""The connector of registers looks before anything is changed."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from dajing.domains.network.connectors.registers import Options, check, pull
from dajing.domains.network.models import Load
from dajing.kernel.spreadsheet.files import FileUnreadable


@pytest.mark.django_db
def test_a_workbook_with_a_title_above_its_headings_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["张家口市基站站址表"], ["站址编码", "站名", "经度", "纬度"], ["S1", "红旗楼", 114.9, 40.78]):
        book.active.append(row)
    book.save(tmp_path / "sites.xlsx")
    options = Options(path=tmp_path / "sites.xlsx", register="site")
    assert [number for number, _ in pull(options=options)] == [3]
    assert check(options=options) == []
    assert not Load.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"a,b\n1,2\n", b"PK\x03\x04broken"])
def test_what_is_no_register_is_refused_with_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    assert check(options=Options(path=path, register="site"))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable):
        pull(options=Options(path=tmp_path / "gone.csv", register="site"))


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["[]", "{", '{"features": 3}', '{"features": [null]}', '{"a": ' * 3000])
def test_broken_geojson_is_refused_with_words(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.geojson"
    path.write_text(text)
    assert check(options=Options(path=path, register="site"))


@pytest.mark.django_db
def test_faults_are_told_by_row_with_their_cure(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("编号,经度,纬度\nS1,116.4,39.9\n", encoding="gb18030")
    (found,) = check(options=Options(path=path, register="site"))
    assert "第 2 行" in found.zh
    assert "gcj02" in found.zh
