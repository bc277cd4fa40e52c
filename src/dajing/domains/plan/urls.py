"""Addresses of the plan's pages."""

from __future__ import annotations

from django.urls import path

from dajing.domains.plan import pages
from dajing.domains.plan.actions import pages as actions
from dajing.domains.plan.evaluation import pages as evaluation
from dajing.domains.plan.register import pages as register
from dajing.domains.plan.reporting import pages as reporting
from dajing.domains.plan.reporting import upload_pages as uploads

urlpatterns = [
    path("plan/", pages.default, name="plan"),
    path("plan/actions/<slug:case>/", actions.action, name="plan-action"),
    path("plan/actions/<slug:case>/act", actions.act, name="plan-action-act"),
    path("plan/<slug:plan>/actions/", actions.actions, name="plan-actions"),
    path("plan/<slug:plan>/actions/new", actions.new, name="plan-action-new"),
    path("plan/<slug:plan>/", pages.board, name="plan-board"),
    path("plan/<slug:plan>/supervision/", pages.supervision, name="plan-supervision"),
    path("plan/<slug:plan>/outlook/", evaluation.outlook, name="plan-outlook"),
    path("plan/<slug:plan>/outlook/seal", evaluation.seal, name="plan-outlook-seal"),
    path("plan/<slug:plan>/report.<slug:format>", pages.report, name="plan-report"),
    path("plan/<slug:plan>/indicator/<slug:indicator>/", pages.indicator, name="plan-indicator"),
    path("plan/<slug:plan>/area/<slug:area>/", pages.area, name="plan-area"),
    path(
        "plan/<slug:plan>/indicator/<slug:indicator>/evidence/<slug:area>/<slug:period>/",
        pages.evidence,
        name="plan-evidence",
    ),
    path("plan/<slug:plan>/slots/", register.slots, name="plan-slots"),
    path("plan/<slug:plan>/slots/<slug:slot>/", register.slot, name="plan-slot"),
    path("plan/<slug:plan>/figures/", register.figures, name="plan-figures"),
    path("plan/<slug:plan>/indicator/<slug:indicator>/definition/", register.definition, name="plan-definition"),
    path("plan/<slug:plan>/indicator/<slug:indicator>/definition/confirm", register.confirm, name="plan-confirm"),
    path("plan/<slug:plan>/reports/", reporting.reports, name="plan-reports"),
    path("plan/<slug:plan>/reports/go", reporting.go, name="plan-reports-go"),
    path("plan/<slug:plan>/reports/upload/", uploads.upload, name="plan-upload"),
    path("plan/<slug:plan>/reports/upload/accept", uploads.accept, name="plan-upload-accept"),
    path("plan/<slug:plan>/reports/upload/<slug:sha256>", uploads.original, name="plan-upload-original"),
    *(
        path(f"plan/<slug:plan>/reports/<slug:form>/<slug:scope>/<slug:period>/{name}", view, name=f"plan-sheet{tail}")
        for name, view, tail in (
            ("", reporting.sheet, ""),
            ("fill", reporting.fill, "-fill"),
            ("act", reporting.act, "-act"),
        )
    ),
]
