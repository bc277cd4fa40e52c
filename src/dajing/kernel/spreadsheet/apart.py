"""Reads one workbook in a process of its own with little memory; started by ``files``.

Old and OpenDocument workbooks cannot be measured beforehand, and a reader that runs out of memory takes its process
with it: here that is this one.
"""

from __future__ import annotations

import io
import resource
import sys

import msgspec

MEMORY = 1 << 30
SECONDS = 30


def main() -> None:
    """The workbook on standard input as JSON on standard output: title, rows, merged ranges of every sheet."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from python_calamine import CalamineWorkbook

    most_rows, most_columns, most_cells = (int(given) for given in sys.argv[1:4])
    book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
    found = []
    for title in book.sheet_names:
        sheet = book.get_sheet_by_name(title)
        most_cells -= sheet.total_height * sheet.total_width
        if sheet.total_height > most_rows or sheet.total_width > most_columns or most_cells < 0:
            sys.exit(3)
        found.append((title, sheet.to_python(skip_empty_area=False), sheet.merged_cell_ranges or []))
    sys.stdout.buffer.write(msgspec.json.encode(found))


if __name__ == "__main__":
    main()
