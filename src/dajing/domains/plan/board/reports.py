"""What the pages say about reports: which came in lately, which are owed, and what counties object to."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import msgspec
from django.utils import timezone

from dajing.domains.plan.models import Objection, Report
from dajing.domains.plan.pack import Form, Indicator, Plan
from dajing.domains.plan.reporting.periods import last_day, periods
from dajing.kernel.packs.api import departments
from dajing.kernel.text import Text

SHOWN = 10
LOOK_BACK = timedelta(days=366)


class Lock(msgspec.Struct, frozen=True, kw_only=True):
    """One locked report; ``new`` since the visitor's last visit."""

    form: Text | str
    period: str
    scope: str
    revision: int
    locked_at: datetime
    new: bool


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """A form of which nothing was locked for a period that is due: who owes it since when."""

    form: Text
    period: str
    department: Text | str
    due: date
    days: int


def locks(*, plan: Plan, as_of: datetime | None, since: datetime | None) -> list[Lock]:
    """The reports locked last, newest first."""
    titles = {form.id: form.title for form in plan.forms}
    rows = Report.objects.filter(plan=plan.id, state="locked").exclude(locked_at=None)
    if as_of is not None:
        rows = rows.filter(locked_at__lte=as_of)
    return [
        Lock(
            form=titles.get(row.form, row.form),
            period=row.period,
            scope=row.scope,
            revision=row.revision,
            locked_at=row.locked_at,
            new=since is not None and row.locked_at is not None and row.locked_at > since,
        )
        for row in rows.order_by("-locked_at", "-id")[:SHOWN]
        if row.locked_at is not None
    ]


def owed(*, plan: Plan, at: datetime, as_of: datetime | None) -> list[Owed]:
    """Forms due within the last year of the plan's time of which nothing is locked, longest owed first."""
    moment = as_of or at
    rows = Report.objects.filter(plan=plan.id, locked_at__lte=moment).values_list("form", "period")
    there = set(rows.distinct())
    today = min(timezone.localdate(moment), date(plan.last_year + 1, 3, 31))
    names = {department.id: department.name for department in departments()}
    found = [
        Owed(form=form.title, period=period, department=names.get(form.department, form.department), due=due, days=late)
        for form in plan.forms
        for period, due in _due(plan, form, today)
        if (form.id, period) not in there and (late := (today - due).days) > 0
    ]
    return sorted(found, key=lambda line: (line.due, str(line.form.zh)))


def _due(plan: Plan, form: Form, today: date) -> list[tuple[str, date]]:
    first = max(date(plan.first_year, 1, 1), today - LOOK_BACK)
    last = min(today, date(plan.last_year, 12, 31))
    listed = periods(first=first, last=last, frequency=form.frequency) if first <= last else []
    return [(period, last_day(period=period) + timedelta(days=form.due_day)) for period in listed]


def objections(*, plan: Plan, indicator: Indicator, as_of: datetime | None) -> list[Objection]:
    """Objections to any figure that feeds ``indicator``, newest first; they stand beside the number."""
    fields = [value for value in indicator.params.values() if isinstance(value, str)]
    rows = Objection.objects.filter(plan=plan.id, field__in=fields)
    if as_of is not None:
        rows = rows.filter(at__lte=as_of)
    return list(rows.order_by("-at")[:50])
