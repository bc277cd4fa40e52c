"""``/api/v1/plan``: reporting."""

from __future__ import annotations

from ninja import Router

from dajing.domains.plan.reporting.http import ROUTER as REPORTING

ROUTER = Router()
ROUTER.add_router("", REPORTING)
