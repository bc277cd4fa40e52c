"""What a run's results are outside: frozen structures."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from dajing.kernel.measures.reading import Kind
from dajing.kernel.text import Text

COMPUTING = Text(zh="正在测算网络覆盖", en="Computing network coverage")
DRAWING = Text(zh="正在绘制覆盖图", en="Drawing coverage maps")
ALL = ""  # the operator that stands for all of them together


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """One service and operator over areas of one level, as columns of equal length.

    ``covered`` is the expected number of people covered, ``low`` and ``high`` bound it with 90 %; ``places`` are
    villages and communities, ``covered_places`` those where at least half of the people are expected to be covered.
    On level ``venue`` people are those at a busy hour and ``share`` is the share of the venue itself.
    """

    codes: list[str]
    people: list[int]
    covered: list[float]
    low: list[float]
    high: list[float]
    households: list[int]
    covered_households: list[float]
    places: list[int]
    covered_places: list[int]
    communities: list[int]
    covered_communities: list[int]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One area's row of a table."""

    code: str
    name: str
    people: int
    covered: float
    low: float
    high: float
    households: int
    covered_households: float
    places: int = 1
    covered_places: int = 0
    communities: int = 0
    covered_communities: int = 0

    @property
    def share(self) -> float | None:
        """Share of the people covered, 0 to 1; None where nobody lives."""
        return self.covered / self.people if self.people else None

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The 90 % interval of the share."""
        return (self.low / self.people, self.high / self.people) if self.people else None

    @property
    def lacking(self) -> float:
        """People expected to be without the service."""
        return self.people - self.covered


class RunInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One run: the day whose registers it used, when it was known, its inputs' digest."""

    id: int
    on: date
    known_at: datetime
    digest: str
    inputs: dict[str, str]
    kind: Kind
    finished_at: datetime | None
    done: int
    total: int
