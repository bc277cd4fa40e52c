"""Each channel has a beat of its own, so that a dead one holds up no other; old notices are deleted at night."""

from __future__ import annotations

from datetime import time, timedelta

from django.utils import timezone

from dajing.kernel.jobs.api import schedule, task
from dajing.kernel.notify import port, sending, service
from dajing.kernel.settings import settings

BEAT = timedelta(seconds=5)


def _send(name: port.Name) -> None:
    if name in port.configured(settings=settings()):
        sending.send_waiting(name=name, settings=settings(), at=timezone.now())


@schedule(name="notify.mail", every=BEAT)
def send_mail() -> None:
    """Send the e-mails that wait."""
    _send("mail")


@schedule(name="notify.sms", every=BEAT)
def send_sms() -> None:
    """Send the text messages that wait."""
    _send("sms")


@schedule(name="notify.wecom", every=BEAT)
def send_wecom() -> None:
    """Send what waits to 企业微信／政务微信."""
    _send("wecom")


@schedule(name="notify.forget", daily=time(3, 40))
@task()
def forget() -> int:
    """Delete old notices; returns how many rows."""
    return service.forget_old(at=timezone.now())
