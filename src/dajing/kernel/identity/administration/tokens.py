"""API clients and their tokens: the secret is shown once, a revocation takes effect within a second."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dajing.kernel.identity import tokens as service
from dajing.kernel.identity.administration.frame import acting, end_of, shown, whole
from dajing.kernel.identity.api import requires
from dajing.kernel.identity.models import ApiClient, ApiToken, Department
from dajing.kernel.identity.refusals import UnableToIssueToken
from dajing.kernel.identity.roles import SECURITY, SEPARATE, SYSTEM, known_roles
from dajing.kernel.text import Refusal


@requires(SYSTEM, SECURITY)
@require_safe
def tokens(request: HttpRequest) -> HttpResponse:
    """Clients and tokens; forms are the system administrator's, revoking also the security administrator's."""
    return shown(request, "tokens", _listed())


@requires(SYSTEM)
@require_POST
def client(request: HttpRequest) -> HttpResponse:
    """Make a client."""
    by, now = acting(request)
    try:
        service.make_client(
            id=request.POST.get("id", "").strip(),
            name=request.POST.get("name", ""),
            department=get_object_or_404(Department, pk=request.POST.get("department", "")),
            tenant=request.POST.get("tenant", "").strip(),
            per_minute=whole(request.POST.get("per_minute")) or 0,
            by=by,
            at=now,
        )
    except Refusal as refusal:
        return shown(request, "tokens", _listed(), refused=refusal, field="id")
    return HttpResponseRedirect(reverse("admin-tokens"))


@never_cache
@requires(SYSTEM)
@require_POST
def issue(request: HttpRequest) -> HttpResponse:
    """Issue a token and show its secret, once."""
    by, now = acting(request)
    found = get_object_or_404(ApiClient, pk=request.POST.get("client", ""))
    try:
        until = end_of(request.POST.get("expires", ""))
        if until is None:
            raise UnableToIssueToken
        scopes = frozenset(request.POST.getlist("scopes"))
        secret = service.issue(client=found, scopes=scopes, expires_at=until, by=by, at=now)
    except Refusal as refusal:
        return shown(request, "tokens", _listed(), refused=refusal, field="client")
    return shown(request, "secret", {"client": found, "secret": secret})


@requires(SYSTEM, SECURITY)
@require_POST
def revoke(request: HttpRequest, token: int) -> HttpResponse:
    """Revoke a token at once."""
    by, now = acting(request)
    service.revoke(token=get_object_or_404(ApiToken, pk=token), by=by, at=now)
    return HttpResponseRedirect(reverse("admin-tokens"))


def _listed() -> dict[str, Any]:
    now = datetime.now(UTC)
    rows = ApiToken.objects.select_related("client__department").order_by("client_id", "-created_at")
    scopes = [(role, title) for role, title in known_roles().items() if role not in SEPARATE]
    return {
        "tokens": [
            {
                "token": row,
                "scopes": [known_roles().get(scope, scope) for scope in row.scopes],
                "live": row.revoked_at is None and row.expires_at > now,
            }
            for row in rows
        ],
        "clients": list(ApiClient.objects.select_related("department").order_by("pk")),
        "client_options": [(row.pk, f"{row.pk} {row.name}") for row in ApiClient.objects.order_by("pk")],
        "departments": [(row.pk, str(row)) for row in Department.objects.order_by("area", "pk")],
        "scopes": scopes,
    }
