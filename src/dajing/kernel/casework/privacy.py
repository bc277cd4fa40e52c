"""Words of private cases: encrypted with the case's own key, gone for good once the key is dropped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Exists, OuterRef, Value
from django.db.models.functions import Concat

from dajing.kernel.casework import store
from dajing.kernel.casework.events import Event
from dajing.kernel.casework.folding import CaseState
from dajing.kernel.casework.kinds import CaseKind
from dajing.kernel.casework.models import Case, CaseEvent
from dajing.kernel.casework.refusals import CaseUnknown, unable
from dajing.kernel.identity.actor import Actor
from dajing.kernel.ledger import keys
from dajing.kernel.ledger.api import erase
from dajing.kernel.ledger.models import SubjectKey
from dajing.kernel.text import Text

WORDS = frozenset({"title", "text", "reason", "words", "proposal", "document", "place", "parties"})
ERASED = Text(zh="（内容已依规删除）", en="(erased under the retention rule)")
BATCH = 200
WORDS_OF, CONTACT = "casework:", "casework-contact:"


def subject_of(*, case: str) -> str:
    """The key under which a case's words are encrypted."""
    return f"{WORDS_OF}{case}"


def parted(*, kind: CaseKind, event: Event) -> tuple[dict[str, Any], bytes | None]:
    """The open part of an event's data and, for private kinds, the sealed rest."""
    if not kind.private:
        return event.data, None
    secret = {name: value for name, value in event.data.items() if name in WORDS and value}
    rest = {name: value for name, value in event.data.items() if name not in WORDS}
    if "document" in event.data:
        rest["document"] = ""  # a suspension keeps its shape; the document's number may name a person
    if not secret:
        return rest, None
    return rest, keys.conceal(subject=subject_of(case=event.case), body=msgspec.json.encode(secret))


def words_of(*, line: CaseEvent) -> dict[str, Any] | None:
    """All data of a log line; None for the words in it once they are erased (its open part stays in ``line.data``)."""
    if line.sealed is None:
        return dict(line.data)
    body = keys.reveal(subject=subject_of(case=line.case), body=bytes(line.sealed))
    return None if body is None else line.data | msgspec.json.decode(body)


def erase_case(*, case: str, by: Actor, at: datetime) -> bool:
    """Make a private case's words and any case's contacts unreadable, whatever moment they are asked as of; whether
    there were any.

    Log, projections, facts and proofs stay. Raises ``CaseUnknown``, or ``UnableToAct`` while the case is open.
    """
    try:
        _, state = store.read(case=case)
    except Case.DoesNotExist:
        raise CaseUnknown(case=case) from None
    if state.open:
        raise unable(reasons=[Text(zh="未办结的事项不能删除内容。", en="An open case cannot be erased.")])
    words = erase(subject=subject_of(case=case), by=by, at=at)
    return erase(subject=f"{CONTACT}{case}", by=by, at=at) or words


def retire(*, kinds: list[CaseKind], by: Actor, at: datetime) -> int:
    """Erase the words and contacts of cases whose retention has ended; how many. Safe to repeat and to interrupt.

    Every ended case that has a key is looked at each time, so that what a restored backup brought back goes again.
    """
    total = 0
    for kind in kinds:
        if kind.retention_days is None:
            continue
        before = at.astimezone(UTC) - timedelta(days=kind.retention_days)
        subjects = [Concat(Value(prefix), OuterRef("pk")) for prefix in (WORDS_OF, CONTACT)]
        kept = SubjectKey.objects.filter(key__isnull=False, subject__in=subjects)
        ended = Case.objects.filter(kind=kind.id, open=False, closed_at__lt=before)
        done = ended.filter(Exists(kept)).order_by("pk")
        for case in done.values_list("pk", flat=True).iterator(chunk_size=BATCH):
            with transaction.atomic():
                total += erase_case(case=case, by=by, at=at)
    return total


def title_of(*, state: CaseState) -> str:
    """The title of a case, revealed where the kind is private; the tombstone's words once erased."""
    if state.title:
        return state.title
    line = CaseEvent.objects.get(case=state.id, seq=1)
    words = words_of(line=line)
    return str(ERASED) if words is None else str(words.get("title", ""))
