"""The keys of the ledger: one that signs tree heads, and one for each subject with private bodies."""

from __future__ import annotations

import os
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dajing.kernel.ledger.models import SubjectKey
from dajing.kernel.settings import settings

NONCE = 12


def signing_key() -> Ed25519PrivateKey:
    """The key that signs tree heads, made once in the data directory and readable by its owner alone."""
    path = settings().data_dir / "ledger.key"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return Ed25519PrivateKey.from_private_bytes(path.read_bytes())
    key = Ed25519PrivateKey.generate()
    with os.fdopen(handle, "wb") as file:
        file.write(key.private_bytes_raw())
    return key


def public_key() -> str:
    """The public half of the signing key, in hexadecimal: what every head must be signed with."""
    return signing_key().public_key().public_bytes_raw().hex()


def conceal(*, subject: str, body: bytes) -> bytes:
    """``body`` encrypted with the subject's key (AES-256-GCM, nonce first); the key is made on first use."""
    row, _ = SubjectKey.objects.get_or_create(subject=subject, defaults={"key": AESGCM.generate_key(256)})
    if row.key is None:
        row.key, row.erased_at = AESGCM.generate_key(256), None
        row.save()
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(bytes(row.key)).encrypt(nonce, body, subject.encode())


def reveal(*, subject: str, body: bytes) -> bytes | None:
    """The clear body, or None after the subject was erased."""
    row = SubjectKey.objects.filter(subject=subject).first()
    if row is None or row.key is None:
        return None
    try:
        return AESGCM(bytes(row.key)).decrypt(body[:NONCE], body[NONCE:], subject.encode())
    except InvalidTag:
        return None  # concealed with a key that was dropped since


def forget(*, subject: str, at: datetime) -> bool:
    """Drop the subject's key for good; whether there was one."""
    return SubjectKey.objects.filter(subject=subject, key__isnull=False).update(key=None, erased_at=at) > 0
