"""Reads acts for people: newest first, by keyset, filtered, with what the last check found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from dajing.kernel.ledger import keys
from dajing.kernel.ledger.models import Entry, Head


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One recorded act; ``detail`` is None where its subject was erased."""

    id: int
    at: datetime
    act: str
    by: str
    subject: str
    detail: dict[str, Any] | None
    sealed: bool


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """The newest signed head, what waits for it, and the last whole check (None before the first)."""

    size: int
    root: str
    signed_at: datetime | None
    unsealed: int
    checked_at: datetime | None
    intact: bool | None
    findings: tuple[dict[str, Any], ...]


def lines(
    *, before: int | None = None, limit: int = 50, act: str = "", by: str = "", subject: str = ""
) -> Sequence[Line]:
    """Up to ``limit`` acts older than entry ``before``, newest first; ``act`` and ``subject`` are beginnings."""
    rows = Entry.objects.order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    if act:
        rows = rows.filter(act__startswith=act)
    if by:
        rows = rows.filter(by=by)
    if subject:
        rows = rows.filter(subject__startswith=subject)
    return [_line(row) for row in rows[:limit]]


def _line(row: Entry) -> Line:
    body = keys.reveal(subject=row.subject, body=bytes(row.body)) if row.private else bytes(row.body)
    detail = None if body is None else json.loads(body)
    at = datetime.fromisoformat(row.at)
    return Line(id=row.pk, at=at, act=row.act, by=row.by, subject=row.subject, detail=detail, sealed=row.sealed)


def ledger_standing() -> Standing:
    """Where sealing and checking stand."""
    head = Head.objects.order_by("-size").first()
    check = Entry.objects.filter(subject="ledger", act="ledger.checked").order_by("-id").first()
    found = json.loads(bytes(check.body)) if check else {}
    return Standing(
        size=head.size if head else 0,
        root=head.root if head else "",
        signed_at=datetime.fromisoformat(head.at) if head else None,
        unsealed=Entry.objects.filter(sealed=False).count(),
        checked_at=datetime.fromisoformat(check.at) if check else None,
        intact=found.get("intact"),
        findings=tuple(found.get("findings", ())),
    )
