"""The plan as a page or a file shows it: pure composition of what was read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from dajing.domains.plan.board.words import tone, word
from dajing.domains.plan.pack import Aim, Goal, Indicator, Plan
from dajing.domains.plan.readings.structs import SnapshotInfo
from dajing.kernel.measures.reading import Kind, Reading
from dajing.kernel.text import Text

NO_DATA = Text(
    zh="尚无锁定的报表，因此没有读数", en="There is no reading, because no report for it has been locked yet"
)


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One reading with its judgement; ``status`` is one of ``board.words.STATUSES``.

    ``latest`` marks the one that a board shows for its indicator, variant and area.
    """

    indicator: str
    variant: str
    reading: Reading
    status: str
    status_reason: Text
    latest: bool = False

    @property
    def tone(self) -> str:
        """Tone of the status mark."""
        return tone(self.status)

    @property
    def word(self) -> Text:
        """Word of the status mark."""
        return word(self.status)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One indicator on the board: its latest figure, its history, and what may stand beside it."""

    indicator: Indicator
    latest: Figure | None
    series: tuple[Figure, ...]
    companion: Figure | None = None
    predicted: Figure | None = None
    weighted: Figure | None = None
    probability: float | None = None

    @property
    def known(self) -> bool:
        """Whether any period has a value."""
        return any(figure.reading.value is not None for figure in self.series)

    @property
    def status(self) -> str:
        """The status of the latest figure; without one, unknown."""
        return self.latest.status if self.latest else "unknown"

    @property
    def tone(self) -> str:
        """Tone of the status mark."""
        return tone(self.status)

    @property
    def word(self) -> Text:
        """Word of the status mark."""
        return word(self.status)

    @property
    def reason(self) -> Text:
        """Why the status is what it is."""
        if self.latest is None:
            return NO_DATA
        if self.latest.reading.value is None and self.latest.reading.reason is not None:
            return self.latest.reading.reason
        return self.latest.status_reason


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """One goal with its numeric targets and its qualitative aims."""

    goal: Goal
    rows: tuple[Row, ...]
    aims: tuple[Aim, ...]


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """The whole plan as of one stored state (``vintage``).

    ``whole`` holds the aims that belong to no single goal.
    """

    plan: Plan
    vintage: SnapshotInfo | None
    blocks: tuple[Block, ...]
    whole: tuple[Aim, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every indicator in the plan's order."""
        return tuple(row for block in self.blocks for row in block.rows)

    @property
    def empty(self) -> bool:
        """Whether no report had been locked, so that there is nothing to show but what is missing."""
        return self.vintage is None or self.vintage.watermark is None

    @property
    def counts(self) -> list[tuple[str, Text, int]]:
        """How many indicators have each status, worst first: tone, word, number."""
        found = Counter(row.status for row in self.rows)
        order = ("missed", "behind", "at_risk", "unknown", "not_measurable", "on_track", "met")
        return [(tone(status), word(status), found[status]) for status in order if found[status]]


def latest(series: Sequence[Figure]) -> Figure | None:
    """The figure marked as the one to show; where none is, the last of all, so that its reason is shown."""
    marked = [figure for figure in series if figure.latest]
    shown = marked or list(series)
    return shown[-1] if shown else None


def compose(
    *,
    plan: Plan,
    vintage: SnapshotInfo | None,
    figures: Sequence[Figure],
    probabilities: Mapping[str, float] | None = None,
) -> Board:
    """The board from every figure of the city (all variants and periods)."""
    kept: dict[tuple[str, str], list[Figure]] = {}
    for figure in sorted(figures, key=lambda f: f.reading.period):
        kept.setdefault((figure.indicator, figure.variant), []).append(figure)
    rows = {i.id: _row(i, kept, (probabilities or {}).get(i.id)) for i in plan.indicators}
    blocks = tuple(
        Block(
            goal=goal,
            rows=tuple(rows[i.id] for i in plan.indicators if i.goal == goal.id),
            aims=tuple(aim for aim in plan.aims if aim.goal == goal.id),
        )
        for goal in plan.goals
    )
    goals = {goal.id for goal in plan.goals}
    whole = tuple(aim for aim in plan.aims if aim.goal not in goals)
    return Board(plan=plan, vintage=vintage, blocks=blocks, whole=whole)


def _row(indicator: Indicator, kept: Mapping[tuple[str, str], list[Figure]], probability: float | None) -> Row:
    series = kept.get((indicator.id, "official"), [])
    return Row(
        indicator=indicator,
        latest=latest(series),
        series=tuple(series),
        companion=latest(kept.get((indicator.id, "companion"), [])),
        predicted=latest(kept.get((indicator.id, "predicted"), [])),
        weighted=latest(kept.get((indicator.id, "weighted"), [])),
        probability=probability,
    )


def is_synthetic(board: Board) -> bool:
    """Whether anything shown rests on synthetic records."""
    if board.vintage is not None and board.vintage.synthetic:
        return True
    return any(row.latest is not None and row.latest.reading.kind == Kind.SYNTHETIC for row in board.rows)
