"""``/api/v1/plan``: readings for everybody, reporting for clients of the plan."""

from __future__ import annotations

from ninja import Router

from dajing.domains.plan.readings.http import ROUTER as READINGS
from dajing.domains.plan.reporting.http import ROUTER as REPORTING

ROUTER = Router()
ROUTER.add_router("", READINGS)
ROUTER.add_router("", REPORTING)
