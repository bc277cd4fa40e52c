"""Who holds which post and until when."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from dajing.kernel.identity import service
from dajing.kernel.identity.accounts import tidy
from dajing.kernel.identity.administration.frame import PAGE, acting, end_of, next_page, shown, start_of, whole
from dajing.kernel.identity.api import requires
from dajing.kernel.identity.models import Appointment, Person, Post
from dajing.kernel.identity.refusals import PersonUnknown
from dajing.kernel.identity.roles import SECURITY, SYSTEM
from dajing.kernel.text import Refusal


@requires(SYSTEM, SECURITY)
@require_http_methods(["GET", "POST"])
def appointments(request: HttpRequest) -> HttpResponse:
    """Appointments that run or will; appointing somebody."""
    if request.method == "GET":
        return shown(request, "appointments", _running(request))
    try:
        _appoint(request)
    except Refusal as refusal:
        field = "person" if isinstance(refusal, PersonUnknown) else "post"
        return shown(request, "appointments", _running(request), refused=refusal, field=field)
    return HttpResponseRedirect(reverse("admin-appointments"))


@requires(SYSTEM, SECURITY)
@require_POST
def end(request: HttpRequest, appointment: int) -> HttpResponse:
    """End an appointment now."""
    by, now = acting(request)
    try:
        service.end_appointment(appointment=get_object_or_404(Appointment, pk=appointment), by=by, at=now)
    except Refusal as refusal:
        return shown(request, "appointments", _running(request), refused=refusal)
    return HttpResponseRedirect(reverse("admin-appointments"))


def _appoint(request: HttpRequest) -> None:
    by, now = acting(request)
    login = tidy(request.POST.get("person", "")).lower()
    person = Person.objects.filter(login=login).first()
    if person is None:
        raise PersonUnknown(login=login[:150])
    service.appoint(
        person=person,
        post=get_object_or_404(Post, pk=request.POST.get("post", "")),
        valid_from=start_of(request.POST.get("from", ""), at=now),
        valid_to=end_of(request.POST.get("to", "")),
        deputy=request.POST.get("deputy") == "yes",
        by=by,
        at=now,
    )


def _running(request: HttpRequest) -> dict[str, Any]:
    by, now = acting(request)
    rows = Appointment.objects.filter(Q(valid_to=None) | Q(valid_to__gt=now)).order_by("pk")
    if (after := whole(request.GET.get("after"))) is not None:
        rows = rows.filter(pk__gt=after)
    found = list(rows.select_related("person", "post__department")[: PAGE + 1])
    posts = Post.objects.select_related("department").order_by("department__area", "department_id", "pk")
    mine = {post.pk for post in posts if by.may(service.appointing_role(post=post.pk))}
    return {
        "rows": [(row, row.post_id in mine) for row in found[:PAGE]],
        "options": [(post.pk, str(post)) for post in posts if post.pk in mine],
        "next_url": next_page(request, found, "pk"),
    }
