"""The door of the plan: its readings as of a time, and what is behind them."""

from __future__ import annotations

from dajing.domains.plan.loading import plan, plans
from dajing.domains.plan.readings.api import (
    Explanation,
    IndicatorReading,
    SnapshotInfo,
    Status,
    explain,
    readings,
    snapshot,
)

__all__ = [
    "Explanation",
    "IndicatorReading",
    "SnapshotInfo",
    "Status",
    "explain",
    "plan",
    "plans",
    "readings",
    "snapshot",
]
