"""API tokens: made once, shown once, kept as a digest."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime

from django.db import transaction

from dajing.kernel.identity.actor import Actor
from dajing.kernel.identity.models import ApiClient, ApiToken, Department
from dajing.kernel.identity.refusals import RoleUnknown, TokenInvalid, UnableToIssueToken
from dajing.kernel.identity.roles import SECURITY, SEPARATE, SYSTEM, known_roles, not_yours
from dajing.kernel.ledger.api import record
from dajing.kernel.rows import plain

PREFIX = "dj_"
CLIENT_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")


def digest(secret: str) -> str:
    """What is kept of a secret that was drawn at random (256 bits need no slow hash)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def issue(*, client: ApiClient, scopes: frozenset[str], expires_at: datetime, by: Actor, at: datetime) -> str:
    """A new token of ``client``; the secret is returned once and cannot be read again.

    Raises ``NotYours`` or ``RoleUnknown``.
    """
    if not by.may(SYSTEM):
        raise not_yours(role=SYSTEM)
    if not scopes or expires_at <= at or scopes & SEPARATE:
        raise UnableToIssueToken
    if unknown := sorted(scopes - known_roles().keys()):
        raise RoleUnknown(role=unknown[0])
    secret = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        token = ApiToken.objects.create(
            client=client,
            digest=digest(secret),
            prefix=secret[:10],
            scopes=sorted(scopes),
            created_by=by.id,
            created_at=at,
            expires_at=expires_at,
        )
        detail = {"prefix": token.prefix, "scopes": token.scopes, "expires_at": expires_at.isoformat()}
        record(act="identity.token.issued", by=by, at=at, subject=f"client:{client.pk}", detail=detail)
    return secret


def make_client(
    *, id: str, name: str, department: Department, tenant: str, per_minute: int, by: Actor, at: datetime
) -> ApiClient:
    """A machine that may hold tokens. Raises ``NotYours`` or ``UnableToIssueToken``."""
    if not by.may(SYSTEM):
        raise not_yours(role=SYSTEM)
    tidy = CLIENT_ID.fullmatch(id) and CLIENT_ID.fullmatch(tenant or "x") and 0 < len(name.strip()) <= 120
    if not tidy or not 1 <= per_minute <= 1_000_000 or ApiClient.objects.filter(pk=id).exists():
        raise UnableToIssueToken
    with transaction.atomic():
        client = ApiClient.objects.create(
            pk=id, name=name.strip(), department=department, tenant=tenant, per_minute=per_minute
        )
        detail = {"department": department.pk, "tenant": tenant, "per_minute": per_minute}
        record(act="identity.client.made", by=by, at=at, subject=f"client:{id}", detail=detail)
    return client


def revoke(*, token: ApiToken, by: Actor, at: datetime) -> None:
    """End a token at once."""
    if not (by.may(SYSTEM) or by.may(SECURITY)):
        raise not_yours(role=SYSTEM)
    with transaction.atomic():
        if not ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=at):
            return
        record(
            act="identity.token.revoked", by=by, at=at, subject=f"client:{token.client_id}",
            detail={"prefix": token.prefix},
        )  # fmt: skip


def token_actor(*, token: str, at: datetime) -> Actor:
    """The client behind a bearer token, with the token's scopes as roles. Raises ``TokenInvalid``."""
    kept = ("client", "scopes", "expires_at", "revoked_at")
    found = plain.read(of=ApiToken, columns=kept, where='"digest" = %s', given=[digest(token)])
    if not found or found[0][3] is not None or found[0][2] <= at:
        raise TokenInvalid
    client, scopes, _, _ = found[0]
    name, office = plain.read(of=ApiClient, columns=("name", "department"), where='"id" = %s', given=[client])[0]
    area = plain.read(of=Department, columns=("area",), where='"id" = %s', given=[office])[0][0]
    return Actor(id=f"client:{client}", name=name, department=office, areas=frozenset({area}), roles=frozenset(scopes))
