"""What a department's data officer has before them: whose turn it is, what is owed, what was uploaded."""

from __future__ import annotations

from datetime import datetime

import msgspec
from django.db.models import Q, QuerySet

from dajing.domains.plan.models.reporting import Objection, Report, ReportValue, Upload
from dajing.domains.plan.pack import Field, Form, Plan
from dajing.domains.plan.reporting import rules
from dajing.domains.plan.reporting.periods import previous
from dajing.domains.plan.reporting.scope import covered, expected_areas, fields_of
from dajing.domains.plan.reporting.standing import NEXT, Owed, owed
from dajing.kernel.identity.api import Actor
from dajing.kernel.text import Text

SHOWN = 20


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of a sheet as it is shown or typed; ``expected`` False leaves the cell empty."""

    id: str
    field: Field
    value: str
    before: float | None
    expected: bool
    error: str = ""


class Line(msgspec.Struct, frozen=True):
    """One unit's row of a sheet."""

    area: str
    name: Text
    cells: tuple[Cell, ...]


def forms_of(*, plan: Plan, by: Actor) -> list[Form]:
    """Forms that this person's office reports: its own, or for a county's office every one with county fields."""
    own = [form for form in plan.forms if form.department == by.department]
    if own or not by.areas or plan.area in by.areas:
        return own
    return [form for form in plan.forms if any(f.level == "county" and f.form == form.id for f in plan.fields)]


def scope_of(*, plan: Plan, by: Actor) -> str:
    """What this person's office reports about: the whole city, or its own unit."""
    return plan.area if not by.areas or plan.area in by.areas else min(by.areas)


def concerns(*, plan: Plan, by: Actor) -> QuerySet[Report]:
    """Reports that this person may open: locked ones, their own office's, and all for those who run the plan."""
    rows = Report.objects.filter(plan=plan.id)
    if by.may("plan.lock") or by.may("plan.officer"):
        return rows
    own = Q(department=by.department or "-", scope=plan.area) | Q(scope__in=by.areas - {plan.area})
    return rows.filter(own | Q(state=rules.LOCKED))


def waiting(*, plan: Plan, by: Actor) -> list[Report]:
    """Open reports whose next step is this person's, oldest period first."""
    own = Q(department=by.department or "-", scope=plan.area) | Q(scope__in=by.areas - {plan.area})
    mine = Q(pk=None)
    for state, role in NEXT.items():
        if by.may(role):
            mine |= Q(state=state) if role == "plan.lock" else Q(state=state) & own
    return list(Report.objects.filter(mine, plan=plan.id).order_by("period", "form")[:SHOWN])


def owed_by(*, plan: Plan, by: Actor, at: datetime) -> list[Owed]:
    """Departmental reports of this person's office that are due and not locked, newest first."""
    mine = [o for o in owed(plan=plan, at=at) if o.department == by.department and o.state != rules.LOCKED]
    return mine[::-1][:SHOWN]


def uploads_of(*, plan: Plan, by: Actor) -> list[Upload]:
    """The office's last uploads, refused ones with their problems."""
    rows = Upload.objects.filter(plan=plan.id, department=by.department or "-").select_related("report")
    return list(rows.order_by("-at", "-pk")[:SHOWN])


def figures(*, report: Report | None) -> dict[tuple[str, str], float]:
    """Figures of a report by (field, area)."""
    rows = ReportValue.objects.filter(report=report, number__isnull=False) if report else ReportValue.objects.none()
    return {(field, area): number for field, area, number in rows.values_list("field", "area", "number")}


def before(*, plan: Plan, form: str, scope: str, period: str) -> dict[tuple[str, str], float]:
    """Figures of the period before, in their newest locked revision: what a new form starts from."""
    rows = Report.objects.filter(
        plan=plan.id, form=form, scope=scope, period=previous(period=period), state=rules.LOCKED
    )
    return figures(report=rows.order_by("-revision").first())


def sheet(
    *, plan: Plan, form: str, scope: str, period: str, values: dict[tuple[str, str], str],
    last: dict[tuple[str, str], float], errors: dict[str, str] | None = None,
) -> list[Line]:  # fmt: skip
    """The rows of a form for one period: ``values`` as text, ``last`` the period before, ``errors`` by cell id."""
    units = covered(plan=plan, scope=scope, period=period)
    fields = fields_of(plan=plan, form=form)
    wanted = {field.id: set(expected_areas(field=field, plan=plan, covered=units)) for field in fields.values()}
    lines = []
    for area, name in units.items():
        cells = tuple(
            Cell(
                id=f"v-{field.id}-{area}", field=field, value=values.get((field.id, area), ""),
                before=last.get((field.id, area)), expected=area in wanted[field.id],
                error=(errors or {}).get(f"v-{field.id}-{area}", ""),
            )
            for field in fields.values()
        )  # fmt: skip
        if any(cell.expected for cell in cells):
            lines.append(Line(area, name, cells))
    return lines


def written(*, number: float) -> str:
    """A figure as it is typed: no grouping, no needless decimals."""
    return f"{number:.0f}" if float(number).is_integer() else f"{number:.4f}".rstrip("0")


def objections(*, plan: Plan, form: str, period: str) -> list[Objection]:
    """Objections to figures of a form and period, answered or not."""
    fields = list(fields_of(plan=plan, form=form))
    return list(Objection.objects.filter(plan=plan.id, field__in=fields, period=period).order_by("at"))
