"""CSV tables of a pack: one row, one structure; an empty cell is an absent value."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import msgspec

from dajing.kernel.packs.problem import Problems
from dajing.kernel.packs.structures import Path as KeyPath
from dajing.kernel.packs.structures import decode
from dajing.kernel.text import Text


class Row[T: msgspec.Struct](msgspec.Struct, frozen=True):
    """A decoded row and its line in the file."""

    value: T
    line: int


def read_rows[T: msgspec.Struct](path: Path, type_: type[T], *, problems: Problems) -> list[Row[T]]:
    """Every sound row of ``path``; faulty rows are reported and left out."""
    text = _text(path, problems)
    if text is None:
        return []
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row[T]] = []
    if not text.strip():
        message = Text(zh="表是空的", en="the table is empty")
        problems.add(file=path, line=1, message=message, fix=Text(zh="补上表头与行", en="add a header and rows"))
        return rows
    try:
        for raw in reader:
            row = _row(raw, type_, reader.line_num, path, problems)
            if row is not None:
                rows.append(row)
    except csv.Error as error:
        message = Text(zh=f"不是合格的 CSV：{error}", en=f"not valid CSV: {error}")
        fix = Text(zh="检查引号与逗号", en="check quotes and commas")
        problems.add(file=path, line=reader.line_num, message=message, fix=fix)
    return rows


def _row[T: msgspec.Struct](
    raw: dict[str, str], type_: type[T], line: int, path: Path, problems: Problems
) -> Row[T] | None:
    if None in raw or None in raw.values():
        message = Text(zh="单元格数与表头不符", en="the row has not as many cells as the header")
        problems.add(file=path, line=line, message=message, fix=Text(zh="补齐或删去逗号", en="add or remove commas"))
        return None

    def report(at: KeyPath, message: Text, fix: Text) -> None:
        problems.add(file=path, line=line, message=message, fix=fix)

    cells = {name: cell.strip() for name, cell in raw.items() if cell.strip()}
    value = decode(cells, type_, report=report, strict=False)
    return None if value is None else Row(value, line)


def _text(path: Path, problems: Problems) -> str | None:
    if not path.is_file():
        message = Text(zh="文件不存在", en="the file does not exist")
        problems.add(file=path, line=0, message=message, fix=Text(zh="补上该文件", en="add it"))
        return None
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        message = Text(zh="不是 UTF-8", en="not UTF-8")
        problems.add(file=path, line=line, message=message, fix=Text(zh="另存为 UTF-8", en="save it as UTF-8"))
        return None
