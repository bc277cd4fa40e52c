"""The gap list as a workbook: figures as numbers, the run it comes from, and that it is synthetic where it is."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from dajing.domains.network.coverage.gaps import Gap
from dajing.domains.network.coverage.structs import RunInfo
from dajing.domains.network.standards import Service
from dajing.kernel.measures.reading import Kind
from dajing.kernel.text import Text

HEADINGS = (
    Text(zh="序", en="Rank"), Text(zh="代码", en="Code"), Text(zh="村、社区或场所", en="Place"),
    Text(zh="乡镇街道", en="Township"), Text(zh="县区", en="Unit"), Text(zh="人口", en="People"),
    Text(zh="未覆盖人口（期望）", en="People lacking (expected)"), Text(zh="下界 90%", en="Low, 90 %"),
    Text(zh="上界 90%", en="High, 90 %"), Text(zh="覆盖概率", en="Share covered"),
)  # fmt: skip
WIDTHS = (6, 16, 30, 20, 16, 12, 18, 12, 12, 12)
SYNTHETIC = Text(
    zh="含合成数据，仅供演示；县区以下人口与位置为合成",
    en="contains synthetic data, for demonstration only; people and positions below the county are synthetic",
)


def write_gaps(*, gaps: Sequence[Gap], run: RunInfo, service: Service, language: str) -> bytes:
    """One sheet with the list, one with where it comes from. Names that begin like a formula stay text."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = Text(zh="覆盖缺口", en="Gaps").render(language=language)
    sheet.append([heading.render(language=language) for heading in HEADINGS])
    for gap in gaps:
        line = gap.line
        sheet.append(
            [gap.rank, line.code, _text(line.name), _text(gap.township), _text(gap.unit_name), line.people,
             round(line.lacking, 1), round(gap.low, 1), round(gap.high, 1), line.share]
        )  # fmt: skip
        sheet.cell(row=sheet.max_row, column=10).number_format = "0.0%"
    for column, width in enumerate(WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
        sheet.cell(row=1, column=column).font = Font(bold=True)
    sheet.freeze_panes = "A2"
    about: Any = book.create_sheet(Text(zh="说明", en="About").render(language=language))
    rows = [
        (Text(zh="业务", en="Service"), service.title.render(language=language)),
        (Text(zh="门限与出处", en="Limit and source"), service.source.render(language=language)),
        (Text(zh="门限状态", en="Status of the limit"), service.status),
        (Text(zh="台账日期", en="Registers of"), run.on.isoformat()),
        (Text(zh="知悉时间", en="Known at"), run.known_at.isoformat()),
        (Text(zh="输入摘要 SHA-256", en="Digest of the inputs"), run.digest),
        (Text(zh="类别", en="Kind"), str(run.kind)),
    ]
    if run.kind == Kind.SYNTHETIC:
        rows.append((Text(zh="注意", en="Note"), SYNTHETIC.render(language=language)))
    for title, value in rows:
        about.append([title.render(language=language), value])
    about.column_dimensions["A"].width, about.column_dimensions["B"].width = 24, 90
    sink = BytesIO()
    book.save(sink)
    return sink.getvalue()


def _text(value: str) -> str:
    return f"'{value}" if value.startswith(("=", "+", "-", "@")) else value
