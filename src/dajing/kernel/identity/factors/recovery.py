"""Recovery codes: ten, shown once, each standing in once for a second factor that is not at hand."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime

from django.db import transaction

from dajing.kernel.identity.actor import Actor
from dajing.kernel.identity.models import Person, RecoveryCode
from dajing.kernel.identity.tokens import digest
from dajing.kernel.ledger.api import record

HOW_MANY, BYTES = 10, 10  # 80 random bits need no slow hash


def renew(*, person: Person, by: Actor, at: datetime) -> list[str]:
    """New codes instead of all unused ones; they cannot be read again."""
    codes = [base64.b32encode(secrets.token_bytes(BYTES)).decode().lower() for _ in range(HOW_MANY)]
    with transaction.atomic():
        RecoveryCode.objects.filter(person=person, used_at=None).delete()
        RecoveryCode.objects.bulk_create(RecoveryCode(person=person, digest=_digest(person, code)) for code in codes)
        record(act="identity.recovery.made", by=by, at=at, subject=f"person:{person.pk}", detail={"count": HOW_MANY})
    return ["-".join(code[i : i + 4] for i in range(0, len(code), 4)) for code in codes]


def spend(*, person: Person, code: str, at: datetime) -> bool:
    """Whether ``code`` (without hyphens, in lower case) is an unused one of ``person``; it is used by this call."""
    return bool(
        RecoveryCode.objects.filter(person=person, digest=_digest(person, code), used_at=None).update(used_at=at)
    )


def _digest(person: Person, code: str) -> str:
    return digest(f"{person.pk}:{code}")
