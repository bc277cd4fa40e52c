"""Administration: each act one transaction and one ledger entry; proposing and approving are different people."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from dajing.kernel.identity.actor import Actor
from dajing.kernel.identity.holding import appointments, roles_of_post
from dajing.kernel.identity.models import Appointment, Person, Post, PostRole
from dajing.kernel.identity.refusals import (
    AdministratorsNotSeparate,
    NotYours,
    RoleUnknown,
    UnableToAppoint,
    UnableToApprove,
)
from dajing.kernel.identity.roles import SECURITY, SEPARATE, SYSTEM, known_roles
from dajing.kernel.ledger.api import record
from dajing.kernel.text import Text


def propose_role(*, post: Post, role: str, by: Actor, at: datetime) -> PostRole:
    """Propose that ``post`` carries ``role``; it does so only after ``approve_role``."""
    _needs(by, SYSTEM)
    if role not in known_roles():
        raise RoleUnknown(role=role)
    with transaction.atomic():
        row, made = PostRole.objects.get_or_create(
            post=post, role=role, ended_at=None, defaults={"proposed_by": by.id, "proposed_at": at}
        )
        if made:
            record(act="identity.role.proposed", by=by, at=at, subject=f"post:{post.pk}", detail={"role": role})
    return row


def approve_role(*, grant: PostRole, by: Actor, at: datetime) -> None:
    """Let a proposed role take effect; the approver is a security administrator and not the proposer.

    Raises ``UnableToApprove``, or ``AdministratorsNotSeparate`` where a holder of the post would become a second
    administrator.
    """
    _needs(by, SECURITY)
    if by.id == grant.proposed_by or grant.approved_at is not None or grant.ended_at is not None:
        raise UnableToApprove
    with transaction.atomic():
        PostRole.objects.filter(pk=grant.pk).update(approved_by=by.id, approved_at=at)
        for appointment in Appointment.objects.filter(post=grant.post, valid_to=None).select_related("person"):
            _separate(person=appointment.person, at=at)
        detail = {"role": grant.role, "proposed_by": grant.proposed_by}
        record(act="identity.role.approved", by=by, at=at, subject=f"post:{grant.post_id}", detail=detail)


def appoint(
    *,
    person: Person,
    post: Post,
    valid_from: datetime,
    valid_to: datetime | None,
    deputy: bool,
    by: Actor,
    at: datetime,
) -> Appointment:
    """Put ``person`` into ``post`` for an interval; a deputy's interval must end.

    Raises ``UnableToAppoint`` or ``AdministratorsNotSeparate``.
    """
    _needs(by, SYSTEM)
    if (deputy and valid_to is None) or (valid_to is not None and valid_to <= valid_from) or not person.is_active:
        raise UnableToAppoint
    with transaction.atomic():
        row = Appointment.objects.create(
            person=person, post=post, valid_from=valid_from, valid_to=valid_to, deputy=deputy
        )
        _separate(person=person, at=max(at, valid_from))
        detail = {
            "person": f"person:{person.pk}",
            "from": valid_from.isoformat(),
            "to": valid_to.isoformat() if valid_to else None,
            "deputy": deputy,
        }
        record(act="identity.person.appointed", by=by, at=at, subject=f"post:{post.pk}", detail=detail)
    return row


def end_appointment(*, appointment: Appointment, by: Actor, at: datetime) -> None:
    """End an appointment now; what the person did in the post stays."""
    _needs(by, SYSTEM)
    with transaction.atomic():
        Appointment.objects.filter(pk=appointment.pk).update(valid_to=at)
        detail = {"person": f"person:{appointment.person_id}"}
        record(act="identity.person.relieved", by=by, at=at, subject=f"post:{appointment.post_id}", detail=detail)


def _separate(*, person: Person, at: datetime) -> None:
    """Raise when ``person`` holds two of the three administrators' roles at ``at``."""
    held: set[str] = set()
    for appointment in appointments(person=person, at=at):
        held |= roles_of_post(post=appointment.post_id, at=at) & SEPARATE
    if len(held) > 1:
        titles = [known_roles()[role] for role in sorted(held)]
        text = AdministratorsNotSeparate.text
        refusal = AdministratorsNotSeparate(person=person.name, held=titles[0].en, wanted=titles[1].en)
        zh = text.zh.format(person=person.name, held=titles[0].zh, wanted=titles[1].zh)
        refusal.message = Text(zh=zh, en=refusal.message.en)
        raise refusal


def _needs(by: Actor, role: str) -> None:
    if not by.may(role) and not by.may("system"):
        raise NotYours(role=known_roles()[role].zh)
