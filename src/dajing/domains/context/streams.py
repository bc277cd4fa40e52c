"""The fact stream of the live city: every attribute instance that was kept."""

from __future__ import annotations

from dajing.kernel.series.api import declare

OBSERVATIONS = "context.observations"

declare(
    stream=OBSERVATIONS,
    columns={
        "row": "!int64",  # its number in live.db, which orders what was written
        "tenant": "!string",
        "entity": "!string",
        "attribute": "!string",
        "dataset": "string",
        "observed_at": "timestamp",
        "created_at": "timestamp",
        "modified_at": "timestamp",
        "deleted_at": "timestamp",
        "value": "float64",
        "instance": "!string",  # the stored form as JSON
    },
)
