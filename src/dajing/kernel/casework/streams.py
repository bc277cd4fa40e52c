"""The fact stream of cases: every event, so that rates and durations need no table of casework.

``due`` is the earliest limit running after the event and ``colour`` where it stood; ``late`` whether any was ever
passed; ``gross_days`` are working days since the opening, ``net_days`` those without suspensions. ``origin`` is what
the record is: measured, or synthetic in a demo.
"""

from __future__ import annotations

from dajing.kernel.series.api import declare

EVENTS = "casework.events"
OUTCOMES = "casework.outcomes"  # in the shape that measures read: a record per ended case and field, null: withdrawn

declare(
    stream=EVENTS,
    columns={
        "record_id": "string",
        "case": "string",
        "seq": "int32",
        "kind": "string",
        "origin": "string",
        "area": "string",
        "subject": "string",
        "verb": "string",
        "state": "string",
        "at": "timestamp",
        "opened_at": "timestamp",
        "department": "string",
        "due": "timestamp",
        "colour": "string",
        "late": "boolean",
        "hand_backs": "int32",
        "returned": "int32",
        "reopened": "int32",
        "closed": "boolean",
        "duplicate": "boolean",
        "gross_days": "int32",
        "net_days": "int32",
    },
)

declare(
    stream=OUTCOMES,
    columns={
        "record_id": "string",
        "field": "string",
        "area": "string",
        "period": "string",
        "value": "float64",
        "kind": "string",
        "department": "string",
        "revision": "int32",
    },
)
