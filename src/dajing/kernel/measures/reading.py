"""The value of one measure for one area and period, with everything needed to trust or doubt it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from dajing.kernel.text import Text


class Kind(StrEnum):
    """What a record is, from strongest to weakest; a reading takes the weakest of its inputs."""

    MEASURED = "measured"
    REPORTED = "reported"
    ESTIMATED = "estimated"
    SYNTHETIC = "synthetic"


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One measure's answer. ``value`` None means unknown and then ``reason`` says why; it is never zero instead.

    ``value`` is in the indicator's unit; ``numerator``/``denominator`` are raw counts or sums where the measure is a
    ratio; ``completeness`` is the share (0 to 1) of expected inputs that were present; ``evidence`` is the SHA-256 of
    the sorted input record ids; ``watermark`` is the latest ``known_at`` among the inputs read.
    """

    measure: str
    area: str
    period: str
    value: float | None
    numerator: float | None = None
    denominator: float | None = None
    completeness: float
    kind: Kind | None
    method: str
    version: str
    evidence: str
    watermark: datetime | None
    reason: Text | None = None
