"""Turns due times into jobs: missed ones once, none twice, whatever the clock does."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from django.db import IntegrityError, transaction

from dajing.kernel.jobs.backend import JobTask
from dajing.kernel.jobs.models import Job, Slot
from dajing.kernel.jobs.schedules import Schedule, schedules

_log = structlog.get_logger()


def plan(*, now: datetime, zone: ZoneInfo) -> int:
    """Enqueue every schedule whose latest due time has not been run; returns how many were enqueued."""
    return sum(_plan_one(schedule=s, now=now, zone=zone) for s in schedules() if s.kept)


def _plan_one(*, schedule: Schedule, now: datetime, zone: ZoneInfo) -> bool:
    due = schedule.due(now=now, zone=zone)
    last = Slot.objects.filter(schedule=schedule.name).order_by("-due").first()
    if last is None:  # first sight: the grid begins here, the first run is at the next due time
        Slot.objects.get_or_create(schedule=schedule.name, due=due, defaults={"job": ""})
        return False
    if due <= last.due and not _came_back(last=last, now=now, schedule=schedule):
        return False
    if Job.objects.filter(schedule=schedule.name, status__in=("READY", "RUNNING")).exists():
        return False  # the run before is not over; the same due time is looked at again
    return _enqueue(schedule=schedule, due=due)


def _came_back(*, last: Slot, now: datetime, schedule: Schedule) -> bool:
    """Whether the newest slot lies so far ahead that the clock must have been wrong when it was run."""
    return last.due > now + 2 * schedule.period


def _enqueue(*, schedule: Schedule, due: datetime) -> bool:
    task = schedule.run
    if not isinstance(task, JobTask):
        raise TypeError(f"schedule {schedule.name!r}: a run that is kept must be a task (put @task below @schedule)")
    try:
        with transaction.atomic():
            slot = Slot.objects.create(schedule=schedule.name, due=due, job="")
            slot.job = task.enqueue().id
            slot.save(update_fields=["job"])
            Job.objects.filter(id=slot.job).update(schedule=schedule.name)
    except IntegrityError:
        return False  # this due time has been run already, here or by another worker
    _log.info("jobs.scheduled", schedule=schedule.name, due=due.isoformat())
    return True
