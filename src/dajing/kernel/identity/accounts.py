"""New accounts: one login for one person, a password that Django's validators accept, or none until a link sets it."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from dajing.kernel.identity.actor import Actor
from dajing.kernel.identity.models import Person
from dajing.kernel.identity.refusals import LoginTaken, UnableToOpenAccount, WeakPassword
from dajing.kernel.ledger.api import record
from dajing.kernel.text import Text

LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,149}")


def tidy(text: str) -> str:
    """A name or login as it is kept: compatibility forms (full-width letters) folded, outer spaces gone."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def open_account(*, login: str, name: str, password: str | None, by: Actor, at: datetime) -> Person:
    """A new person; ``password`` None leaves the account closed until a one-time link sets one.

    The caller has checked that ``by`` may. Raises ``UnableToOpenAccount``, ``LoginTaken`` or ``WeakPassword``.
    """
    login, name = tidy(login).lower(), tidy(name)
    printable = all(character.isprintable() for character in name)
    if not LOGIN.fullmatch(login) or not 0 < len(name) <= 100 or not printable:
        raise UnableToOpenAccount
    if password is not None:
        check_password(person=Person(login=login, name=name), password=password)
    with transaction.atomic():
        if Person.objects.filter(login__iexact=login).exists():
            raise LoginTaken(login=login)
        person = Person.objects.create_user(login, password, name=name)
        detail = {"login": login, "name": name}
        subject = f"person:{person.pk}"
        record(act="identity.person.made", by=by, at=at, subject=subject, detail=detail, private=True)
    return person


def check_password(*, person: Person, password: str) -> None:
    """Raise ``WeakPassword`` with every reason of Django's validators."""
    try:
        validate_password(password, user=person)
    except ValidationError as error:
        refusal = WeakPassword()
        reasons = " ".join(error.messages)  # Django's own words, already in the language of the page
        refusal.message = Text(zh=refusal.message.zh + reasons, en=f"{refusal.message.en} {reasons}")
        raise refusal from error


def set_password(*, person: Person, password: str, by: Actor, at: datetime) -> None:
    """Give ``person`` a new password. Raises ``WeakPassword``."""
    check_password(person=person, password=password)
    with transaction.atomic():
        person.set_password(password)
        person.save(update_fields=["password"])
        record(act="identity.password.set", by=by, at=at, subject=f"person:{person.pk}", detail={})
