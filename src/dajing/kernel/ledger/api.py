"""The door of the ledger: record an act, prove it, verify everything, forget a person."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction

from dajing.kernel.identity.actor import Actor
from dajing.kernel.ledger import keys, merkle, sealing
from dajing.kernel.ledger.browsing import Line, Standing, ledger_standing, lines
from dajing.kernel.ledger.models import Entry, Head, Leaf
from dajing.kernel.ledger.proof import FORMAT, canonical
from dajing.kernel.ledger.verification import Finding, Verification, verify
from dajing.kernel.rows import plain
from dajing.kernel.rows.bulk import insert
from dajing.kernel.text import Refusal, Text

__all__ = [
    "Act",
    "Finding",
    "Line",
    "Standing",
    "Verification",
    "detail_of",
    "erase",
    "ledger_standing",
    "lines",
    "prove",
    "record",
    "record_many",
    "seal",
    "verify",
]


class UnableToProve(Refusal):
    """The entry is not in the tree, or not yet."""

    text = Text(
        zh="无法证明条目 {entry}：不存在或尚未封存；请稍后再试。",
        en="Entry {entry} cannot be proved: it does not exist or is not sealed yet; try again in a few seconds.",
    )


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """What ``record`` takes, for recording many at once."""

    act: str
    subject: str
    detail: dict[str, Any] = {}


def record(*, act: str, by: Actor, at: datetime, subject: str, detail: dict[str, Any], private: bool = False) -> int:
    """Record one act inside the caller's transaction; returns the entry's id.

    ``act`` is ``<slice>.<object>.<what was done>``; ``subject`` a reference such as ``plan:zjk-135/slot:p1``;
    ``detail`` is JSON. What names or describes a person belongs into ``private`` entries, whose body is encrypted with
    a key of the subject that ``erase`` can drop. Raises ``RuntimeError`` outside a transaction.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError(f"record({act!r}) must run inside the transaction of its act")
    entry = _entry(Act(act=act, subject=subject, detail=detail), by, sealing.stamp(at), private)
    return plain.add_one(into=Entry, row=entry)


def record_many(*, acts: Sequence[Act], by: Actor, at: datetime) -> int:
    """Record many acts of one author and moment inside the caller's transaction; returns how many."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("record_many must run inside the transaction of its acts")
    moment = sealing.stamp(at)
    columns = ("act", "by", "subject", "at", "body", "private", "sealed")
    rows = [(a.act, by.id, a.subject, moment, _body(a), False, False) for a in acts]
    insert(into=Entry, columns=columns, rows=rows)
    return len(acts)


def _entry(act: Act, by: Actor, moment: str, private: bool) -> dict[str, Any]:
    body = _body(act)
    if private:
        body = keys.conceal(subject=act.subject, body=body)
    told = {"act": act.act, "by": by.id, "subject": act.subject, "at": moment}
    return told | {"body": body, "private": private, "sealed": False}


def _body(act: Act) -> bytes:
    return canonical(msgspec.to_builtins(act.detail, builtin_types=()))


def seal(*, at: datetime) -> int:
    """Seal everything recorded so far; how many entries were sealed."""
    total = 0
    while count := sealing.seal_batch(at=at):
        total += count
    return total


def detail_of(*, entry: int) -> dict[str, Any] | None:
    """The detail of an entry, or None where its subject was erased."""
    row = Entry.objects.get(pk=entry)
    body = keys.reveal(subject=row.subject, body=bytes(row.body)) if row.private else bytes(row.body)
    return None if body is None else json.loads(body)


def erase(*, subject: str, by: Actor, at: datetime) -> bool:
    """Make a subject's private bodies unreadable for good; proofs stay valid and the erasure itself is recorded."""
    with transaction.atomic():
        erased = keys.forget(subject=subject, at=at)
        if erased:
            record(act="ledger.subject.erased", by=by, at=at, subject=subject, detail={})
    return erased


def prove(*, entry: int) -> dict[str, Any]:
    """The proof that ``entry`` is in the newest signed tree, as JSON for the stand-alone check.

    Raises ``UnableToProve`` for an unknown or unsealed entry.
    """
    leaf = Leaf.objects.select_related("entry").filter(entry_id=entry).first()
    head = Head.objects.order_by("-size").first()
    if leaf is None or head is None:
        raise UnableToProve(entry=entry)
    row = leaf.entry
    index, size = leaf.index, head.size
    path = sealing.from_store(lambda subtree: merkle.inclusion(index=index, size=size, subtree=subtree))
    return {
        "format": FORMAT,
        "index": leaf.index,
        "entry": {
            "act": row.act,
            "at": row.at,
            "body": hashlib.sha256(bytes(row.body)).hexdigest(),
            "by": row.by,
            "subject": row.subject,
        },
        "body": None if row.private else base64.b64encode(bytes(row.body)).decode(),
        "path": [step.hex() for step in path],
        "head": {name: getattr(head, name) for name in ("size", "root", "chain", "at", "key", "signature")},
    }
