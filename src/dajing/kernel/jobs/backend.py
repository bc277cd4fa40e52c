"""The backend that ``TASKS`` names: enqueues into our table within the caller's transaction."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from django.tasks.backends.base import BaseTaskBackend
from django.tasks.base import Task, TaskError, TaskResult, TaskResultStatus
from django.tasks.exceptions import TaskResultDoesNotExist
from django.tasks.signals import task_enqueued
from django.utils import timezone
from django.utils.json import normalize_json
from django.utils.module_loading import import_string

from dajing.kernel.jobs.models import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTask(Task):
    """A task that may run in a process of its own and is tried again after a failure.

    ``heavy``: run in a subprocess, for computation and for anything that loads large libraries.
    ``attempts``: how often a run may begin, kills included.
    """

    heavy: bool = False
    attempts: int = 3


class JobBackend(BaseTaskBackend):
    """Jobs as rows: enqueued atomically with the act, found again from every process."""

    task_class = JobTask
    supports_defer = True
    supports_get_result = True
    supports_priority = True

    def enqueue(self, task: JobTask, args: list[Any], kwargs: dict[str, Any]) -> TaskResult:
        """Write one job row; it exists if, and only if, the surrounding transaction commits."""
        self.validate_task(task)
        row = Job.objects.create(
            id=secrets.token_hex(16),
            task=task.module_path,
            args=normalize_json(args),
            kwargs=normalize_json(kwargs),
            queue=task.queue_name,
            priority=task.priority,
            run_after=task.run_after,
            heavy=task.heavy,
            attempts_allowed=task.attempts,
            enqueued_at=timezone.now(),
        )
        result = result_of(row=row, task=task, backend=self.alias)
        task_enqueued.send(type(self), task_result=result)
        return result

    def get_result(self, result_id: str) -> TaskResult:
        """The job as Django's interface shows it."""
        try:
            row = Job.objects.get(id=result_id)
        except Job.DoesNotExist as error:
            raise TaskResultDoesNotExist(result_id) from error
        return result_of(row=row, task=task_of(row=row), backend=self.alias)


def task_of(*, row: Job) -> JobTask:
    """The declared task of a job row; raises ``ImportError`` when the code no longer has it."""
    found = import_string(row.task)
    if not isinstance(found, JobTask):
        raise ImportError(f"{row.task} is not a task")
    return found


def result_of(*, row: Job, task: JobTask, backend: str) -> TaskResult:
    """A job row as ``TaskResult``."""
    result = TaskResult(
        task=task,
        id=row.id,
        status=TaskResultStatus[row.status],
        enqueued_at=row.enqueued_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        last_attempted_at=row.last_attempted_at,
        args=row.args,
        kwargs=row.kwargs,
        backend=backend,
        errors=[TaskError(**error) for error in row.errors],
        worker_ids=list(row.worker_ids),
    )
    object.__setattr__(result, "_return_value", row.result)
    return result
