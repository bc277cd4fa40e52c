"""Which second factors a person has, and taking all of them away."""

from __future__ import annotations

from datetime import datetime

from dajing.kernel.identity.models import CodeKey, Passkey, Person, RecoveryCode


def has_passkey(*, person: Person) -> bool:
    """Whether ``person`` can sign in with a passkey."""
    return Passkey.objects.filter(person=person, ended_at=None).exists()


def has_codes(*, person: Person) -> bool:
    """Whether ``person`` has one-time codes in use."""
    return CodeKey.objects.filter(person=person, confirmed_at__isnull=False).exists()


def needs_second(*, person: Person) -> bool:
    """Whether a password, a link or the city's provider alone does not let ``person`` in."""
    return has_codes(person=person) or has_passkey(person=person)


def recovery_left(*, person: Person) -> int:
    """How many recovery codes are unused."""
    return RecoveryCode.objects.filter(person=person, used_at=None).count()


def forget_recovery(*, person: Person) -> None:
    """Drop the unused recovery codes once there is no second factor they could stand in for."""
    if not needs_second(person=person):
        RecoveryCode.objects.filter(person=person, used_at=None).delete()


def take_away(*, person: Person, at: datetime) -> dict[str, int]:
    """End every second factor of ``person``, inside the caller's transaction; how many of each."""
    codes, _ = CodeKey.objects.filter(person=person).delete()
    passkeys = Passkey.objects.filter(person=person, ended_at=None).update(ended_at=at)
    forget_recovery(person=person)
    return {"passkeys": passkeys, "codes": codes}
