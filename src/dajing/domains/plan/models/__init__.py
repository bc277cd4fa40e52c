"""Tables of the plan; every one of them is append-only or a projection of what is."""

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
    "Objection",
    "Reminder",
    "Report",
    "ReportAct",
    "ReportValue",
    "SlotEntry",
    "Upload",
]
