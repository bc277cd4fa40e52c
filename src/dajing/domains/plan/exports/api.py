"""The door of the exports: one function for all formats."""

from __future__ import annotations

from collections.abc import Callable

from dajing.domains.plan.exports.docx import write_docx
from dajing.domains.plan.exports.pdf import write_pdf
from dajing.domains.plan.exports.report import Report
from dajing.domains.plan.exports.xlsx import write_xlsx

__all__ = ["FORMATS", "MIME", "Report", "write"]

FORMATS: dict[str, Callable[[Report], bytes]] = {"xlsx": write_xlsx, "docx": write_docx, "pdf": write_pdf}
OFFICE = "application/vnd.openxmlformats-officedocument"
MIME = {
    "xlsx": f"{OFFICE}.spreadsheetml.sheet",
    "docx": f"{OFFICE}.wordprocessingml.document",
    "pdf": "application/pdf",
}


def write(*, format: str, report: Report) -> bytes:
    """The report as one file in ``xlsx``, ``docx`` or ``pdf``. Raises ``UnableToWritePdf`` without the CJK font."""
    return FORMATS[format](report)
