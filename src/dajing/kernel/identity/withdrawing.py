"""Withdrawing a role from a post, in the two steps of granting it; a city never loses one of its administrators."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from dajing.kernel.identity.actor import Actor
from dajing.kernel.identity.models import Appointment, Person, PostRole
from dajing.kernel.identity.refusals import LastAdministrator, UnableToApprove, UnableToWithdraw
from dajing.kernel.identity.roles import SECURITY, SEPARATE, SYSTEM, known_roles, not_yours
from dajing.kernel.ledger.api import record
from dajing.kernel.text import Text


def propose_withdrawal(*, grant: PostRole, by: Actor, at: datetime) -> None:
    """Propose that a post loses a role; it does so only after ``approve_withdrawal``. Raises ``UnableToWithdraw``."""
    if not by.may(SYSTEM):
        raise not_yours(role=SYSTEM)
    with transaction.atomic():
        carried = PostRole.objects.filter(pk=grant.pk, approved_at__isnull=False, ended_at=None, withdrawal_at=None)
        if not carried.update(withdrawal_by=by.id, withdrawal_at=at):
            raise UnableToWithdraw
        detail = {"role": grant.role}
        record(act="identity.role.withdrawal_proposed", by=by, at=at, subject=f"post:{grant.post_id}", detail=detail)


def approve_withdrawal(*, grant: PostRole, by: Actor, at: datetime) -> None:
    """End a role whose withdrawal was proposed by somebody else; sessions of the post's holders end with it.

    Raises ``UnableToApprove``, or ``LastAdministrator`` where nobody would be left with an administrator's role.
    """
    if not by.may(SECURITY):
        raise not_yours(role=SECURITY)
    with transaction.atomic():
        waiting = PostRole.objects.filter(pk=grant.pk, withdrawal_at__isnull=False, ended_at=None)
        if not waiting.exclude(withdrawal_by=by.id).update(ended_at=at):
            raise UnableToApprove
        keep_administrators(roles=[grant.role], at=at)
        holders = Appointment.objects.filter(Q(valid_to=None) | Q(valid_to__gt=at), post=grant.post_id)
        end_sessions(people=holders.values_list("person_id", flat=True))
        grant.refresh_from_db()
        detail = {"role": grant.role, "proposed_by": grant.withdrawal_by}
        record(act="identity.role.withdrawn", by=by, at=at, subject=f"post:{grant.post_id}", detail=detail)


def decline_withdrawal(*, grant: PostRole, by: Actor, at: datetime) -> None:
    """Leave the role with the post; its withdrawal may be proposed again. Raises ``UnableToApprove``."""
    if not by.may(SECURITY):
        raise not_yours(role=SECURITY)
    with transaction.atomic():
        waiting = PostRole.objects.filter(pk=grant.pk, withdrawal_at__isnull=False, ended_at=None)
        if not waiting.update(withdrawal_by="", withdrawal_at=None):
            raise UnableToApprove
        detail = {"role": grant.role, "proposed_by": grant.withdrawal_by}
        record(act="identity.role.withdrawal_declined", by=by, at=at, subject=f"post:{grant.post_id}", detail=detail)


def end_sessions(*, people: Iterable[int]) -> None:
    """Sign these people out everywhere."""
    Person.objects.filter(pk__in=list(people)).update(sessions=F("sessions") + 1)


def keep_administrators(*, roles: Iterable[str], at: datetime) -> None:
    """Raise ``LastAdministrator`` when nobody holds one of ``roles`` that is an administrator's, now and without end.

    A deputy or somebody with a term does not count: when they leave nobody is asked, and without a security
    administrator nobody could be appointed.
    """
    for role in SEPARATE.intersection(roles):
        carrying = PostRole.objects.filter(role=role, approved_at__isnull=False, ended_at=None).values("post_id")
        held = Appointment.objects.filter(post__in=carrying, valid_from__lte=at, valid_to=None, person__is_active=True)
        if not held.exists():
            title, refusal = known_roles()[role], LastAdministrator(role="")
            refusal.message = Text(
                zh=LastAdministrator.text.zh.format(role=title.zh), en=LastAdministrator.text.en.format(role=title.en)
            )
            raise refusal
