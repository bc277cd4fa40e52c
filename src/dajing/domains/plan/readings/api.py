"""The door to readings for the pages of the plan."""

from __future__ import annotations

from dajing.domains.plan.readings.explaining import IndicatorUnknown, NothingToExplain, explain
from dajing.domains.plan.readings.snapshots import readings, refresh, snapshot
from dajing.domains.plan.readings.structs import (
    Explanation,
    IndicatorReading,
    InputRow,
    SnapshotInfo,
    Status,
    Variant,
)

__all__ = [
    "Explanation",
    "IndicatorReading",
    "IndicatorUnknown",
    "InputRow",
    "NothingToExplain",
    "SnapshotInfo",
    "Status",
    "Variant",
    "explain",
    "readings",
    "refresh",
    "snapshot",
]
