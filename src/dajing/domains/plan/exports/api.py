"""The door of the exports: one function for all formats."""

from __future__ import annotations

import importlib

from dajing.domains.plan.exports.report import Report

__all__ = ["FORMATS", "MIME", "Report", "write"]

FORMATS = ("xlsx", "docx", "pdf")
OFFICE = "application/vnd.openxmlformats-officedocument"
MIME = {
    "xlsx": f"{OFFICE}.spreadsheetml.sheet",
    "docx": f"{OFFICE}.wordprocessingml.document",
    "pdf": "application/pdf",
}


def write(*, format: str, report: Report) -> bytes:
    """The report as one file in ``xlsx``, ``docx`` or ``pdf``. Raises ``UnableToWritePdf`` without the CJK font."""
    writer = importlib.import_module(f"dajing.domains.plan.exports.{format}")  # its library waits until it is needed
    made: bytes = getattr(writer, f"write_{format}")(report)
    return made
