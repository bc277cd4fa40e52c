"""One-time codes of an authenticator app (RFC 6238: SHA-1, 30 seconds, 6 digits), each accepted once."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import constant_time, hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.conf import settings as django_settings
from django.db import transaction

from dajing.kernel.identity.actor import Actor
from dajing.kernel.identity.factors.standing import forget_recovery
from dajing.kernel.identity.models import CodeKey, Person
from dajing.kernel.identity.refusals import CodeWrong
from dajing.kernel.ledger.api import record

STEP, DIGITS, KEY_BYTES = 30, 6, 20
DRIFT = 1  # steps that a telephone's clock may be off, either way (RFC 6238, 5.2)
ISSUER = "Dajing"


def new_key(*, person: Person, at: datetime) -> str:
    """A new key of ``person`` in base32, not in use until ``confirm``; one that is in use stays and is not shown."""
    key = secrets.token_bytes(KEY_BYTES)
    CodeKey.objects.filter(person=person, confirmed_at=None).delete()
    row, made = CodeKey.objects.get_or_create(person=person, defaults={"secret": _sealed(key), "made_at": at})
    if not made:
        raise CodeWrong
    return base64.b32encode(key).decode()


def address_of_key(*, person: Person) -> str:
    """The ``otpauth:`` address of the key that waits to be confirmed, for the QR code. Raises ``CodeWrong``."""
    row = CodeKey.objects.filter(person=person, confirmed_at=None).first()
    if row is None:
        raise CodeWrong
    return _totp(_opened(row.secret)).get_provisioning_uri(person.login, ISSUER)


def waiting_key(*, person: Person) -> str | None:
    """The base32 key that waits to be confirmed, or None."""
    row = CodeKey.objects.filter(person=person, confirmed_at=None).first()
    return base64.b32encode(_opened(row.secret)).decode() if row else None


def confirm(*, person: Person, code: str, by: Actor, at: datetime) -> None:
    """Take the waiting key into use, with a code that proves that the app has it. Raises ``CodeWrong``."""
    row = CodeKey.objects.filter(person=person, confirmed_at=None).first()
    step = _step_of(_opened(row.secret), code, at) if row else None
    if row is None or step is None:
        raise CodeWrong
    with transaction.atomic():
        CodeKey.objects.filter(pk=row.pk).update(confirmed_at=at, last_step=step)
        record(act="identity.codes.set", by=by, at=at, subject=f"person:{person.pk}", detail={})


def remove(*, person: Person, by: Actor, at: datetime) -> None:
    """Ask for no codes any more."""
    with transaction.atomic():
        if not CodeKey.objects.filter(person=person, confirmed_at__isnull=False).delete()[0]:
            return
        forget_recovery(person=person)
        record(act="identity.codes.removed", by=by, at=at, subject=f"person:{person.pk}", detail={})


def spend(*, person: Person, code: str, at: datetime) -> bool:
    """Whether ``code`` is right now; it and earlier ones are not accepted again (RFC 6238, 5.2)."""
    row = CodeKey.objects.filter(person=person, confirmed_at__isnull=False).first()
    step = _step_of(_opened(row.secret), code, at) if row else None
    if row is None or step is None:
        return False
    return bool(CodeKey.objects.filter(pk=row.pk, last_step__lt=step).update(last_step=step))


def code_at(*, key: bytes, seconds: int, digits: int = DIGITS) -> str:
    """The code of ``key`` at a Unix time (RFC 6238)."""
    return TOTP(key, digits, hashes.SHA1(), STEP).generate(seconds).decode()  # noqa: S303 - what the apps use


def _totp(key: bytes) -> TOTP:
    return TOTP(key, DIGITS, hashes.SHA1(), STEP)  # noqa: S303 - what authenticator apps use


def _step_of(key: bytes, code: str, at: datetime) -> int | None:
    """The time step whose code this is, within the drift."""
    now = int(at.timestamp()) // STEP
    for step in range(now - DRIFT, now + DRIFT + 1):
        if constant_time.bytes_eq(code_at(key=key, seconds=step * STEP).encode(), code.encode()):
            return step
    return None


def _box() -> Fernet:
    key = HKDF(hashes.SHA256(), 32, None, b"dajing one-time codes").derive(django_settings.SECRET_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(key))


def _sealed(key: bytes) -> str:
    return _box().encrypt(key).decode()


def _opened(secret: str) -> bytes:
    """The key itself; one that was sealed with a former secret of the installation can only be reset."""
    try:
        return _box().decrypt(secret)
    except InvalidToken:
        return secrets.token_bytes(KEY_BYTES)
