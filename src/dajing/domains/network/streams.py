"""Fact streams of the network: what each coverage run found, by reporting unit."""

from __future__ import annotations

from dajing.kernel.series.api import declare

COVERAGE = "network.coverage"

declare(
    stream=COVERAGE,
    columns={
        "record_id": "string",
        "field": "string",
        "area": "string",
        "period": "string",
        "value": "float64",
        "low": "float64",
        "high": "float64",
        "kind": "string",
        "department": "string",
        "revision": "int32",
        "document": "string",
    },
)
