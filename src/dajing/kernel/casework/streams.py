"""The fact stream of cases: every event, so that rates and durations need no table of casework."""

from __future__ import annotations

from dajing.kernel.series.api import declare

EVENTS = "casework.events"

declare(
    stream=EVENTS,
    columns={
        "record_id": "string",
        "case": "string",
        "seq": "int32",
        "kind": "string",
        "area": "string",
        "verb": "string",
        "state": "string",
        "at": "timestamp",
        "department": "string",
        "hand_backs": "int32",
        "reopened": "int32",
        "closed": "boolean",
    },
)
