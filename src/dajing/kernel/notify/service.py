"""Writing notices, reading the inbox, and what a person prefers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings as django_settings
from django.db import transaction

from dajing.kernel.identity.actor import Actor
from dajing.kernel.live.api import announce, own_topic
from dajing.kernel.notify import port, rules
from dajing.kernel.notify.models import Delivery, Notice, Preference
from dajing.kernel.settings import settings
from dajing.kernel.text import Refusal, Text

PAGE = 30
COUNTED = 99
QUIET = (time(21), time(7))
KEPT_READ, KEPT_UNREAD = timedelta(days=90), timedelta(days=400)


class UnableToPrefer(Refusal):
    """A preference that cannot be kept."""

    text = Text(zh="{zh}", en="{en}")


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """What a person wants beside the inbox; local wall time, equal hours mean "never quiet"."""

    channels: tuple[str, ...] = ("mail",)
    phone: str = ""
    quiet_from: time = QUIET[0]
    quiet_to: time = QUIET[1]


def notify(*, people: Iterable[str], text: Text, link: str, at: datetime, key: str) -> int:
    """Tell ``people`` (actor ids such as ``person:7``) inside the caller's transaction; how many had not been told.

    ``text`` is one sentence without personal data, ``link`` a path of this centre (``/work/…``), ``key`` names what
    happened: the same key tells a person once, however often it is delivered. Raises ``ValueError`` for a link that
    leads elsewhere.
    """
    if not link.startswith("/") or link.startswith("//"):
        raise ValueError(f"a notice links to this centre alone, not to {link!r}")
    told = 0
    with transaction.atomic():
        for person in sorted(set(people)):
            told += _tell(person, text, link, at, key[:160])
    return told


def _tell(person: str, text: Text, link: str, at: datetime, key: str) -> int:
    told = {"text_zh": text.zh, "text_en": text.en, "link": link[:300], "at": at}
    notice, new = Notice.objects.get_or_create(person=person, key=key, defaults=told)
    if not new:
        return 0
    wishes = wishes_of(person=person)
    zone = ZoneInfo(django_settings.TIME_ZONE)
    leaves = rules.earliest(at=at, quiet_from=wishes.quiet_from, quiet_to=wishes.quiet_to, zone=zone)
    Delivery.objects.bulk_create(
        Delivery(notice=notice, channel=name, not_before=leaves)
        for name in port.configured(settings=settings())
        if name in wishes.channels and (name not in port.BY_PHONE or wishes.phone)
    )
    announce(topic=own_topic(person=person), data={"notice": notice.pk})
    return 1


def wishes_of(*, person: str) -> Wishes:
    """What a person prefers; by default e-mail and quiet from 21:00 to 07:00."""
    row = Preference.objects.filter(pk=person).first()
    if row is None:
        return Wishes()
    return Wishes(
        channels=tuple(row.channels), phone=row.phone, quiet_from=row.quiet_from, quiet_to=row.quiet_to
    )  # fmt: skip


def prefer(*, wishes: Wishes, by: Actor) -> None:
    """Keep the actor's own wishes. Raises ``UnableToPrefer``."""
    if wishes.phone and not rules.is_phone(text=wishes.phone):
        raise UnableToPrefer(
            zh="手机号应为 11 位大陆手机号。", en="The phone number must be a mainland mobile of 11 digits."
        )
    if not wishes.phone and port.BY_PHONE.intersection(wishes.channels):
        raise UnableToPrefer(zh="短信和企业微信需要手机号。", en="SMS and WeCom need a phone number.")
    known = [name for name in port.TITLES if name in wishes.channels]
    Preference.objects.update_or_create(
        person=by.id, defaults=msgspec.structs.asdict(wishes) | {"channels": known}
    )  # fmt: skip


def inbox(*, by: Actor, before: int | None = None, size: int = PAGE) -> list[Notice]:
    """The actor's own notices, newest first; ``before`` is the id of the last one seen."""
    rows = Notice.objects.filter(person=by.id)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows.order_by("-id")[:size])


def unread(*, person: str) -> int:
    """How many notices are unread, at most 100, which means "more than 99"."""
    return len(Notice.objects.filter(person=person, read_at=None).values_list("pk")[: COUNTED + 1])


def read(*, by: Actor, at: datetime, notices: Sequence[int] | None = None) -> int:
    """Mark the actor's own notices (all without ``notices``) as read; those of others stay. How many were marked."""
    rows = Notice.objects.filter(person=by.id, read_at=None)
    if notices is not None:
        rows = rows.filter(pk__in=notices)
    with transaction.atomic():
        marked = rows.update(read_at=at)
        if marked:
            announce(topic=own_topic(person=by.id), data={"read": marked})
    return marked


def forget_old(*, at: datetime) -> int:
    """Delete notices read three months ago, and those older than 400 days; how many."""
    read_long_ago = Notice.objects.filter(read_at__lt=at - KEPT_READ)
    deleted = read_long_ago.delete()[0] + Notice.objects.filter(at__lt=at - KEPT_UNREAD).delete()[0]
    return int(deleted)
