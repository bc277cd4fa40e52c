"""Passkeys of people: added, removed, and found again when somebody signs in with one."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from fido2.utils import websafe_decode, websafe_encode

from dajing.kernel.identity.actor import Actor
from dajing.kernel.identity.factors import ceremony
from dajing.kernel.identity.factors.ceremony import Place, State
from dajing.kernel.identity.factors.standing import forget_recovery
from dajing.kernel.identity.models import Passkey, Person
from dajing.kernel.identity.refusals import PasskeyRefused, UnableToAddPasskey
from dajing.kernel.ledger.api import record

MOST = 20  # of one person


def begin(*, person: Person, place: Place) -> tuple[Mapping[str, Any], State]:
    """Options and state for a new passkey of ``person``. Raises ``UnableToAddPasskey`` beyond ``MOST``."""
    held = list(Passkey.objects.filter(person=person, ended_at=None))
    if len(held) >= MOST:
        raise UnableToAddPasskey(most=MOST)
    any_held = Passkey.objects.filter(person=person).first()
    handle = websafe_decode(any_held.handle) if any_held else secrets.token_bytes(32)
    options, state = ceremony.begin_adding(
        place=place, handle=handle, login=person.login, name=person.name, known=[bytes(row.key) for row in held]
    )
    return options, state | {"handle": websafe_encode(handle)}


def add(
    *, person: Person, place: Place, state: State, answer: Mapping[str, Any], name: str, by: Actor, at: datetime
) -> Passkey:
    """Keep a new passkey. Raises ``PasskeyRefused``."""
    found = ceremony.finish_adding(place=place, state=state, answer=answer)
    with transaction.atomic():
        if Passkey.objects.filter(credential=found.id).exists():
            raise PasskeyRefused
        row = Passkey.objects.create(
            person=person,
            credential=found.id,
            handle=state["handle"],
            key=found.data,
            counter=found.counter,
            backed_up=found.backed_up,
            name=name,
            added_at=at,
        )
        detail = {"passkey": row.pk, "backed_up": found.backed_up}
        record(act="identity.passkey.added", by=by, at=at, subject=f"person:{person.pk}", detail=detail)
    return row


def remove(*, passkey: Passkey, by: Actor, at: datetime) -> None:
    """End a passkey; nobody signs in with it again. With the last second factor the recovery codes end too."""
    with transaction.atomic():
        if not Passkey.objects.filter(pk=passkey.pk, ended_at=None).update(ended_at=at):
            return
        forget_recovery(person=passkey.person)
        detail = {"passkey": passkey.pk}
        record(act="identity.passkey.removed", by=by, at=at, subject=f"person:{passkey.person_id}", detail=detail)


def known_to(*, person: Person | None) -> list[bytes]:
    """What the browser is told of the passkeys of ``person``; nothing while it is not known who signs in."""
    rows = Passkey.objects.filter(person=person, ended_at=None) if person else []
    return [bytes(row.key) for row in rows]


def person_of(*, place: Place, state: State, answer: Mapping[str, Any], at: datetime) -> Person:
    """The person whose passkey answered. Raises ``PasskeyRefused``.

    So it is too where the authenticator's counter did not go up: then a copy of it exists (WebAuthn Level 3, 7.2).
    """
    given = ceremony.id_of(answer=answer)
    row = Passkey.objects.select_related("person").filter(credential=given, ended_at=None).first()
    if row is None or not row.person.is_active:
        raise PasskeyRefused
    seen = ceremony.finish_signing_in(place=place, state=state, data=bytes(row.key), handle=row.handle, answer=answer)
    fresh = Passkey.objects.filter(pk=row.pk, ended_at=None)
    fresh = fresh.filter(counter__lt=seen.counter) if seen.counter else fresh.filter(counter=0)
    if not fresh.update(counter=seen.counter, backed_up=seen.backed_up, used_at=at):
        raise PasskeyRefused
    return row.person
