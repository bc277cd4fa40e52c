"""Passwords and codes with a pause after failures, and one-time links."""

from __future__ import annotations

import secrets
import unicodedata
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction

from dajing.kernel.identity.factors import codes, recovery
from dajing.kernel.identity.models import FailedSignIn, Person, SignInLink
from dajing.kernel.identity.refusals import CodeWrong, LinkSpent, SignInPaused, UnableToSignIn
from dajing.kernel.identity.tokens import digest

ATTEMPTS, ADDRESS_ATTEMPTS, PAUSE = 5, 30, timedelta(minutes=15)
PASSWORD, CODE = "password", "code"
LINK_LIFE = timedelta(minutes=30)


def by_password(*, login: str, password: str, address: str, at: datetime) -> Person:
    """The person whose login and password these are.

    Raises ``SignInPaused`` after ``ATTEMPTS`` failures of the login (or many of the address) within ``PAUSE``, else
    ``UnableToSignIn``; an unknown login takes as long as a wrong password.
    """
    login = login.replace("\0", "")  # which PostgreSQL does not take
    _attempt(login=login, address=address, step=PASSWORD, at=at)
    person = Person.objects.filter(login=login, is_active=True).first()
    if person is None:
        make_password(password)
    elif person.check_password(password):
        FailedSignIn.objects.filter(login=login, step=PASSWORD).delete()
        return person
    raise UnableToSignIn


def by_code(*, person: Person, code: str, address: str, at: datetime) -> str:
    """What let ``person`` past the second step: ``code`` or ``recovery``; each is spent by this call.

    Failures are counted apart from those of the password, which a right password forgets. Raises ``SignInPaused`` or
    ``CodeWrong``.
    """
    _attempt(login=person.login, address=address, step=CODE, at=at)
    given = "".join(c for c in unicodedata.normalize("NFKC", code).lower() if c.isascii() and c.isalnum())[:40]
    if codes.spend(person=person, code=given, at=at):
        how = CODE
    elif recovery.spend(person=person, code=given, at=at):
        how = "recovery"
    else:
        raise CodeWrong
    FailedSignIn.objects.filter(login=person.login, step=CODE).delete()
    return how


def _attempt(*, login: str, address: str, step: str, at: datetime) -> None:
    """Count an attempt as failed before it is made: of many at once no more get through than of one after another.

    Success forgets it. Raises ``SignInPaused``.
    """
    with transaction.atomic():
        recent = FailedSignIn.objects.filter(at__gt=at - PAUSE)
        of_login = recent.filter(login=login[:150], step=step).count()
        if of_login >= ATTEMPTS or recent.filter(address=address[:45]).count() >= ADDRESS_ATTEMPTS:
            raise SignInPaused(minutes=int(PAUSE.total_seconds() // 60))
        FailedSignIn.objects.create(login=login[:150], address=address[:45], step=step, at=at)
        FailedSignIn.objects.filter(at__lt=at - PAUSE).delete()


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
