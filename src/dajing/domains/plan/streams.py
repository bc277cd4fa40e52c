"""Fact streams of the plan: every locked figure, with all its revisions."""

from __future__ import annotations

from dajing.kernel.series.api import declare

REPORTS = "plan.reports"

declare(
    stream=REPORTS,
    columns={
        "record_id": "string",
        "form": "string",
        "field": "string",
        "area": "string",
        "period": "string",
        "value": "float64",
        "kind": "string",
        "department": "string",
        "revision": "int32",
        "document": "string",
    },
)
