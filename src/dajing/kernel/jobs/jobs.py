"""Keeping the table of jobs small."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from dajing.kernel.jobs.api import schedule, task
from dajing.kernel.jobs.models import Job, Slot

KEEP = timedelta(days=30)  # what failed or was asked for by people
KEEP_SCHEDULED = timedelta(days=2)  # what a schedule ran without trouble
KEEP_SLOTS = timedelta(days=400)


@schedule(name="jobs.prune", daily=time(3, 40))
@task()
def prune_jobs() -> int:
    """Delete finished jobs and old slots; returns how many rows."""
    return prune(now=datetime.now(UTC))


def prune(*, now: datetime) -> int:
    """Delete what is older than the times above; the newest slot of each schedule is far younger than its limit."""
    finished = Job.objects.filter(finished_at__lt=now - KEEP)
    scheduled = Job.objects.filter(status="SUCCESSFUL", finished_at__lt=now - KEEP_SCHEDULED).exclude(schedule="")
    slots = Slot.objects.filter(due__lt=now - KEEP_SLOTS)
    return sum(rows.delete()[0] for rows in (finished, scheduled, slots))
