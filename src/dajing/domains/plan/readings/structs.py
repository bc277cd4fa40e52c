"""What readings are outside: frozen structures, the only form in which they leave this folder."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

import msgspec

from dajing.kernel.measures.reading import Reading
from dajing.kernel.text import Text

Variant = Literal["official", "weighted", "companion", "predicted"]


class Status(StrEnum):
    """How a target stands. ``met`` and ``missed`` after the deadline are final; before it ``met`` may still be lost."""

    MET = "met"
    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    BEHIND = "behind"
    MISSED = "missed"
    UNKNOWN = "unknown"
    NOT_MEASURABLE = "not_measurable"


class IndicatorReading(msgspec.Struct, frozen=True, kw_only=True):
    """One reading of an indicator. ``status`` is None for variants that decide nothing (all but official).

    ``latest`` marks the reading that a board shows for (indicator, variant, area): the newest that is complete enough,
    after the deadline that of the deadline's period. ``required`` is the value of the path to the target.
    """

    indicator: str
    variant: Variant
    reading: Reading
    status: Status | None
    status_reason: Text | None
    latest: bool = False
    required: float | None = None
    first_met: str | None = None


class SnapshotInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A stored state of all readings. ``as_of`` None: the latest state; ``synthetic``: some input is.

    ``forecast`` says whether statuses already use forecasts (they are computed in a job of their own).
    """

    id: int
    plan: str
    as_of: datetime | None
    computed_at: datetime
    watermark: datetime | None
    synthetic: bool
    forecast: bool


class InputRow(msgspec.Struct, frozen=True, kw_only=True):
    """One record behind a reading: what was reported, by whom, when it was known."""

    record_id: str
    role: str
    field: str
    title: Text
    unit: str
    area: str
    period: str
    value: float | None
    kind: str
    department: str | None
    document: str | None
    revision: int
    known_at: datetime


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Everything behind one reading. ``verified``: the digest of ``rows`` computed now equals the reading's evidence,
    which for a stored reading was written when it was computed. ``stored`` is that reading, if a snapshot has it."""

    indicator: str
    variant: Variant
    reading: IndicatorReading
    formula: Text
    definition: Text
    definition_status: str
    quote: str
    source: Text
    rows: tuple[InputRow, ...]
    missing: tuple[Text, ...]
    stored: str | None
    verified: bool
