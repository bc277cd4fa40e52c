"""The door of casework: open, act, hand on, read, queue."""

from __future__ import annotations

from dajing.kernel.casework.events import Assignment, Party, Place
from dajing.kernel.casework.folding import CaseState
from dajing.kernel.casework.handing import (
    assign,
    contribute,
    hand_back,
    link,
    note,
    resume,
    supervise,
    suspend,
)
from dajing.kernel.casework.kinds import CaseKind, ClockKind, Escalation, State, Transition
from dajing.kernel.casework.privacy import erase_case, title_of
from dajing.kernel.casework.queue import Filter, Line, count, department_queue, page
from dajing.kernel.casework.reading import (
    CaseView,
    ClockView,
    Entry,
    Item,
    Possible,
    cases,
    duplicates,
    possible,
    read_case,
    tally,
    visible,
)
from dajing.kernel.casework.refusals import (
    CaseUnknown,
    ChangedMeanwhile,
    KeyUsedOtherwise,
    KindFaulty,
    UnableToAct,
    unable,
)
from dajing.kernel.casework.registry import KindUnknown, kind, kinds, page_of
from dajing.kernel.casework.service import act, case_id, open_case

__all__ = [
    "Assignment",
    "CaseKind",
    "CaseState",
    "CaseUnknown",
    "CaseView",
    "ChangedMeanwhile",
    "ClockKind",
    "ClockView",
    "Entry",
    "Filter",
    "Escalation",
    "Item",
    "KeyUsedOtherwise",
    "KindFaulty",
    "KindUnknown",
    "Line",
    "Party",
    "Place",
    "Possible",
    "State",
    "Transition",
    "UnableToAct",
    "act",
    "assign",
    "case_id",
    "cases",
    "contribute",
    "count",
    "department_queue",
    "duplicates",
    "erase_case",
    "hand_back",
    "kind",
    "kinds",
    "link",
    "note",
    "open_case",
    "page",
    "page_of",
    "possible",
    "read_case",
    "resume",
    "supervise",
    "suspend",
    "tally",
    "title_of",
    "unable",
    "visible",
]
