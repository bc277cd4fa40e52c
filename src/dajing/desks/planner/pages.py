"""The planner's desk: coverage as computed, what departments reported beside it, the worst gaps."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dajing.desks.planner.beside import side_by_side
from dajing.domains.network.api import VIEW
from dajing.kernel.identity.api import requires
from dajing.kernel.ui.moment import as_of
from dajing.kernel.ui.panels import panels
from dajing.kernel.ui.panels import render as render_panel

PLACED = ("network.coverage", "network.gaps")


@requires(VIEW)
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """The panels of a planner, and predicted and reported figures side by side, never mixed."""
    shown = [render_panel(panel=panel, request=request) for panel in panels(request=request, only=PLACED)]
    pairs = side_by_side(as_of=as_of(request).moment)
    return render(request, "planner/desk.html", {"panels": shown, "pairs": pairs.rows, "plan": pairs.plan})
