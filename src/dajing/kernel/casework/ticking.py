"""Clocks that turn: yellow, red and each level after it is told once, in batches that leave room for people's acts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection, transaction

from dajing.kernel.bus.api import publish_many
from dajing.kernel.casework import store
from dajing.kernel.casework.kinds import CaseKind
from dajing.kernel.casework.models import Case, ClockRow
from dajing.kernel.casework.projecting import project, turns
from dajing.kernel.casework.service import perform
from dajing.kernel.clocks.years import renew
from dajing.kernel.identity.actor import system
from dajing.kernel.ledger.api import record

TOPIC = "casework.clock"
BATCH = {"sqlite": 250, "postgresql": 10}  # clocks a transaction; PostgreSQL's holds what people's acts wait for
PAUSE = 0.02  # seconds between batches, or SQLite's waiting writers would never find the lock free
YELLOW, RED = 1, 2
BY = system("casework.clocks")


class _Brief(msgspec.Struct):
    """What is needed of a case's stored state."""

    kind: str
    kind_version: str


def tick(*, at: datetime, most: int | None = None) -> int:
    """Tell of every turn up to ``at`` (of ``most`` clocks at most); how many clocks. Repeating tells nothing twice.

    A turn's event and the note that it was told are one transaction, so after a kill each is there once or not at all.
    """
    renew()
    total = 0
    while most is None or total < most:
        done = _batch(at)
        total += done
        if done < BATCH[connection.vendor]:
            break
        time.sleep(PAUSE)
    return total


@transaction.atomic
def _batch(at: datetime) -> int:
    rows = ClockRow.objects.filter(next_at__lte=at).order_by("next_at", "pk")
    locked = connection.features.has_select_for_update_skip_locked
    size = BATCH[connection.vendor]
    due = list(rows.select_for_update(skip_locked=True)[:size] if locked else rows[:size])
    briefs = _briefs([row.case for row in due])
    payloads: list[dict[str, Any]] = []
    for row in due:
        brief = briefs[row.case]
        payloads += _turn(row, brief.kind, store.kind_of(digest=brief.kind_version), at)
    ClockRow.objects.bulk_update(due, ["level", "next_at"])
    publish_many(topic=TOPIC, payloads=payloads, at=at)
    for payload in payloads:
        if payload["level"] > RED:
            _escalate(payload, at)
    return len(due)


def _briefs(cases: Sequence[str]) -> dict[str, _Brief]:
    rows = Case.objects.filter(pk__in=cases).values_list("pk", "body")
    return {case: msgspec.json.decode(body, type=_Brief) for case, body in rows}


def _turn(row: ClockRow, kind: str, declared: CaseKind, at: datetime) -> list[dict[str, Any]]:
    """The turns that have come; ``row`` then waits for its next."""
    ahead = turns(kind=declared, warn_at=row.warn_at, due=row.due)
    reached = sum(moment <= at for moment in ahead)
    first, row.level = row.level, reached
    row.next_at = ahead[reached] if reached < len(ahead) else None
    return [
        {
            "case": row.case,
            "kind": kind,
            "clock": row.clock,
            "run": row.run,
            "colour": "yellow" if level == YELLOW else "red",
            "level": level,
            "to": declared.escalations[level - RED - 1].to if level > RED else "",
        }
        for level in range(max(first, min(reached - 1, RED - 1)) + 1, reached + 1)
    ]


def _escalate(payload: dict[str, Any], at: datetime) -> None:
    """Write the escalation into the case's own log."""
    _, state = store.read(case=payload["case"])
    key = f"{payload['case']}/{payload['clock']}/{payload['run']}/{payload['level']}"
    data = {"to": payload["to"], "level": payload["level"]}
    perform(state.id, "escalate", data, BY, max(at, state.last_at), state.seq, key, lambda _kind, _state: [])


def recalculate(*, at: datetime) -> int:
    """Count provisional limits anew, after the holidays of a further year were published; how many cases moved.

    Each case that moves leaves a ledger entry with its limits before and after.
    """
    renew()
    cases = ClockRow.objects.filter(provisional=True, stopped=None).values_list("case", flat=True).order_by("case")
    return sum(_again(case, at) for case in dict.fromkeys(cases))


@transaction.atomic
def _again(case: str, at: datetime) -> bool:
    kind, state = store.read(case=case)
    before, after = store.stored(cases=[case])[case], project(kind=kind, state=state)
    if before.encoded == after.encoded:
        return False
    store.write(kind=kind, rows=after, before=before, at=at)
    limits = {name: [_limit(row) for row in rows.clocks] for name, rows in (("before", before), ("after", after))}
    record(act="casework.clock.recalculated", by=BY, at=at, subject=f"case:{case}", detail=limits)
    return True


def _limit(row: dict[str, object]) -> dict[str, str]:
    return {"clock": str(row["clock"]), "due": str(row["due"]), "provisional": str(row["provisional"])}
