"""The start page: every registered panel that the visitor may see."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dajing.kernel.ui.panels import panels
from dajing.kernel.ui.panels import render as render_panel

VISITED, BEFORE = "visited", "visited-before"


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Panels in their order; for signed-in people it remembers the visit, so that panels can mark what is new."""
    if request.user.is_authenticated:
        _remember(request, datetime.now(UTC))
    shown = [render_panel(panel=panel, request=request) for panel in panels(request=request)]
    return render(request, "officer/home.html", {"panels": shown})


def _remember(request: HttpRequest, now: datetime) -> None:
    """A visit ends after an hour: looking twice in a row does not make everything old."""
    last = request.session.get(VISITED)
    if last is None or (now - datetime.fromisoformat(last)).total_seconds() > 3600:
        request.session[BEFORE] = last
    request.session[VISITED] = now.isoformat()
