"""Tables of the plan; every one of them is append-only or a projection of what is."""

from dajing.domains.plan.models.demo import Simulation
from dajing.domains.plan.models.readings import EvaluationRow, ForecastRow, ReadingRow, Snapshot
from dajing.domains.plan.models.register import DefinitionConfirmation, SlotEntry
from dajing.domains.plan.models.reporting import (
    ColumnMapping,
    Objection,
    Reminder,
    Report,
    ReportAct,
    ReportValue,
    Upload,
)

__all__ = [
    "ColumnMapping",
    "DefinitionConfirmation",
    "EvaluationRow",
    "ForecastRow",
    "Objection",
    "ReadingRow",
    "Reminder",
    "Report",
    "ReportAct",
    "ReportValue",
    "Simulation",
    "SlotEntry",
    "Snapshot",
    "Upload",
]
