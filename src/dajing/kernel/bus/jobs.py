"""Keeping the outbox small."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from dajing.kernel.bus.retention import prune
from dajing.kernel.jobs.api import schedule, task


@schedule(name="bus.prune", daily=time(3, 20))
@task()
def prune_events() -> int:
    """Delete events that everybody has behind; returns how many."""
    return prune(now=datetime.now(UTC))


@schedule(name="bus.prune_live", every=timedelta(hours=1))
@task()
def prune_live_events() -> int:
    """Delete announcements to pages that nobody can still resume from; returns how many."""
    return prune(now=datetime.now(UTC), topic="live.", keep=timedelta(hours=1))
