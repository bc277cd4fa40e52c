"""Lost second factors are taken away by two of the three administrators: one proposes, another one decides."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from dajing.kernel.identity.actor import Actor
from dajing.kernel.identity.factors.standing import needs_second, take_away
from dajing.kernel.identity.models import FactorReset, Person
from dajing.kernel.identity.refusals import UnableToApproveReset, UnableToReset
from dajing.kernel.identity.roles import SEPARATE, SYSTEM, not_yours
from dajing.kernel.identity.withdrawing import end_sessions
from dajing.kernel.ledger.api import record


def propose(*, person: Person, by: Actor, at: datetime) -> FactorReset:
    """Propose that the second factors of ``person`` end. Raises ``UnableToReset`` where there is nothing to end."""
    role = _administrator(by)
    with transaction.atomic():
        if not needs_second(person=person) or FactorReset.objects.filter(person=person, decided_at=None).exists():
            raise UnableToReset
        row = FactorReset.objects.create(person=person, proposed_by=by.id, proposed_role=role, proposed_at=at)
        record(act="identity.reset.proposed", by=by, at=at, subject=f"person:{person.pk}", detail={})
    return row


def decide(*, reset: FactorReset, approve: bool, by: Actor, at: datetime) -> None:
    """Approve or decline a reset; another of the three approves it, and never the person concerned.

    Once approved the person signs in with the password alone and everywhere anew. Raises ``UnableToApproveReset``.
    """
    role = _administrator(by)
    with transaction.atomic():
        row = FactorReset.objects.select_for_update().filter(pk=reset.pk, decided_at=None).first()
        own = row is not None and (by.id in (row.proposed_by, f"person:{row.person_id}") or role == row.proposed_role)
        if row is None or (approve and own):
            raise UnableToApproveReset
        row.decided_by, row.decided_at, row.approved = by.id, at, approve
        row.save()
        detail: dict[str, object] = {"proposed_by": row.proposed_by}
        if approve:
            detail |= take_away(person=row.person, at=at)
            end_sessions(people=[row.person_id])
        act = "identity.reset.approved" if approve else "identity.reset.declined"
        record(act=act, by=by, at=at, subject=f"person:{row.person_id}", detail=detail)


def reset_at_the_machine(*, person: Person, by: Actor, at: datetime) -> None:
    """End the second factors of ``person``: at the machine itself, where two administrators have lost theirs.

    Raises ``UnableToReset`` where there is nothing to end.
    """
    if not by.may("system"):
        raise not_yours(role=SYSTEM)
    with transaction.atomic():
        if not needs_second(person=person):
            raise UnableToReset
        FactorReset.objects.filter(person=person, decided_at=None).update(decided_by=by.id, decided_at=at)
        detail = take_away(person=person, at=at)
        end_sessions(people=[person.pk])
        record(act="identity.reset.at_the_machine", by=by, at=at, subject=f"person:{person.pk}", detail=detail)


def _administrator(by: Actor) -> str:
    """Which of the three ``by`` is; two people in the same role are still one of the three."""
    roles = sorted(by.roles & SEPARATE)
    if not roles:
        raise not_yours(role=SYSTEM)
    return roles[0]
