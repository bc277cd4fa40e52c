"""Whose account it is that the provider vouches for: bound at the first sign-in, the same subject ever after."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from dajing.kernel.identity.accounts import tidy
from dajing.kernel.identity.actor import Actor
from dajing.kernel.identity.models import Person, ProviderIdentity
from dajing.kernel.identity.provider.flow import Vouched
from dajing.kernel.identity.refusals import ProviderRefused
from dajing.kernel.identity.service import is_administrator
from dajing.kernel.ledger.api import record


def person_of(*, vouched: Vouched, at: datetime) -> Person:
    """The person with an account here; none is made, and no role is given. Raises ``ProviderRefused``.

    A login that was bound to one subject is never taken over by another. Administrators do not come this way: who runs
    the provider could act as them.
    """
    known = ProviderIdentity.objects.filter(issuer=vouched.issuer, subject=vouched.subject).select_related("person")
    bound = known.first()
    person = bound.person if bound else Person.objects.filter(login=tidy(vouched.login).lower()).first()
    if person is None or not person.is_active or is_administrator(person=person, at=at):
        raise ProviderRefused
    if bound is None:
        _bind(person, vouched, at)
    return person


def _bind(person: Person, vouched: Vouched, at: datetime) -> None:
    try:
        with transaction.atomic():
            ProviderIdentity.objects.create(person=person, issuer=vouched.issuer, subject=vouched.subject, bound_at=at)
            who = Actor(id=f"person:{person.pk}", name=person.name)
            detail = {"issuer": vouched.issuer}
            record(act="identity.provider.bound", by=who, at=at, subject=who.id, detail=detail)
    except IntegrityError:
        raise ProviderRefused from None
