"""Sessions that have ended go."""

from __future__ import annotations

from datetime import timedelta

from dajing.kernel.jobs.api import schedule, task


@schedule(name="identity.sessions.ended", every=timedelta(hours=1))
@task()
def forget_sessions() -> None:
    """Delete sessions past their end; every visit to the sign-in page by a script makes one."""
    from django.contrib.sessions.models import Session
    from django.utils import timezone

    Session.objects.filter(expire_date__lt=timezone.now()).delete()
