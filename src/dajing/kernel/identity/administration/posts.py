"""Posts and the roles they carry: proposed by the system administrator, decided by the security administrator."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dajing.kernel.identity import service, withdrawing
from dajing.kernel.identity.administration.frame import acting, names_of, shown, whole
from dajing.kernel.identity.api import requires
from dajing.kernel.identity.models import Post, PostRole
from dajing.kernel.identity.roles import SECURITY, SYSTEM, known_roles
from dajing.kernel.text import Refusal


@requires(SYSTEM, SECURITY)
@require_safe
def posts(request: HttpRequest) -> HttpResponse:
    """Every post with its roles; the form to propose one is the system administrator's."""
    return shown(request, "posts", _posts())


@requires(SYSTEM)
@require_POST
def propose(request: HttpRequest) -> HttpResponse:
    """Propose that a post carries a role."""
    by, now = acting(request)
    post = get_object_or_404(Post, pk=request.POST.get("post", ""))
    try:
        service.propose_role(post=post, role=request.POST.get("role", ""), by=by, at=now)
    except Refusal as refusal:
        return shown(request, "posts", _posts(), refused=refusal, field="role")
    return HttpResponseRedirect(reverse("admin-posts"))


@requires(SYSTEM)
@require_POST
def withdraw(request: HttpRequest) -> HttpResponse:
    """Propose that a post loses a role."""
    by, now = acting(request)
    grant = get_object_or_404(PostRole, pk=whole(request.POST.get("grant")) or 0)
    try:
        withdrawing.propose_withdrawal(grant=grant, by=by, at=now)
    except Refusal as refusal:
        return shown(request, "posts", _posts(), refused=refusal, field="grant")
    return HttpResponseRedirect(reverse("admin-posts"))


@requires(SECURITY)
@require_http_methods(["GET", "POST"])
def approvals(request: HttpRequest) -> HttpResponse:
    """What waits for the security administrator, and the decision on one of it."""
    if request.method == "GET":
        return shown(request, "approvals", _waiting())
    by, now = acting(request)
    grant = get_object_or_404(PostRole, pk=whole(request.POST.get("grant")) or 0)
    decide = _DECISIONS[request.POST.get("decision") == "approve", request.POST.get("what") == "withdrawal"]
    try:
        decide(grant=grant, by=by, at=now)
    except Refusal as refusal:
        return shown(request, "approvals", _waiting(), refused=refusal)
    return HttpResponseRedirect(reverse("admin-approvals"))


_DECISIONS = {  # (approved, a withdrawal)
    (True, False): service.approve_role,
    (False, False): service.decline_role,
    (True, True): withdrawing.approve_withdrawal,
    (False, True): withdrawing.decline_withdrawal,
}


def _posts() -> dict[str, Any]:
    carried: dict[str, list[dict[str, Any]]] = {}
    grants = list(PostRole.objects.filter(ended_at=None).select_related("post__department").order_by("role"))
    for grant in grants:
        title = known_roles().get(grant.role, grant.role)
        row = {"title": title, "waiting": grant.approved_at is None, "leaving": grant.withdrawal_at is not None}
        carried.setdefault(grant.post_id, []).append(row)
    found = Post.objects.select_related("department").order_by("department__area", "department_id", "pk")
    standing = sorted((g for g in grants if g.approved_at and not g.withdrawal_at), key=lambda g: (g.post_id, g.role))
    return {
        "posts": [(post, carried.get(post.pk, [])) for post in found],
        "options": [(post.pk, str(post)) for post in found],
        "roles": list(known_roles().items()),
        "standing": [(g.pk, f"{g.post} · {known_roles().get(g.role, g.role)}") for g in standing],
    }


def _waiting() -> dict[str, Any]:
    waiting = Q(approved_at=None) | Q(withdrawal_at__isnull=False)
    grants = PostRole.objects.filter(waiting, ended_at=None).select_related("post__department")
    rows = [
        {
            "grant": grant,
            "role": known_roles().get(grant.role, grant.role),
            "withdrawal": grant.withdrawal_at is not None,
            "by": grant.withdrawal_by or grant.proposed_by,
            "at": grant.withdrawal_at or grant.proposed_at,
        }
        for grant in grants
    ]
    names = names_of([str(row["by"]) for row in rows])
    for row in rows:
        row["proposer"] = names.get(str(row["by"]), row["by"])
    return {"rows": sorted(rows, key=lambda row: (row["at"], row["grant"].pk))}
