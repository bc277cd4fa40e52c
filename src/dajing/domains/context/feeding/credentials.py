"""The feeds' own token: made by the system administrator's step of start-up, kept in a file for its owner alone."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

from dajing.domains.context.feeding.sending import FILE
from dajing.domains.context.roles import READ, WRITE
from dajing.kernel.identity.actor import Actor
from dajing.kernel.identity.models import ApiClient, ApiToken, Department
from dajing.kernel.identity.roles import SYSTEM
from dajing.kernel.identity.tokens import digest, issue, make_client

CLIENT = "demo-feeds"
TERM, RENEW = timedelta(days=400), timedelta(days=30)


def keep(*, data: Path, at: datetime) -> None:
    """Issue a token unless the one in the file is good for another month."""
    path = data / FILE
    if path.exists():
        row = ApiToken.objects.filter(digest=digest(path.read_text().strip()), revoked_at=None).first()
        if row is not None and row.expires_at > at + RENEW:
            return
    by = Actor(id="system:demo-feeds", name="system:demo-feeds", roles=frozenset({SYSTEM}))
    client = ApiClient.objects.filter(pk=CLIENT).first()
    if client is None:
        office = Department.objects.order_by("pk").first()
        if office is None:
            return
        client = make_client(
            id=CLIENT, name="演示数据源 demo feeds", department=office, tenant="", per_minute=6000, by=by, at=at
        )
    secret = issue(client=client, scopes=frozenset({READ, WRITE}), expires_at=at + TERM, by=by, at=at)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secret + "\n")


def token(*, data: Path) -> str | None:
    """The secret of the feeds, or None before start-up made it."""
    path = data / FILE
    return path.read_text().strip() if path.exists() else None
