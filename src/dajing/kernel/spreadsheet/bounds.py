"""How large a workbook's sheets claim to be, found before any reader makes room for them.

A single cell in the last row and column makes a reader ask for half a terabyte, and a process that cannot get it dies.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator

# places of cells and rows in SpreadsheetML (ECMA-376-1, 18.3.1.4 and 18.3.1.73), however the writer spells them
_PLACE = re.compile(rb"""\br\s*=\s*["']([A-Z]*)(\d+)["']""")
_DISGUISED = re.compile(rb"""\br\s*=\s*["'][^"'<>]{0,40}&""")
_ERROR = re.compile(rb"""<(?:\w+:)?c\b[^>]*\bt\s*=\s*["']e["']""")
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")
_TARGET = re.compile(rb"""\bTarget\s*=\s*["'](?:/?xl/)?worksheets/[^/"'&]+\.xml["']""")
BLOCK, OVERLAP = 1 << 20, 64


def measurable(*, body: bytes) -> bool:
    """Whether this is an XLSX file whose sheets all stand where ``Claims`` looks for them."""
    if not body.startswith(b"PK"):
        return False
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= set(archive.namelist()):
            return False
        relations = _RELATION.findall(archive.read("xl/_rels/workbook.xml.rels"))
    sheets = [relation for relation in relations if b"/worksheet" in relation]
    return bool(sheets) and all(_TARGET.search(sheet) for sheet in sheets)


class Claims:
    """The last row and column named in a workbook, the cells of its largest sheet, and whether there are error cells.

    Errors are cells such as #DIV/0!.
    """

    def __init__(self, *, body: bytes) -> None:
        self.rows = self.columns = self.cells = 0
        self.disguised = self.errors = False
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            for name in archive.namelist():
                if _SHEET.fullmatch(name):
                    self._look(_blocks(archive, name))

    def _look(self, blocks: Iterator[bytes]) -> None:
        """One sheet."""
        rows = columns = 0
        for block in blocks:
            self.disguised |= _DISGUISED.search(block) is not None
            self.errors |= _ERROR.search(block) is not None
            for letters, digits in _PLACE.findall(block):
                rows, columns = max(rows, int(digits[:9])), max(columns, _number(letters[:6]))
        self.rows, self.columns = max(self.rows, rows), max(self.columns, columns)
        self.cells = max(self.cells, rows * columns)


def _blocks(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """The file in pieces that overlap, so that nothing is cut in two."""
    with archive.open(name) as file:
        kept = b""
        while piece := file.read(BLOCK):
            yield kept + piece
            kept = piece[-OVERLAP:]


def _number(letters: bytes) -> int:
    """``A`` → 1, ``XFD`` → 16384."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def errors(*, body: bytes) -> dict[str, dict[tuple[int, int], str]]:
    """Cells that hold a spreadsheet error, by sheet and 0-based place: readers of values give nothing for them."""
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(body), read_only=True, data_only=True)
    return {
        sheet.title: {
            (cell.row - 1, cell.column - 1): str(cell.value)
            for row in sheet.iter_rows()
            for cell in row
            if cell.value is not None and cell.data_type == "e"
        }
        for sheet in book.worksheets
    }
