"""What ended cases tell: on time, handed back, done again, how long. Over facts alone; no table of casework is read.

Each case that has ended is a record of the month in which it ended, with its value per field ``<kind>.<what>``; a case
that was reopened is withdrawn. Working days are counted by the gazetted calendar when the fact is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

import msgspec

from dajing.kernel.casework.streams import OUTCOMES
from dajing.kernel.measures.registry import Inputs, Params, Terms, measure
from dajing.kernel.text import Text


class Ended(Params, frozen=True, kw_only=True):
    """``case_kind`` names the kind of case whose ended cases are read."""

    WHAT: ClassVar[str] = ""
    case_kind: str

    def fields(self) -> dict[str, str]:
        """The one field read."""
        return {"value": f"{self.case_kind}.{self.WHAT}"}

    def numbers(self) -> dict[str, float]:
        """There are none."""
        return {}

    def divides(self) -> bool:
        """Always: by the number of cases."""
        return True


class Late(Ended, frozen=True, kw_only=True):
    """Whether some limit of the case was passed."""

    WHAT: ClassVar[str] = "late"


class HandedBack(Ended, frozen=True, kw_only=True):
    """How often it was handed back."""

    WHAT: ClassVar[str] = "hand_backs"


class DoneAgain(Ended, frozen=True, kw_only=True):
    """How often it was returned by a verifier or reopened."""

    WHAT: ClassVar[str] = "rework"


class Gross(Ended, frozen=True, kw_only=True):
    """Working days from opening to end."""

    WHAT: ClassVar[str] = "gross_days"


class Net(Ended, frozen=True, kw_only=True):
    """Working days from opening to end without suspensions."""

    WHAT: ClassVar[str] = "net_days"


def _share(inputs: Inputs, *, positive: bool) -> Terms:
    value = inputs.rows["value"]
    counted = (value > 0) if positive else (value == 0)
    return Terms(
        numerator=counted.cast("int64").sum().cast("float64"),
        denominator=value.count().nullif(0).cast("float64"),
        scale=100.0,
    )


def _mean(inputs: Inputs) -> Terms:
    value = inputs.rows["value"]
    return Terms(numerator=value.sum(), denominator=value.count().nullif(0).cast("float64"))


@measure(id="case_on_time_rate", version="1", params=Late, per="record", stream=OUTCOMES)
def on_time(inputs: Inputs) -> Terms:
    """Percent of ended cases of which no limit was ever passed."""
    return _share(inputs, positive=False)


@measure(id="case_hand_back_rate", version="1", params=HandedBack, per="record", stream=OUTCOMES)
def handed_back(inputs: Inputs) -> Terms:
    """Percent of ended cases that were handed back at least once."""
    return _share(inputs, positive=True)


@measure(id="case_rework_rate", version="1", params=DoneAgain, per="record", stream=OUTCOMES)
def done_again(inputs: Inputs) -> Terms:
    """Percent of ended cases that a verifier returned or that were reopened."""
    return _share(inputs, positive=True)


@measure(id="case_mean_gross_days", version="1", params=Gross, per="record", stream=OUTCOMES)
def gross_days(inputs: Inputs) -> Terms:
    """Mean working days from opening to end."""
    return _mean(inputs)


@measure(id="case_mean_net_days", version="1", params=Net, per="record", stream=OUTCOMES)
def net_days(inputs: Inputs) -> Terms:
    """Mean working days from opening to end, suspensions left out."""
    return _mean(inputs)


TITLES = {
    "case_on_time_rate": (Text(zh="按期办结率", en="Ended on time"), "%"),
    "case_hand_back_rate": (Text(zh="退回率", en="Handed back"), "%"),
    "case_rework_rate": (Text(zh="返工率", en="Done again"), "%"),
    "case_mean_gross_days": (Text(zh="平均历时（工作日）", en="Mean duration, gross (working days)"), ""),
    "case_mean_net_days": (Text(zh="平均净用时（工作日）", en="Mean duration, net (working days)"), ""),
}


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measure over all ended cases of a kind and all areas; ``value`` None where no case has ended."""

    measure: str
    title: Text
    unit: str
    value: float | None
    count: int


def figures(*, kind: str, areas: Sequence[str], as_of: datetime | None = None) -> list[Figure]:
    """All five measures of a kind over the whole time known."""
    from dajing.kernel.measures.evaluating import evaluate, use

    uses = [use(id=id, measure=id, params={"case_kind": kind}, over="weighted") for id in TITLES]
    table = evaluate(stream=OUTCOMES, uses=uses, units=list(areas), top="", as_of=as_of).to_pylist()
    found = {id: [row for row in table if row["use"] == id and row["area"] == ""] for id in TITLES}
    return [_figure(id, found[id]) for id in TITLES]


def _figure(id: str, rows: list[dict[str, float]]) -> Figure:
    title, unit = TITLES[id]
    below = sum(row["denominator"] or 0 for row in rows)
    above = sum(row["numerator"] or 0 for row in rows)
    scale = 100.0 if unit == "%" else 1.0
    return Figure(
        measure=id, title=title, unit=unit, value=scale * above / below if below else None, count=round(below)
    )


def store_figures(*, kind: str, at: datetime) -> None:
    """Compute the figures of a kind and keep them, so that a page reads rows and computes nothing."""
    from dajing.kernel.areas.api import areas
    from dajing.kernel.casework.models import FigureRow

    for figure in figures(kind=kind, areas=list(areas())):
        values = {"value": figure.value, "count": figure.count, "computed_at": at}
        FigureRow.objects.update_or_create(kind=kind, measure=figure.measure, defaults=values)


def stored_figures(*, kind: str) -> list[Figure]:
    """The figures as last computed; none before that, or while no case has ended."""
    from dajing.kernel.casework.models import FigureRow

    rows = {row.measure: row for row in FigureRow.objects.filter(kind=kind, count__gt=0)}
    shown = [(id, *TITLES[id]) for id in TITLES if id in rows]
    return [
        Figure(measure=id, title=title, unit=unit, value=rows[id].value, count=rows[id].count)
        for id, title, unit in shown
    ]
