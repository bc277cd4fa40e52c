"""A final evaluation as it is sealed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from dajing.domains.plan.readings.structs import Status
from dajing.kernel.text import Text


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """How an indicator goes on in a later plan, by the crosswalk; ``to_indicator`` None: it was dropped."""

    to_plan: str
    to_indicator: str | None
    relation: Literal["same", "changed", "dropped"]
    note: Text | None
    source: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One target: the city's official value of the deadline's period as known at the vintage, and the judgement.

    ``status`` is ``met``, ``missed`` or ``unknown``; ``weighted`` the units' figure where the city's own one decided.
    """

    indicator: str
    title: Text
    unit: str
    target: float
    strict: bool
    direction: Literal["up", "down"]
    deadline: date
    period: str
    value: float | None
    status: Status
    reason: Text
    first_met: str | None
    weighted: float | None
    completeness: float
    kind: str | None
    definition_status: str
    method: str
    version: str
    evidence: str
    carried: tuple[Carried, ...]


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """The evaluation of a plan at ``vintage``: what was known then decides, whatever is revised later.

    ``digest`` is the SHA-256 over plan, vintage and lines in canonical JSON. ``frozen_at`` and ``entry`` (in the
    ledger) are set once it has been sealed.
    """

    plan: str
    vintage: datetime
    synthetic: bool
    lines: tuple[Line, ...]
    digest: str
    frozen_at: datetime | None = None
    entry: int | None = None

    def count(self, status: Status) -> int:
        """How many targets have ``status``."""
        return sum(line.status is status for line in self.lines)
