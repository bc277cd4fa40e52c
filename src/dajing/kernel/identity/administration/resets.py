"""Lost second factors: proposed by one administrator, decided by another."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from dajing.kernel.identity.accounts import tidy
from dajing.kernel.identity.administration.frame import acting, names_of, shown
from dajing.kernel.identity.api import requires
from dajing.kernel.identity.factors import resets as service
from dajing.kernel.identity.models import FactorReset, Person
from dajing.kernel.identity.refusals import PersonUnknown
from dajing.kernel.identity.roles import AUDIT, SECURITY, SYSTEM
from dajing.kernel.text import Refusal


@requires(SYSTEM, SECURITY, AUDIT)
@require_http_methods(["GET", "POST"])
def resets(request: HttpRequest) -> HttpResponse:
    """What waits for a decision; proposing a reset."""
    if request.method == "GET":
        return shown(request, "resets", _waiting(request))
    by, now = acting(request)
    login = tidy(request.POST.get("person", "")).lower()
    try:
        person = Person.objects.filter(login=login, is_active=True).first()
        if person is None:
            raise PersonUnknown(login=login[:150])
        service.propose(person=person, by=by, at=now)
    except Refusal as refusal:
        return shown(request, "resets", _waiting(request), refused=refusal, field="person")
    return HttpResponseRedirect(reverse("admin-resets"))


@requires(SYSTEM, SECURITY, AUDIT)
@require_POST
def decide(request: HttpRequest, reset: int) -> HttpResponse:
    """Approve or decline one."""
    by, now = acting(request)
    approve = request.POST.get("decision") == "approve"
    try:
        service.decide(reset=get_object_or_404(FactorReset, pk=reset), approve=approve, by=by, at=now)
    except Refusal as refusal:
        return shown(request, "resets", _waiting(request), refused=refusal)
    return HttpResponseRedirect(reverse("admin-resets"))


def _waiting(request: HttpRequest) -> dict[str, Any]:
    by, _ = acting(request)
    rows = list(FactorReset.objects.filter(decided_at=None).select_related("person").order_by("proposed_at", "pk"))
    names = names_of([row.proposed_by for row in rows])
    return {
        "rows": [
            {
                "reset": row,
                "proposer": names.get(row.proposed_by, row.proposed_by),
                "mine": by.id not in (row.proposed_by, f"person:{row.person_id}") and row.proposed_role not in by.roles,
            }
            for row in rows
        ]
    }
