"""Which reports are late, missing or waiting as of a time, and who owes the next step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime

import msgspec

from dajing.domains.plan.models.reporting import Reminder, ReportAct
from dajing.domains.plan.pack import Form, Plan
from dajing.domains.plan.reporting import rules
from dajing.domains.plan.reporting.periods import last_day, periods
from dajing.kernel.clocks.api import Due, calendar_day_after, day_of
from dajing.kernel.identity.api import Actor, person_holding
from dajing.kernel.text import Text

NOT_BEGUN = "none"
TITLES = rules.STATES | {NOT_BEGUN: Text(zh="未填报", en="not begun")}
NEXT: dict[str, str] = {
    NOT_BEGUN: "plan.fill", rules.DRAFT: "plan.fill", rules.RETURNED: "plan.fill", rules.SUBMITTED: "plan.review",
    rules.REVIEWED: "plan.sign", rules.SIGNED: "plan.lock",
}  # fmt: skip
_AFTER = {"fill": rules.DRAFT} | {step.verb: step.target for step in rules.STEPS}


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """A department's report of one period and how it stands.

    ``due`` is the last day for submitting; ``submitted`` the day of the first submission; ``days`` how many days after
    ``due`` that was, or how many have passed since while there is none. ``owner`` holds the post whose turn it is.
    """

    form: Form
    period: str
    department: str
    due: Due
    state: str
    submitted: date | None
    locked: date | None
    days: int
    note: str
    reminders: int
    owner: Actor | None = None

    @property
    def state_title(self) -> Text:
        """The state in words."""
        return TITLES[self.state]


class Course(msgspec.Struct, kw_only=True):
    """What had happened to the first revision of a report by a moment."""

    state: str = NOT_BEGUN
    submitted: date | None = None
    locked: date | None = None
    note: str = ""


def due_of(*, form: Form, period: str) -> Due:
    """The last day for submitting: ``due_day`` days after the period's end, or the next working day."""
    return calendar_day_after(day=last_day(period=period), count=form.due_day, roll=True)


def owed(*, plan: Plan, at: datetime) -> list[Owed]:
    """Every departmental report of the plan's years whose due day has passed by ``at``, in order of due days."""
    courses, reminded = _courses(plan, at), _reminders(plan, at)
    today = day_of(at)
    found = [
        _owed(form, period, due, courses.get((form.id, period), Course()), reminded.get((form.id, period), 0), today)
        for form, period, due in _expected(plan)
        if due.day < today
    ]
    return sorted(found, key=lambda o: (o.due.day, o.form.id))


def late(*, plan: Plan, at: datetime) -> list[Owed]:
    """Reports submitted after their due day, and those still not submitted."""
    return [o for o in owed(plan=plan, at=at) if o.days > 0]


def missing(*, plan: Plan, at: datetime) -> list[Owed]:
    """Reports that are due and have never been submitted."""
    return [o for o in owed(plan=plan, at=at) if o.submitted is None]


def overdue(*, plan: Plan, at: datetime) -> list[Owed]:
    """The weekly 督办 list: every report past its due day that is not locked, with whoever owes the next step."""
    holders: dict[tuple[str, str | None], Actor | None] = {}
    found = []
    for item in owed(plan=plan, at=at):
        if item.state == rules.LOCKED:
            continue
        role = NEXT[item.state]
        key = (role, None if role == "plan.lock" else item.department)
        if key not in holders:
            holders[key] = person_holding(role=role, department=key[1], at=at)
        found.append(msgspec.structs.replace(item, owner=holders[key]))
    return found


def _expected(plan: Plan) -> Iterator[tuple[Form, str, Due]]:
    first, last = date(plan.first_year, 1, 1), date(plan.last_year, 12, 31)
    for form in plan.forms:
        for period in periods(first=first, last=last, frequency=form.frequency):
            yield form, period, due_of(form=form, period=period)


def _owed(form: Form, period: str, due: Due, course: Course, reminders: int, today: date) -> Owed:
    return Owed(
        form=form, period=period, department=form.department, due=due, state=course.state, submitted=course.submitted,
        locked=course.locked, days=max(0, ((course.submitted or today) - due.day).days), note=course.note,
        reminders=reminders,
    )  # fmt: skip


def _courses(plan: Plan, at: datetime) -> dict[tuple[str, str], Course]:
    acts = ReportAct.objects.filter(report__plan=plan.id, report__scope=plan.area, report__revision=1, at__lte=at)
    rows = acts.order_by("report_id", "version").values_list("report__form", "report__period", "verb", "at", "text")
    found: dict[tuple[str, str], Course] = {}
    for form, period, verb, moment, text in rows:
        course = found.setdefault((form, period), Course())
        course.state = _AFTER.get(verb, course.state)
        if verb == "submit" and course.submitted is None:
            course.submitted = day_of(moment)
        elif verb == "lock":
            course.locked = day_of(moment)
        elif verb == "late":
            course.note = text
    return found


def _reminders(plan: Plan, at: datetime) -> dict[tuple[str, str], int]:
    rows: Iterable[tuple[str, str]] = Reminder.objects.filter(plan=plan.id, scope=plan.area, at__lte=at).values_list(
        "form", "period"
    )
    found: dict[tuple[str, str], int] = {}
    for key in rows:
        found[key] = found.get(key, 0) + 1
    return found
