"""The door of identity: who acts, and who may."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from dajing.kernel.identity.actor import Actor, system
from dajing.kernel.identity.first import gate
from dajing.kernel.identity.first.service import setup_secret
from dajing.kernel.identity.holding import (
    Holder,
    actor,
    address_of,
    appointments,
    department_names,
    holders,
    names_of,
    post_names,
    roles_of_post,
)
from dajing.kernel.identity.models import Person, PostRole
from dajing.kernel.identity.refusals import NotYours, TokenInvalid
from dajing.kernel.identity.roles import SYSTEM, known_roles
from dajing.kernel.identity.signing_in import link_secret
from dajing.kernel.identity.tokens import token_actor

__all__ = [
    "Actor",
    "Holder",
    "NotYours",
    "TokenInvalid",
    "actor",
    "actor_of",
    "address_of",
    "anonymous",
    "audience",
    "department_names",
    "holders",
    "names_of",
    "person_holding",
    "post_names",
    "requires",
    "roles_of_post",
    "sign_in_link",
    "system",
    "token_actor",
]

View = Callable[..., HttpResponse]
POST_IN_SESSION = "post"


def anonymous() -> Actor:
    """Nobody in particular: may see what is public."""
    return Actor(id="anonymous", name="")


def actor_of(*, request: HttpRequest, at: datetime) -> Actor:
    """Who makes this request: the bearer of an API token, or the signed-in person in the post chosen, else anonymous.

    Raises ``TokenInvalid`` for a bad token, which is never treated as no token.
    """
    kept: Actor | None = getattr(request, "dajing_actor", None)
    if kept is not None:
        return kept
    found = _actor_of(request, at)
    request.dajing_actor = found
    return found


def _actor_of(request: HttpRequest, at: datetime) -> Actor:
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return token_actor(token=secret.strip(), at=at)
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return anonymous()
    return actor(person=user, at=at, post=request.session.get(POST_IN_SESSION))


def requires(role: str, *others: str) -> Callable[[View], View]:
    """Only holders of ``role`` (or one of ``others``) reach the view; others sign in first, or are told whom to ask."""

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            by = actor_of(request=request, at=datetime.now(UTC))
            if any(by.may(one) for one in (role, *others)):
                return view(request, *args, **kwargs)
            if by.id == "anonymous":
                return HttpResponseRedirect(f"{reverse('sign-in')}?{urlencode({'next': request.get_full_path()})}")
            return render(request, "identity/not_yours.html", {"role": known_roles().get(role, role)}, status=403)

        return guarded

    return wrap


def audience(who: str) -> Callable[[View], View]:
    """``public`` lets everyone in, ``signed-in`` everyone with an account, anything else is a role."""
    if who == "public":
        return lambda view: view
    if who != "signed-in":
        return requires(who)

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if actor_of(request=request, at=datetime.now(UTC)).id == "anonymous":
                return HttpResponseRedirect(f"{reverse('sign-in')}?{urlencode({'next': request.get_full_path()})}")
            return view(request, *args, **kwargs)

        return guarded

    return wrap


def person_holding(*, role: str, at: datetime, department: str | None = None) -> Actor | None:
    """Some person who holds ``role`` (in ``department``) at ``at``: whom to remind or, in a demo, who acts; or None."""
    posts = PostRole.objects.filter(role=role, approved_at__lte=at, ended_at=None)
    if department is not None:
        posts = posts.filter(post__department=department)
    for post in posts.order_by("post_id").values_list("post_id", flat=True):
        for person in Person.objects.filter(appointment__post=post, is_active=True).order_by("pk"):
            if any(a.post_id == post for a in appointments(person=person, at=at)):
                return actor(person=person, at=at, post=post)
    return None


def sign_in_link(*, address: str, at: datetime) -> str | None:
    """A one-time link for whoever started the centre: the demo's plan officer, else the system administrator.

    While the first set-up is open it is the link to that; None when there is nobody to sign in.
    """
    if gate.is_open():
        return f"{address}{reverse('setup-link', args=[setup_secret(at=at)])}"
    holder = person_holding(role="plan.officer", at=at) if _synthetic() else None
    holder = holder or person_holding(role=SYSTEM, at=at)
    if holder is None:
        return None
    person = Person.objects.get(pk=int(holder.id.partition(":")[2]))
    return f"{address}{reverse('sign-in-link', args=[link_secret(person=person, at=at)])}"


def _synthetic() -> bool:
    from dajing.kernel.settings import settings

    return settings().synthetic
