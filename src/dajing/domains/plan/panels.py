"""Panels and navigation of the plan."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest

from dajing.domains.plan.board import reports, source
from dajing.domains.plan.loading import plan as load_plan
from dajing.domains.plan.reporting import desk
from dajing.domains.plan.reporting.rules import STATES
from dajing.domains.plan.reporting.scope import form_of
from dajing.kernel.identity.api import actor_of
from dajing.kernel.text import Text
from dajing.kernel.ui.moment import AsOf
from dajing.kernel.ui.panels import SIGNED_IN, navigate, panel

navigate(id="plan", title=Text(zh="规划总览", en="Plan overview"), view="plan", order=10)


@panel(id="plan.board", title=Text(zh="规划指标", en="Targets of the plan"), template="plan/panel_board.html", order=10)
def board(request: HttpRequest, as_of: AsOf) -> dict[str, Any]:
    """How the plan stands: indicators by status and those that need attention."""
    plan = load_plan()
    shown = source.board(plan=plan, as_of=as_of.moment)
    pressing = [row for row in shown.rows if row.status in {"missed", "behind", "at_risk"}]
    return {"plan": plan, "board": shown, "vintage": shown.vintage, "pressing": pressing}


@panel(
    id="plan.reports",
    title=Text(zh="最近锁定的报表", en="Reports locked lately"),
    template="plan/panel_reports.html",
    order=20,
)
def recent(request: HttpRequest, as_of: AsOf) -> dict[str, Any]:
    """Reports locked lately, marked where they are new to this visitor, and how many are owed."""
    plan, before = load_plan(), request.session.get("visited-before")
    since = datetime.fromisoformat(before) if before else None
    return {
        "plan": plan,
        "locks": reports.locks(plan=plan, as_of=as_of.moment, since=since),
        "owed": reports.owed(plan=plan, at=datetime.now(UTC), as_of=as_of.moment),
    }


@panel(
    id="plan.reporting", title=Text(zh="数据填报", en="Reporting"), template="plan/reporting/panel.html", order=5,
    audience=SIGNED_IN,
)  # fmt: skip
def reporting(request: HttpRequest, as_of: AsOf) -> dict[str, Any]:
    """What waits for the visitor and what their office owes; always as it is now, for an act is always now."""
    plan, at = load_plan(), datetime.now(UTC)
    by = actor_of(request=request, at=at)
    waiting = [(row, form_of(plan=plan, form=row.form), STATES[row.state]) for row in desk.waiting(plan=plan, by=by)]
    return {"plan": plan, "waiting": waiting, "owed": desk.owed_by(plan=plan, by=by, at=at)}
