"""Signing in and out, and the visitor's own account."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import login as begin
from django.contrib.auth import logout as end
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dajing.kernel.identity import accounts
from dajing.kernel.identity.api import POST_IN_SESSION, actor_of, audience
from dajing.kernel.identity.holding import appointments, roles_of_post
from dajing.kernel.identity.refusals import OldPasswordWrong, PasswordsDiffer
from dajing.kernel.identity.roles import known_roles
from dajing.kernel.identity.signing_in import by_link, by_password
from dajing.kernel.text import Refusal

BY_LINK = "by-link"
BACKEND = "django.contrib.auth.backends.ModelBackend"


def _person(request: HttpRequest) -> Any:
    """The person signed in; the bearer of an API token has no account."""
    if not request.user.is_authenticated:
        raise PermissionDenied
    return request.user


def _after(request: HttpRequest) -> str:
    """Where to go after signing in: the page asked for, if it is one of ours, else home."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None, require_https=False)
    return wanted if wanted and ours else "/"


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in form."""
    shown: dict[str, Any] = {"next": _after(request), "errors": [], "moment_control": False}
    if request.method == "GET":
        return render(request, "identity/sign_in.html", shown)
    given = request.POST.get("login", "").strip()
    try:
        person = by_password(
            login=given,
            password=request.POST.get("password", ""),
            address=request.META.get("REMOTE_ADDR", ""),
            at=datetime.now(UTC),
        )
    except Refusal as refusal:
        shown |= {"errors": [{"field": "login", "message": str(refusal)}], "login": given}
        return render(request, "identity/sign_in.html", shown, status=403)
    begin(request, person, backend=BACKEND)
    return HttpResponseRedirect(_after(request))


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in_link(request: HttpRequest, secret: str) -> HttpResponse:
    """A one-time link: opening it shows a button, so that a preview or a scanner does not spend it."""
    if request.method == "GET":
        return render(request, "identity/link.html", {"moment_control": False})
    try:
        person = by_link(secret=secret, at=datetime.now(UTC))
    except Refusal as refusal:
        shown = {"errors": [{"field": "login", "message": str(refusal)}], "next": "/", "moment_control": False}
        return render(request, "identity/sign_in.html", shown, status=403)
    begin(request, person, backend=BACKEND)
    request.session[BY_LINK] = True  # whoever was let in by a link need not know the old password
    new = not person.has_usable_password() and not person.synthetic
    return HttpResponseRedirect(reverse("set-password") if new else "/")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    end(request)
    return HttpResponseRedirect("/")


@never_cache
@sensitive_post_parameters("old", "password", "again")
@audience("signed-in")
@require_http_methods(["GET", "POST"])
def set_password(request: HttpRequest) -> HttpResponse:
    """Set one's password; the old one is asked for unless a one-time link let the visitor in."""
    person = _person(request)
    ask_old = person.has_usable_password() and not request.session.get(BY_LINK)
    shown: dict[str, Any] = {"ask_old": ask_old, "errors": [], "moment_control": False}
    if request.method == "GET":
        return render(request, "identity/password.html", shown)
    now, password = datetime.now(UTC), request.POST.get("password", "")
    try:
        if ask_old and not person.check_password(request.POST.get("old", "")):
            raise OldPasswordWrong
        if password != request.POST.get("again", ""):
            raise PasswordsDiffer
        accounts.set_password(person=person, password=password, by=actor_of(request=request, at=now), at=now)
    except Refusal as refusal:
        field = {OldPasswordWrong: "old", PasswordsDiffer: "again"}.get(type(refusal), "password")
        shown["errors"] = [{"field": field, "message": str(refusal)}]
        return render(request, "identity/password.html", shown, status=422)
    request.session.pop(BY_LINK, None)
    update_session_auth_hash(request, person)
    return HttpResponseRedirect(reverse("account"))


@audience("signed-in")
@require_GET
def account(request: HttpRequest) -> HttpResponse:
    """The visitor's posts with their roles, and which post is acted in."""
    now = datetime.now(UTC)
    by = actor_of(request=request, at=now)
    posts = [
        {
            "appointment": row,
            "current": row.post_id == by.post,
            "roles": [known_roles().get(r, r) for r in sorted(roles_of_post(post=row.post_id, at=now))],
        }
        for row in appointments(person=_person(request), at=now)
    ]
    return render(request, "identity/account.html", {"posts": posts, "actor": by, "moment_control": False})


@audience("signed-in")
@require_POST
def choose_post(request: HttpRequest) -> HttpResponse:
    """Act in another of one's posts from now on."""
    wanted = request.POST.get("post", "")
    if any(row.post_id == wanted for row in appointments(person=_person(request), at=datetime.now(UTC))):
        request.session[POST_IN_SESSION] = wanted
    return HttpResponseRedirect(reverse("account"))
