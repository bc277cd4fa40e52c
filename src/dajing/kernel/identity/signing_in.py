"""Passwords with a pause after failures, and one-time links."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction

from dajing.kernel.identity.models import FailedSignIn, Person, SignInLink
from dajing.kernel.identity.refusals import LinkSpent, SignInPaused, UnableToSignIn
from dajing.kernel.identity.tokens import digest

ATTEMPTS, ADDRESS_ATTEMPTS, PAUSE = 5, 30, timedelta(minutes=15)
LINK_LIFE = timedelta(minutes=30)


def by_password(*, login: str, password: str, address: str, at: datetime) -> Person:
    """The person whose login and password these are.

    Raises ``SignInPaused`` after ``ATTEMPTS`` failures of the login (or many of the address) within ``PAUSE``, else
    ``UnableToSignIn``; an unknown login takes as long as a wrong password.
    """
    since = at - PAUSE
    recent = FailedSignIn.objects.filter(at__gt=since)
    if recent.filter(login=login).count() >= ATTEMPTS or recent.filter(address=address).count() >= ADDRESS_ATTEMPTS:
        raise SignInPaused(minutes=int(PAUSE.total_seconds() // 60))
    person = Person.objects.filter(login=login, is_active=True).first()
    if person is None:
        make_password(password)
    elif person.check_password(password):
        FailedSignIn.objects.filter(login=login).delete()
        return person
    FailedSignIn.objects.create(login=login[:150], address=address[:45], at=at)
    FailedSignIn.objects.filter(at__lt=since).delete()
    raise UnableToSignIn


def link_secret(*, person: Person, at: datetime, life: timedelta = LINK_LIFE) -> str:
    """The secret of a new one-time link; earlier unused links of the person are void."""
    secret = secrets.token_urlsafe(24)
    with transaction.atomic():
        SignInLink.objects.filter(person=person, used_at=None).delete()
        SignInLink.objects.create(digest=digest(secret), person=person, expires_at=at + life)
    return secret


def by_link(*, secret: str, at: datetime) -> Person:
    """The person of a one-time link, which is spent by this call. Raises ``LinkSpent``."""
    spent = SignInLink.objects.filter(digest=digest(secret), used_at=None, expires_at__gt=at).update(used_at=at)
    if not spent:
        raise LinkSpent
    person: Person = SignInLink.objects.select_related("person").get(digest=digest(secret)).person
    if not person.is_active:
        raise LinkSpent
    return person
