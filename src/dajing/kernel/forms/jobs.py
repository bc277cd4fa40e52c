"""Drafts that nobody came back to are forgotten at night."""

from __future__ import annotations

from datetime import time

from django.utils import timezone

from dajing.kernel.forms import service
from dajing.kernel.jobs.api import schedule, task


@schedule(name="forms.expire", daily=time(3, 50))
@task()
def expire_drafts() -> int:
    """Forget expired drafts; returns how many."""
    return service.expire(at=timezone.now())
