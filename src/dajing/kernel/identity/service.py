"""Administration: each act one transaction and one ledger entry; proposing and approving are different people."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Least

from dajing.kernel.identity.accounts import open_account
from dajing.kernel.identity.actor import Actor
from dajing.kernel.identity.holding import appointments, roles_of_post
from dajing.kernel.identity.models import Appointment, Person, Post, PostRole, SignInLink
from dajing.kernel.identity.refusals import (
    AdministratorsNotSeparate,
    RoleUnknown,
    UnableToAppoint,
    UnableToApprove,
    UnableToCloseAccount,
    UnableToEnd,
    UnableToIssueLink,
)
from dajing.kernel.identity.roles import SECURITY, SEPARATE, SYSTEM, known_roles, not_yours
from dajing.kernel.identity.signing_in import link_secret
from dajing.kernel.identity.withdrawing import end_sessions, keep_administrators
from dajing.kernel.ledger.api import record
from dajing.kernel.text import Text

FIRST_LINK_LIFE = timedelta(hours=24)  # long enough to be handed over in person


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
    if by.id == grant.proposed_by:
        raise UnableToApprove
    with transaction.atomic():
        waiting = PostRole.objects.filter(pk=grant.pk, approved_at=None, ended_at=None)
        if not waiting.update(approved_by=by.id, approved_at=at):
            raise UnableToApprove
        running = Appointment.objects.filter(Q(valid_to=None) | Q(valid_to__gt=at), post=grant.post)
        for appointment in running.select_related("person"):
            _separate(person=appointment.person, at=at)
        detail = {"role": grant.role, "proposed_by": grant.proposed_by}
        record(act="identity.role.approved", by=by, at=at, subject=f"post:{grant.post_id}", detail=detail)


def decline_role(*, grant: PostRole, by: Actor, at: datetime) -> None:
    """Turn a proposed role down; it may be proposed again. Raises ``UnableToApprove`` once it was decided."""
    _needs(by, SECURITY)
    with transaction.atomic():
        if not PostRole.objects.filter(pk=grant.pk, approved_at=None, ended_at=None).update(ended_at=at):
            raise UnableToApprove
        detail = {"role": grant.role, "proposed_by": grant.proposed_by}
        record(act="identity.role.declined", by=by, at=at, subject=f"post:{grant.post_id}", detail=detail)


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
    """Put ``person`` into ``post`` for an interval from now or later; a deputy's interval must end.

    Raises ``UnableToAppoint`` or ``AdministratorsNotSeparate``; ``NotYours`` also where an administrator's post is
    filled by another than a security administrator.
    """
    _needs(by, appointing_role(post=post.pk))
    backwards = valid_from < at or (valid_to is not None and valid_to <= valid_from)
    if (deputy and valid_to is None) or backwards or not person.is_active:
        raise UnableToAppoint
    with transaction.atomic():
        row = Appointment.objects.create(
            person=person, post=post, valid_from=valid_from, valid_to=valid_to, deputy=deputy
        )
        _separate(person=person, at=at)
        detail = {
            "person": f"person:{person.pk}",
            "from": valid_from.isoformat(),
            "to": valid_to.isoformat() if valid_to else None,
            "deputy": deputy,
        }
        record(act="identity.person.appointed", by=by, at=at, subject=f"post:{post.pk}", detail=detail)
    return row


def end_appointment(*, appointment: Appointment, by: Actor, at: datetime) -> None:
    """End an appointment now and the person's sessions with it; what the person did in the post stays.

    Raises ``UnableToEnd`` when it has ended, ``LastAdministrator`` where nobody would be left as an administrator.
    """
    _needs(by, appointing_role(post=appointment.post_id))
    with transaction.atomic():
        running = Appointment.objects.filter(Q(valid_to=None) | Q(valid_to__gt=at), pk=appointment.pk)
        if not running.update(valid_to=at, valid_from=Least(F("valid_from"), at)):
            raise UnableToEnd
        keep_administrators(roles=roles_of_post(post=appointment.post_id, at=at), at=at)
        end_sessions(people=[appointment.person_id])
        detail = {"person": f"person:{appointment.person_id}"}
        record(act="identity.person.relieved", by=by, at=at, subject=f"post:{appointment.post_id}", detail=detail)


def create_person(*, login: str, name: str, by: Actor, at: datetime) -> Person:
    """An account without a password, to be set through a one-time link (``link_for``)."""
    _needs(by, SYSTEM)
    return open_account(login=login, name=name, password=None, by=by, at=at)


def link_for(*, person: Person, by: Actor, at: datetime) -> str:
    """The secret of a one-time link that lets ``person`` in to set a password.

    Raises ``UnableToIssueLink`` for a closed account and for administrators: who could open their accounts could act
    as them, so theirs are made at the machine (``dajing identity link``).
    """
    _needs(by, SYSTEM)
    if not person.is_active or (is_administrator(person=person, at=at) and not by.may("system")):
        raise UnableToIssueLink
    with transaction.atomic():
        secret = link_secret(person=person, at=at, life=FIRST_LINK_LIFE)
        record(act="identity.link.made", by=by, at=at, subject=f"person:{person.pk}", detail={})
    return secret


def close_account(*, person: Person, by: Actor, at: datetime) -> None:
    """Nobody signs in to the account any more; its appointments end. What the person did stays.

    Raises ``UnableToCloseAccount`` for administrators, who must be relieved of their post first.
    """
    _needs(by, SYSTEM)
    with transaction.atomic():
        if is_administrator(person=person, at=at) or not Person.objects.filter(pk=person.pk, is_active=True).exists():
            raise UnableToCloseAccount
        for appointment in Appointment.objects.filter(Q(valid_to=None) | Q(valid_to__gt=at), person=person):
            end_appointment(appointment=appointment, by=by, at=at)
        Person.objects.filter(pk=person.pk).update(is_active=False)
        SignInLink.objects.filter(person=person, used_at=None).delete()
        record(act="identity.person.closed", by=by, at=at, subject=f"person:{person.pk}", detail={})


def is_administrator(*, person: Person, at: datetime) -> bool:
    """Whether ``person`` holds, or is appointed to hold later, the post of one of the three administrators."""
    return person.pk in administrators(at=at)


def administrators(*, at: datetime) -> frozenset[int]:
    """Keys of all who hold, or are appointed to hold later, the post of an administrator."""
    running = Appointment.objects.filter(Q(valid_to=None) | Q(valid_to__gt=at), post__in=_administrators_posts())
    return frozenset(running.values_list("person_id", flat=True))


def appointing_role(*, post: str) -> str:
    """Who fills a post: the system administrator, but the security administrator where an administrator holds it."""
    return SECURITY if _administrators_posts().filter(pk=post).exists() else SYSTEM


def _administrators_posts() -> QuerySet[Post]:
    carrying = PostRole.objects.filter(role__in=SEPARATE, approved_at__isnull=False, ended_at=None)
    return Post.objects.filter(pk__in=carrying.values("post_id"))


def _separate(*, person: Person, at: datetime) -> None:
    """Raise when ``person`` holds two of the three administrators' roles at ``at`` or will from a later start."""
    starts = Appointment.objects.filter(person=person, valid_from__gt=at).values_list("valid_from", flat=True)
    for moment in (at, *starts):
        _separate_at(person, moment)


def _separate_at(person: Person, at: datetime) -> None:
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
        raise not_yours(role=role)
