"""Carrying what waits over one channel: bounded, in order, with growing pauses; a kill repeats at most one message."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db.models import Q

from dajing.kernel.identity.api import address_of
from dajing.kernel.notify import port, rules, service
from dajing.kernel.notify.models import ChannelState, Delivery, Notice
from dajing.kernel.settings import Settings
from dajing.kernel.text import Refusal, Text

BATCH = 50
SUBJECT = Text(zh="大境提醒", en="Dajing notice")
DEMO = Text(zh="【演示数据】", en="[Demo data] ")
_log = structlog.get_logger()


def send_waiting(*, name: port.Name, settings: Settings, at: datetime, batch: int = BATCH) -> int:
    """Send what is due over one channel, unless it rests after a failure; how many messages were taken."""
    state, _ = ChannelState.objects.get_or_create(channel=name)
    if state.retry_at is not None and at < state.retry_at <= at + 2 * rules.LONGEST:
        return 0
    Delivery.objects.filter(channel=name, state="waiting", notice__at__lt=at - rules.EXPIRES).update(state="expired")
    due = Delivery.objects.filter(channel=name, state="waiting", not_before__lte=at).select_related("notice")
    waiting = list(due.order_by("not_before", "id")[: 1 if state.failures else batch])
    if not waiting:
        return 0
    sent = 0
    try:
        way = port.channel(name=name, settings=settings)
        for delivery in waiting:
            sent += _one(way, delivery, name, settings, at)
    except (port.ChannelDown, Refusal, ImportError) as error:
        _rest(state, error, at)
    else:
        ChannelState.objects.filter(channel=name).update(failures=0, retry_at=None, error="", worked_at=at)
    return sent


def _one(way: port.Channel, delivery: Delivery, name: port.Name, settings: Settings, at: datetime) -> int:
    row = Delivery.objects.filter(pk=delivery.pk, state="waiting")
    attempts = delivery.attempts + 1
    claimed = row.filter(attempts=delivery.attempts).update(
        attempts=attempts, not_before=at + rules.pause(failures=attempts)
    )
    if not claimed:  # another worker has it
        return 0
    try:
        address = _address(delivery.notice.person, name)
        if not address:
            raise port.AddressRefused("no address")
        way.send(message=message(notice=delivery.notice, address=address, settings=settings))
    except port.AddressRefused as error:
        final = attempts >= rules.MOST_ATTEMPTS or not address
        row.update(state="refused" if final else "waiting", error=str(error)[:300])
        return 0
    except (port.ChannelDown, Refusal):
        row.update(attempts=delivery.attempts, not_before=at)  # the channel's failure is not the message's
        raise
    row.update(state="sent", sent_at=at, error="")
    return 1


def message(*, notice: Notice, address: str, settings: Settings) -> port.Message:
    """The words as they leave the centre: both languages, one link back, marked where data is synthetic."""
    mark = DEMO if settings.synthetic else Text(zh="", en="")
    link = f"{settings.public_url.rstrip('/')}{notice.link}"
    text = f"{mark.zh}{notice.text_zh}\n{mark.en}{notice.text_en}"
    return port.Message(address=address, subject=f"{mark.zh}{SUBJECT.zh} {SUBJECT.en}", text=text, link=link)


def _address(person: str, name: port.Name) -> str:
    return service.wishes_of(person=person).phone if name in port.BY_PHONE else address_of(person=person)


def _rest(state: ChannelState, error: Exception, at: datetime) -> None:
    failures = state.failures + 1
    _log.warning("notify.channel_down", channel=state.channel, failures=failures, error=repr(error))
    ChannelState.objects.filter(pk=state.pk).update(
        failures=failures, retry_at=at + rules.pause(failures=failures), error=str(error)[:300]
    )


def waiting(*, name: port.Name, at: datetime) -> int:
    """How many messages should have left already, at most 1000."""
    late = Delivery.objects.filter(Q(not_before__lte=at), channel=name, state="waiting")
    return len(late.values_list("pk")[:1000])
