"""From bytes to grids of cells: what kind of file it is, its encoding, its merged cells."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator

import msgspec

from dajing.kernel.spreadsheet.bounds import Claims, errors, measurable
from dajing.kernel.text import Refusal, Text

MOST_ROWS, MOST_COLUMNS = 20_000, 400
MOST_CELLS = 2_000_000  # of all sheets together: a reader makes room for empty ones too
MOST_UNPACKED = 200 << 20
TOO_LONG = 3  # exit code of ``apart``
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class FileUnreadable(Refusal):
    """A file that is no table, or none that is accepted."""

    text = Text(zh="{file}：{reason}", en="{file}: {reason}")

    def __init__(self, *, file: str, reason: Text) -> None:
        super().__init__(file=file, reason=reason.en)
        self.message = Text(zh=f"{file}：{reason.zh}", en=f"{file}: {reason.en}")


class Sheet(msgspec.Struct, frozen=True):
    """One sheet: its name and its rows of cells, merged cells filled with their value."""

    name: str
    rows: list[list[object]]


def read_sheets(*, name: str, body: bytes, limit: int, most_rows: int = MOST_ROWS) -> list[Sheet]:
    """Every sheet of a workbook, or the one table of a text file.

    Raises ``FileUnreadable`` for a file over ``limit`` bytes, an encrypted or broken workbook, one that unpacks to a
    size no table has, an unknown encoding, or a table with over ``most_rows`` rows.
    """
    if len(body) > limit:
        raise FileUnreadable(file=name, reason=too_large(size=len(body), limit=limit))
    if not body.strip():
        raise FileUnreadable(
            file=name, reason=Text(zh="文件是空的；请重新导出。", en="the file is empty; export it again.")
        )
    if body.startswith(b"PK"):
        _not_a_bomb(name, body)
        return _workbook(name, body, most_rows)
    if body.startswith(_OLE):
        return _workbook(name, body, most_rows)
    return [Sheet("", list(_bounded(name, _text_rows(name, body), most_rows)))]


def too_large(*, size: int, limit: int) -> Text:
    """The words for a file over the limit."""
    return Text(
        zh=f"文件有 {size / 1048576:.0f} MB，超过 {limit / 1048576:.0f} MB 的上限；请只保留本期报表所在的工作表。",
        en=f"{size / 1048576:.0f} MB is over the limit of {limit / 1048576:.0f} MB; keep only this report's sheet.",
    )


def _not_a_bomb(name: str, body: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            unpacked = sum(info.file_size for info in archive.infolist())
    except zipfile.BadZipFile as error:
        raise FileUnreadable(file=name, reason=_broken()) from error
    if unpacked > MOST_UNPACKED:
        reason = Text(
            zh="压缩内容解开后过大，不是正常的报表；请另存为新文件后再传。",
            en="it unpacks to a size that no report has; save it as a new file and upload that.",
        )
        raise FileUnreadable(file=name, reason=reason)


def _broken() -> Text:
    return Text(
        zh="文件已损坏、加密或不是电子表格；请去掉密码，另存为 .xlsx 或 .csv 后再传。",
        en="the file is damaged, encrypted or no spreadsheet; remove the password and save it as .xlsx or .csv.",
    )


Raw = list[tuple[str, list[list[object]], list[tuple[tuple[int, int], tuple[int, int]]]]]


def _workbook(name: str, body: bytes, most_rows: int) -> list[Sheet]:
    wrong: dict[str, dict[tuple[int, int], str]] = {}
    if measurable(body=body):
        claims = Claims(body=body)
        too_many = claims.rows > most_rows or claims.columns > MOST_COLUMNS or claims.cells > MOST_CELLS
        if claims.disguised or too_many:
            raise FileUnreadable(file=name, reason=_too_long(name, most_rows))
        raw = _read_here(name, body, most_rows)
        wrong = errors(body=body) if claims.errors else {}
    else:
        raw = _read_apart(name, body, most_rows)
    found = []
    for title, rows, merged in raw:
        for (row, column), text in wrong.get(title, {}).items():
            if row < len(rows) and column < len(rows[row]):
                rows[row][column] = text
        _fill_merged(name, rows, merged)
        found.append(Sheet(title, [[_cell(cell) for cell in row] for row in rows]))
    return found


def _read_here(name: str, body: bytes, most_rows: int) -> Raw:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book, cells = CalamineWorkbook.from_filelike(io.BytesIO(body)), 0
        found: Raw = []
        for title in book.sheet_names:  # several may be one and the same part of the file
            sheet = book.get_sheet_by_name(title)
            cells += sheet.total_height * sheet.total_width
            if cells > MOST_CELLS:
                raise FileUnreadable(file=name, reason=_too_long(name, most_rows))
            rows: list[list[object]] = [list(row) for row in sheet.to_python(skip_empty_area=False)]
            found.append((title, rows, sheet.merged_cell_ranges or []))
        return found
    except (CalamineError, OSError, ValueError, KeyError) as error:
        raise FileUnreadable(file=name, reason=_broken()) from error


def _read_apart(name: str, body: bytes, most_rows: int) -> Raw:
    """Read in a process of its own: what such a file asks for is known only when it is read."""
    command = [sys.executable, "-m", f"{__package__}.apart", str(most_rows), str(MOST_COLUMNS), str(MOST_CELLS)]
    try:
        done = subprocess.run(command, input=body, capture_output=True, timeout=60, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise FileUnreadable(file=name, reason=_broken()) from error
    if done.returncode == TOO_LONG:
        raise FileUnreadable(file=name, reason=_too_long(name, most_rows))
    if done.returncode != 0:
        raise FileUnreadable(file=name, reason=_broken())
    return msgspec.json.decode(done.stdout, type=Raw)


def _cell(cell: object) -> object:
    return None if cell == "" else cell


def _fill_merged(name: str, rows: list[list[object]], ranges: list[tuple[tuple[int, int], tuple[int, int]]]) -> None:
    """Give every cell of a merged range the value of its first. Raises ``FileUnreadable`` where ranges overlap often.

    Merged ranges of a sound sheet never overlap, so that together they have no more cells than the sheet; a file of a
    few kilobytes can name the whole sheet ten thousand times.
    """
    left_over, width = sum(len(row) for row in rows), max((len(row) for row in rows), default=0)
    for (top, left), (bottom, right) in ranges:
        if left >= width:
            continue
        value = rows[top][left] if top < len(rows) and left < len(rows[top]) else None
        for row in range(top, min(bottom, len(rows) - 1) + 1):
            end = min(right, len(rows[row]) - 1) + 1
            rows[row][left:end] = [value] * max(end - left, 0)
            left_over -= max(end - left, 0)
            if left_over < 0:
                raise FileUnreadable(file=name, reason=_broken())


def _too_long(title: str, most_rows: int) -> Text:
    return Text(
        zh=f"工作表“{title}”超过 {most_rows} 行或 {MOST_COLUMNS} 列，或格子过多；请只保留需要的行列，或分成几个文件。",
        en=f"the sheet “{title}” has over {most_rows} rows or {MOST_COLUMNS} columns, or too many cells; "
        "keep what is needed, or split it into several files.",
    )


def _text_rows(name: str, body: bytes) -> Iterator[list[object]]:
    text = decode(name=name, body=body)
    head = "\n".join(text.splitlines()[:20])
    delimiter = max(",\t;，", key=head.count) if any(d in head for d in ",\t;，") else ","
    if delimiter == "，":
        text, delimiter = text.replace("，", ","), ","
    try:
        for row in csv.reader(io.StringIO(text), delimiter=delimiter):
            yield [cell.strip() or None for cell in row]
    except csv.Error as error:  # a quotation mark that is never closed
        raise FileUnreadable(file=name, reason=_broken()) from error


def decode(*, name: str, body: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 or GB 18030. Raises ``FileUnreadable`` for anything else."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if body.startswith(mark):
            return _decoded(name, body, encoding)
    try:
        return _sound(name, body.decode("utf-8"))
    except UnicodeDecodeError:
        return _decoded(name, body, "gb18030")


def _decoded(name: str, body: bytes, encoding: str) -> str:
    try:
        return _sound(name, body.decode(encoding))
    except UnicodeDecodeError as error:
        reason = Text(
            zh="无法识别文字编码；请另存为 UTF-8 或 GB 18030（ANSI）的 CSV。",
            en="the text encoding is unknown; save the CSV as UTF-8 or GB 18030 (ANSI).",
        )
        raise FileUnreadable(file=name, reason=reason) from error


def _sound(name: str, text: str) -> str:
    """Text with control characters is no table, whatever encoding accepts its bytes."""
    if any(ord(c) < 32 and c not in "\r\n\t\f" for c in text[:100_000]):
        reason = Text(
            zh="这不是文本表格；请导出为 .csv 或 .xlsx。", en="this is no text table; export it as .csv or .xlsx."
        )
        raise FileUnreadable(file=name, reason=reason)
    return text


def _bounded(name: str, rows: Iterator[list[object]], most_rows: int) -> Iterator[list[object]]:
    for number, row in enumerate(rows, start=1):
        if number > most_rows or len(row) > MOST_COLUMNS:
            raise FileUnreadable(file=name, reason=_too_long(name, most_rows))
        yield row
