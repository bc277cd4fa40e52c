"""The department's desk: what waits for the visitor in every domain."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dajing.kernel.identity.api import audience
from dajing.kernel.ui.panels import panels
from dajing.kernel.ui.panels import render as render_panel

PLACED = ("casework.work", "plan.reporting", "plan.reports", "plan.board")


@audience("signed-in")
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """The panels of a department, in their order."""
    shown = [render_panel(panel=panel, request=request) for panel in panels(request=request, only=PLACED)]
    return render(request, "department/desk.html", {"panels": shown, "moment_control": False})
