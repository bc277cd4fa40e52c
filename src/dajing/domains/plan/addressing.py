"""What an address of the plan's pages names; anything unknown is "not found"."""

from __future__ import annotations

from django.http import Http404

from dajing.domains.plan.loading import PlanUnknown
from dajing.domains.plan.loading import plan as load_plan
from dajing.domains.plan.pack import Indicator, Plan


def plan_or_404(*, id: str) -> Plan:
    """The plan of an address. Raises ``Http404``."""
    try:
        return load_plan(id=id)
    except PlanUnknown as refusal:
        raise Http404(str(refusal)) from refusal


def indicator_or_404(*, plan: Plan, id: str) -> Indicator:
    """The indicator of an address. Raises ``Http404``."""
    for found in plan.indicators:
        if found.id == id:
            return found
    raise Http404(id)
