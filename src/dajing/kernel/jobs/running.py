"""Claiming a job, running it, and keeping what came of it."""

from __future__ import annotations

import traceback
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.db.models import F, Q
from django.tasks.base import TaskContext
from django.tasks.signals import task_finished, task_started
from django.utils import timezone
from django.utils.json import normalize_json

from dajing.kernel.jobs import api
from dajing.kernel.jobs.backend import JobBackend, result_of, task_of
from dajing.kernel.jobs.models import Job, Worker

DIED = "dajing.kernel.jobs.running.WorkerDied"
FAR = timedelta(minutes=10)
_log = structlog.get_logger()


class WorkerDied(Exception):
    """The process that ran a job ended without a result: killed, out of memory, or power lost."""


def claim(*, worker: str, now: datetime, heavy: bool) -> Job | None:
    """Take the most urgent ready job for ``worker``; two workers can never take the same one."""
    ready = Job.objects.filter(status="READY", heavy=heavy).filter(Q(run_after=None) | Q(run_after__lte=now))
    if connection.vendor == "sqlite" and not ready.exists():
        return None  # saves the write lock; below a BEGIN IMMEDIATE makes the choice and the mark one step
    with transaction.atomic():
        skip = connection.features.has_select_for_update_skip_locked
        job = ready.select_for_update(skip_locked=skip).order_by("-priority", "enqueued_at").first()
        if job is None:
            return None
        job.status, job.worker, job.attempts = "RUNNING", worker, job.attempts + 1
        job.worker_ids = [*job.worker_ids, worker]
        job.started_at = job.started_at or now
        job.last_attempted_at = now
        job.save()
    return job


def run(*, job: Job) -> None:
    """Call the job's task in this process and keep the outcome, unless the run has been fenced off meanwhile."""
    token = api._current.set(job.id)
    try:
        task = task_of(row=job)
        result = result_of(row=job, task=task, backend="default")
        task_started.send(JobBackend, task_result=result)
        context = [TaskContext(task_result=result)] if task.takes_context else []
        value = normalize_json(task.call(*context, *job.args, **job.kwargs))
    except Exception as error:
        kind = f"{type(error).__module__}.{type(error).__qualname__}"
        finish_failed(job=job, kind=kind, trace=traceback.format_exc(limit=30))
    else:
        _finish(job=job, status="SUCCESSFUL", result=value, finished_at=timezone.now())
    finally:
        api._current.reset(token)


def finish_failed(*, job: Job, kind: str, trace: str) -> None:
    """Keep a failure: ready again after a pause while attempts are left, else failed for good."""
    errors = [*job.errors, {"exception_class_path": kind, "traceback": trace[-8000:]}][-10:]
    _log.warning(
        "jobs.failed", job=job.id, task=job.task, attempt=job.attempts, error=trace.strip().rsplit("\n", 1)[-1]
    )
    if job.attempts < job.attempts_allowed:
        pause = timedelta(seconds=min(5 * 4 ** (job.attempts - 1), 3600))
        _finish(job=job, status="READY", errors=errors, run_after=timezone.now() + pause, worker="")
    else:
        _finish(job=job, status="FAILED", errors=errors, finished_at=timezone.now())


def _finish(*, job: Job, **fields: object) -> None:
    own = Job.objects.filter(id=job.id, status="RUNNING", worker=job.worker, attempts=job.attempts)
    if not own.update(**fields):
        _log.warning("jobs.fenced_off", job=job.id, attempt=job.attempts)
        return
    if fields["status"] != "READY":
        job.refresh_from_db()
        task_finished.send(JobBackend, task_result=result_of(row=job, task=task_of(row=job), backend="default"))


def recover(*, dead: str) -> int:
    """Give back what a dead worker was running; returns how many jobs that were."""
    running = list(Job.objects.filter(status="RUNNING", worker=dead))
    for job in running:
        finish_failed(job=job, kind=DIED, trace=f"{DIED}: worker {dead} died")
    Worker.objects.filter(id=dead).delete()
    return len(running)


def beat(*, worker: str) -> None:
    """Show that ``worker`` lives."""
    Worker.objects.filter(id=worker).update(beat=F("beat") + 1)
