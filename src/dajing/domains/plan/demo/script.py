"""Who does what when in the simulated offices: a list of steps for each report; pure and the same for a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Literal

import msgspec

from dajing.domains.plan.demo.parameters import Size
from dajing.domains.plan.pack import Form
from dajing.domains.plan.reporting.periods import last_day
from dajing.kernel.clocks.api import ZONE, calendar_day_after

Do = Literal["upload", "act", "late", "revise", "remind", "object", "answer"]
MISTAKES = ("negative", "part", "retired", "words", "total", "future")
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that somebody does at ``at``.

    ``variant`` of an upload: ``true`` figures, ``early`` ones with one county too low, or ``true`` with one of
    ``MISTAKES`` in the file. ``department`` is whose people act, where it is not the report's own.
    """

    at: datetime
    do: Do
    form: str
    scope: str
    period: str
    verb: str = ""
    variant: str = "true"
    department: str = ""
    key: str = ""


class Script:
    """Collects the steps of one report; ``ahead`` is how many days before the form's due day its office wants it."""

    def __init__(self, *, seed: int, form: Form, scope: str, period: str, size: Size, ahead: int = 0) -> None:
        self.form, self.scope, self.period, self.size = form, scope, period, size
        self.chance = random.Random(f"{seed}/{form.id}/{scope}/{period}")  # noqa: S311 - a simulation, no secret
        self.steps: list[Step] = []
        due = calendar_day_after(day=last_day(period=period), count=form.due_day - ahead, roll=True).day
        self.due = due
        self.at = self._office(due - DAY * self.chance.randint(0, 4))

    def _happens(self, probability: float) -> bool:
        return self.chance.random() < probability

    def _office(self, day: date) -> datetime:
        """A time within office hours."""
        start = datetime.combine(day, time(9), ZONE)
        return start + timedelta(minutes=self.chance.randint(0, 7 * 60))

    def _do(self, do: Do, *, at: datetime | None = None, **given: str) -> None:
        key = f"demo/{self.form.id}/{self.scope}/{self.period}/{len(self.steps)}"
        place = {"form": self.form.id, "scope": self.scope, "period": self.period}
        self.steps.append(Step(at=at or self.at, do=do, key=key, **place, **given))

    def write(self, *, others: Sequence[str], units: Sequence[str]) -> list[Step]:
        """All steps of the report, in their order. ``others`` are other offices, ``units`` the report's counties."""
        if self._happens(self.size.missing):
            for days in (1, 8):
                self._do("remind", at=self._office(self.due + DAY * days))
            return self.steps
        late = self._happens(self.size.late)
        if late:
            self._do("remind", at=self._office(self.due + DAY))
            self.at = self._office(self.due + DAY * self.chance.randint(2, 14))
        self._mistakes(others)
        early = self._happens(self.size.revised)
        self._first_round(late=late, early=early)
        self._afterwards(early=early, units=units)
        return self.steps

    def _mistakes(self, others: Sequence[str]) -> None:
        if others and self._happens(self.size.wrong_department):
            self._do("upload", department=self.chance.choice(others))
            self.at += HOUR
        if self._happens(self.size.wrong):
            self._do("upload", variant=self.chance.choice(MISTAKES))
            self.at += HOUR

    def _first_round(self, *, late: bool, early: bool) -> None:
        returned = not early and self._happens(self.size.returned)
        self._do("upload", variant="early" if early or returned else "true")
        if late:
            self.at += MINUTE
            self._do("late")
        if returned:
            self.at += MINUTE * 20
            self._do("act", verb="submit")
            self.at += HOUR * 3
            self._do("act", verb="return")
            self.at += HOUR
            self._do("upload")
        if self._happens(self.size.twice):
            self.at += MINUTE * 5
            self._do("upload", variant="early" if early else "true")
        self._to_lock()

    def _to_lock(self) -> None:
        self.at += MINUTE * 15
        self._do("act", verb="submit")
        for verb in ("review", "sign", "lock"):
            self.at += HOUR * self.chance.randint(2, 20)
            self._do("act", verb=verb)

    def _afterwards(self, *, early: bool, units: Sequence[str]) -> None:
        if units and self._happens(self.size.objected):
            unit = self.chance.choice(units)
            self.at += DAY * self.chance.randint(2, 9)
            self._do("object", department=unit)
            if self._happens(0.7):
                self.at += DAY * self.chance.randint(2, 20)
                self._do("answer", department=unit)
        if early:
            self.at += DAY * self.chance.randint(20, 120)
            self._do("revise")
            self.at += MINUTE * 30
            self._do("upload")
            self._to_lock()


def ordered(*, scripts: Iterator[list[Step]], until: datetime) -> list[Step]:
    """All steps that happen before ``until``, by time; those of one report keep their order."""
    return sorted((step for script in scripts for step in script if step.at < until), key=lambda s: s.at)
