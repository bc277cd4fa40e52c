"""Posts and the roles they carry: proposed by the system administrator, decided by the security administrator."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dajing.kernel.identity import service
from dajing.kernel.identity.administration.frame import acting, names_of, shown
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


@requires(SECURITY)
@require_http_methods(["GET", "POST"])
def approvals(request: HttpRequest) -> HttpResponse:
    """What waits for the security administrator, and the decision on one of it."""
    if request.method == "GET":
        return shown(request, "approvals", _waiting())
    by, now = acting(request)
    grant = get_object_or_404(PostRole, pk=request.POST.get("grant") or 0)
    decide = service.approve_role if request.POST.get("decision") == "approve" else service.decline_role
    try:
        decide(grant=grant, by=by, at=now)
    except Refusal as refusal:
        return shown(request, "approvals", _waiting(), refused=refusal)
    return HttpResponseRedirect(reverse("admin-approvals"))


def _posts() -> dict[str, Any]:
    carried: dict[str, list[dict[str, Any]]] = {}
    for grant in PostRole.objects.filter(ended_at=None).order_by("role"):
        title = known_roles().get(grant.role, grant.role)
        carried.setdefault(grant.post_id, []).append({"title": title, "waiting": grant.approved_at is None})
    found = Post.objects.select_related("department").order_by("department__area", "department_id", "pk")
    return {
        "posts": [(post, carried.get(post.pk, [])) for post in found],
        "options": [(post.pk, str(post)) for post in found],
        "roles": list(known_roles().items()),
    }


def _waiting() -> dict[str, Any]:
    grants = PostRole.objects.filter(approved_at=None, ended_at=None).select_related("post__department")
    names = names_of([grant.proposed_by for grant in grants])
    rows = [
        {"grant": grant, "role": known_roles().get(grant.role, grant.role), "proposer": names.get(grant.proposed_by)}
        for grant in grants.order_by("proposed_at", "pk")
    ]
    return {"rows": rows}
