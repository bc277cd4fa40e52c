"""The steps of the first set-up. Each is one transaction, in order, once; after a crash the next one is due."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

import msgspec
from django.db import transaction

from dajing.kernel.identity.accounts import open_account, tidy
from dajing.kernel.identity.actor import system
from dajing.kernel.identity.first import gate
from dajing.kernel.identity.models import Appointment, FirstSetup, Person, Post
from dajing.kernel.identity.refusals import (
    PackWithoutAdministrators,
    SamePerson,
    SetupClosed,
    SetupLinkInvalid,
    SetupStepDone,
)
from dajing.kernel.identity.roles import AUDIT, SECURITY, SYSTEM, known_roles
from dajing.kernel.identity.service import appoint
from dajing.kernel.identity.tokens import digest
from dajing.kernel.ledger.api import record
from dajing.kernel.text import Text

LINK_LIFE = timedelta(hours=24)
PACK, NEXT = "pack", "next"
ADMINISTRATORS = {"system": SYSTEM, "security": SECURITY, "audit": AUDIT}
STEPS = (PACK, *ADMINISTRATORS, NEXT)
BY = system("first-setup")


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """An administrator appointed so far."""

    step: str
    role: Text
    name: str
    login: str
    post: str


def setup_secret(*, at: datetime) -> str:
    """The secret of a new set-up link; earlier unopened links are void. Raises ``SetupClosed``."""
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        row = _row()
        row.link, row.link_expires_at = digest(secret), at + LINK_LIFE
        row.save()
    return secret


def take_seat(*, secret: str, at: datetime) -> str:
    """Spend a set-up link; the secret that marks this browser from now on, instead of any earlier one.

    Raises ``SetupLinkInvalid`` or ``SetupClosed``.
    """
    seat = secrets.token_urlsafe(32)
    with transaction.atomic():
        row = _row()
        valid = row.link == digest(secret) and row.link_expires_at is not None and at < row.link_expires_at
        if not valid:
            raise SetupLinkInvalid
        row.link, row.seat = "", digest(seat)
        row.save()
        record(act="identity.setup.opened", by=BY, at=at, subject="setup", detail={})
    return seat


def seated(*, seat: str) -> bool:
    """Whether this is the browser that opened the newest link."""
    row = FirstSetup.objects.filter(pk=1, done_at=None).first()
    return row is not None and bool(seat) and secrets.compare_digest(row.seat, digest(seat))


def current_step() -> str:
    """The step that is due, read from what is in the store. Raises ``SetupClosed``."""
    row = FirstSetup.objects.filter(pk=1).first()
    if row is not None and row.done_at is not None:
        raise SetupClosed
    if row is None or row.pack_confirmed_at is None:
        return PACK
    done = {holder.step for holder in holders()}
    return next((step for step in ADMINISTRATORS if step not in done), NEXT)


def holders() -> list[Holder]:
    """The administrators appointed so far, in the order of the steps."""
    found = []
    for step, role in ADMINISTRATORS.items():
        rows = Appointment.objects.filter(post__postrole__role=role, post__postrole__approved_at__isnull=False)
        row = rows.filter(post__postrole__ended_at=None).select_related("person", "post").order_by("pk").first()
        if row is not None:
            person = row.person
            title = known_roles()[role]
            found.append(Holder(step=step, role=title, name=person.name, login=person.login, post=row.post_id))
    return found


def post_of(*, role: str) -> Post:
    """The pack's post that carries an administrator's role. Raises ``PackWithoutAdministrators``."""
    carrying = Post.objects.filter(postrole__role=role, postrole__approved_at__isnull=False, postrole__ended_at=None)
    post = carrying.select_related("department").order_by("pk").first()
    if post is None:
        title, text = known_roles()[role], PackWithoutAdministrators.text
        refusal = PackWithoutAdministrators(role=title.en)
        refusal.message = Text(zh=text.zh.format(role=title.zh), en=text.en.format(role=title.en))
        raise refusal
    return post


def confirm_pack(*, city: str, at: datetime) -> None:
    """The city pack is the right one. Raises ``SetupStepDone``, ``SetupClosed`` or ``PackWithoutAdministrators``."""
    with transaction.atomic():
        row = _due(PACK)
        for role in ADMINISTRATORS.values():
            post_of(role=role)
        row.pack_confirmed_at = at
        row.save()
        record(act="identity.setup.pack_confirmed", by=BY, at=at, subject="setup", detail={"city": city})


def make_administrator(*, step: str, login: str, name: str, password: str, at: datetime) -> Person:
    """The account of one administrator, appointed to the pack's post for it.

    Raises ``SetupStepDone``, ``SetupClosed``, ``SamePerson`` or what ``open_account`` raises; then nothing is kept.
    """
    with transaction.atomic():
        _due(step)
        _another_person(login=login, name=name, password=password)
        person = open_account(login=login, name=name, password=password, by=BY, at=at)
        post = post_of(role=ADMINISTRATORS[step])
        appoint(person=person, post=post, valid_from=at, valid_to=None, deputy=False, by=BY, at=at)
    return person


def finish(*, at: datetime) -> None:
    """Close the first set-up for ever. Raises ``SetupStepDone`` or ``SetupClosed``."""
    with transaction.atomic():
        row = _due(NEXT)
        row.done_at, row.link, row.seat = at, "", ""
        row.save()
        record(act="identity.setup.closed", by=BY, at=at, subject="setup", detail={"steps": list(STEPS)})


def _row() -> FirstSetup:
    """The row, locked until the transaction ends, so that of two at once the second sees what the first did."""
    if not gate.is_open():
        raise SetupClosed
    FirstSetup.objects.get_or_create(pk=1)
    row = FirstSetup.objects.select_for_update().get(pk=1)
    if row.done_at is not None:
        raise SetupClosed
    return row


def _due(step: str) -> FirstSetup:
    row = _row()
    if current_step() != step:
        raise SetupStepDone
    return row


def _another_person(*, login: str, name: str, password: str) -> None:
    logins, names = tidy(login).casefold(), tidy(name).casefold()
    for holder in holders():
        person = Person.objects.get(login=holder.login)
        same = None
        if holder.login.casefold() == logins:
            same = Text(zh="登录名", en="the login")
        elif holder.name.casefold() == names:
            same = Text(zh="姓名", en="the name")
        elif person.check_password(password):
            same = Text(zh="密码", en="the password")
        if same is not None:
            text, refusal = SamePerson.text, SamePerson(what=same.en, other=holder.role.en)
            zh = text.zh.format(what=same.zh, other=holder.role.zh)
            refusal.message = Text(zh=zh, en=refusal.message.en)
            raise refusal
