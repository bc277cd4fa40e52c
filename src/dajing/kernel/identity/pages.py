"""Signing in and out, and the visitor's own account."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import logout as end
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dajing.kernel.identity import accounts, entering
from dajing.kernel.identity.api import POST_IN_SESSION, actor_of, audience
from dajing.kernel.identity.entering import BY_LINK, enter, let_in, ours
from dajing.kernel.identity.factors.pages import factors_of
from dajing.kernel.identity.factors.place import place
from dajing.kernel.identity.factors.standing import has_passkey
from dajing.kernel.identity.holding import appointments, roles_of_post
from dajing.kernel.identity.provider.settings import provider_title
from dajing.kernel.identity.refusals import OldPasswordWrong, PasswordsDiffer
from dajing.kernel.identity.roles import known_roles
from dajing.kernel.identity.signing_in import by_code, by_link, by_password
from dajing.kernel.text import Refusal


def _person(request: HttpRequest) -> Any:
    """The person signed in; the bearer of an API token has no account."""
    if not request.user.is_authenticated:
        raise PermissionDenied
    return request.user


def _shown(request: HttpRequest, refused: Refusal | None = None, login: str = "", wanted: str = "/") -> HttpResponse:
    errors = [{"field": "login", "message": str(refused)}] if refused else []
    shown = {"next": wanted, "errors": errors, "login": login, "moment_control": False}
    shown |= {"provider": provider_title(), "passkey": place(request=request)}
    return render(request, "identity/sign_in.html", shown, status=403 if refused else 200)


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in form."""
    wanted = ours(request.POST.get("next") or request.GET.get("next") or "")
    if request.method == "GET":
        return _shown(request, wanted=wanted)
    given, now = request.POST.get("login", "").strip(), datetime.now(UTC)
    try:
        person = by_password(login=given, password=request.POST.get("password", ""), address=_address(request), at=now)
    except Refusal as refusal:
        return _shown(request, refusal, given, wanted)
    return HttpResponseRedirect(enter(request=request, person=person, by=entering.PASSWORD, wanted=wanted, at=now))


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in_link(request: HttpRequest, secret: str) -> HttpResponse:
    """A one-time link: opening it shows a button, so that a preview or a scanner does not spend it."""
    if request.method == "GET":
        return render(request, "identity/link.html", {"moment_control": False})
    now = datetime.now(UTC)
    try:
        person = by_link(secret=secret, at=now)
    except Refusal as refusal:
        return _shown(request, refusal)
    return HttpResponseRedirect(enter(request=request, person=person, by=entering.LINK, wanted="/", at=now))


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """The second step: a one-time code, a recovery code, or (by its own address) a passkey."""
    now = datetime.now(UTC)
    found = entering.waiting(request=request, at=now)
    if found is None:
        return HttpResponseRedirect(reverse("sign-in"))
    person, kept = found
    shown: dict[str, Any] = {"next": kept["next"], "errors": [], "moment_control": False}
    shown["passkey"] = place(request=request) and has_passkey(person=person)
    if request.method == "GET":
        return render(request, "identity/code.html", shown)
    try:
        how = by_code(person=person, code=request.POST.get("code", ""), address=_address(request), at=now)
    except Refusal as refusal:
        shown["errors"] = [{"field": "code", "message": str(refusal)}]
        return render(request, "identity/code.html", shown, status=403)
    return HttpResponseRedirect(
        let_in(request=request, person=person, by=[kept["by"], how], wanted=kept["next"], at=now)
    )


@never_cache
@sensitive_post_parameters("password")
@audience("signed-in")
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Prove once more who one is, before changing how one signs in."""
    person = _person(request)
    shown: dict[str, Any] = {"next": ours(request.POST.get("next") or request.GET.get("next") or ""), "errors": []}
    shown |= {"by_password": person.has_usable_password(), "moment_control": False}
    if request.method == "GET":
        return render(request, "identity/confirm.html", shown)
    now = datetime.now(UTC)
    try:
        by_password(login=person.login, password=request.POST.get("password", ""), address=_address(request), at=now)
    except Refusal as refusal:
        shown["errors"] = [{"field": "password", "message": str(refusal)}]
        return render(request, "identity/confirm.html", shown, status=403)
    request.session.cycle_key()
    request.session[entering.PROVED] = now.timestamp()
    return HttpResponseRedirect(shown["next"])


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
    let_in_by_link = request.session.get(BY_LINK)
    ask_old = person.has_usable_password() and not let_in_by_link
    if not (ask_old or let_in_by_link or entering.proved_recently(request=request)):
        return HttpResponseRedirect(entering.prove_first(request=request))
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


@never_cache
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
    shown = {"posts": posts, "actor": by, "moment_control": False} | factors_of(request=request)
    return render(request, "identity/account.html", shown)


@audience("signed-in")
@require_POST
def choose_post(request: HttpRequest) -> HttpResponse:
    """Act in another of one's posts from now on."""
    wanted = request.POST.get("post", "")
    if any(row.post_id == wanted for row in appointments(person=_person(request), at=datetime.now(UTC))):
        request.session[POST_IN_SESSION] = wanted
    return HttpResponseRedirect(reverse("account"))
