"""The door of jobs: tasks, schedules and progress."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import msgspec
from django.tasks import task as _task
from django.utils import timezone

from dajing.kernel.jobs import schedules as _schedules
from dajing.kernel.jobs.models import Job, Progress
from dajing.kernel.text import Text

__all__ = ["JobState", "current_job", "job_state", "jobs", "progress", "schedule", "task"]

_current: contextvars.ContextVar[str | None] = contextvars.ContextVar("dajing_job", default=None)


class JobState(msgspec.Struct, frozen=True, kw_only=True):
    """What a page shows of a job; ``done`` of ``total`` is None while the job has reported nothing."""

    id: str
    task: str
    status: str
    attempts: int
    enqueued_at: datetime
    finished_at: datetime | None
    done: int | None
    total: int | None
    label: Text | None
    error: str


def task(*, heavy: bool = False, attempts: int = 3, priority: int = 0) -> Callable[[Callable[..., Any]], Any]:
    """Declare a task of a slice's ``jobs.py``; ``f.enqueue(...)`` in a transaction runs it after the commit.

    ``heavy`` runs it in a process of its own, ``attempts`` bounds how often it may start (a kill counts),
    ``priority`` is -100 … 100. A task may be stopped at any point and started again, so it must be resumable.
    """
    return _task(heavy=heavy, attempts=attempts, priority=priority)


def schedule(
    *, name: str, every: timedelta | None = None, daily: time | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Run the decorated task at every due time: a grid of ``every``, or each day at the wall time ``daily``.

    Write ``@schedule(...)`` above ``@task()``. After an outage the missed due times are run once together. A plain
    function is allowed when ``every`` is under a minute; it is called in the worker, keeps no row and must be short.
    """
    return _schedules.declare(name=name, every=every, daily=daily)


def current_job() -> str | None:
    """Id of the job that this code runs in."""
    return _current.get()


def progress(*, done: int, total: int, label: Text, job: str | None = None) -> None:
    """Say how far a job has come (by default the one running); call it outside a transaction so that it is seen."""
    job = job or current_job()
    if job is None:
        return  # the same code called directly, for example from a command, has no job to report on
    Progress.objects.update_or_create(
        job_id=job,
        defaults={
            "done": done,
            "total": total,
            "label_zh": label.zh[:200],
            "label_en": label.en[:200],
            "at": timezone.now(),
        },
    )


def job_state(*, job: str) -> JobState | None:
    """One job as people see it, or None when it is unknown."""
    row = Job.objects.filter(id=job).select_related("progress").first()
    return _state(row) if row else None


def jobs(*, limit: int = 50, unfinished: bool = False) -> list[JobState]:
    """The newest jobs first."""
    rows = Job.objects.select_related("progress").order_by("-enqueued_at")
    if unfinished:
        rows = rows.filter(status__in=("READY", "RUNNING"))
    return [_state(row) for row in rows[:limit]]


def _state(row: Job) -> JobState:
    seen = getattr(row, "progress", None)
    return JobState(
        id=row.id,
        task=row.task,
        status=row.status,
        attempts=row.attempts,
        enqueued_at=row.enqueued_at,
        finished_at=row.finished_at,
        done=seen.done if seen else None,
        total=seen.total if seen else None,
        label=Text(zh=seen.label_zh, en=seen.label_en) if seen else None,
        error=row.errors[-1]["traceback"].strip().rsplit("\n", 1)[-1] if row.errors else "",
    )
