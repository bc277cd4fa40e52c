"""Jobs, the workers that run them, and the slots of schedules that have been run."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Job(models.Model):
    """One enqueued call of a task; ``attempts`` also fences off a run whose worker was taken for dead."""

    class Status(models.TextChoices):
        """The states of ``django.tasks``."""

        READY = "READY"
        RUNNING = "RUNNING"
        FAILED = "FAILED"
        SUCCESSFUL = "SUCCESSFUL"

    id = models.CharField(primary_key=True, max_length=32)
    task = models.CharField(max_length=200)
    args = models.JSONField()
    kwargs = models.JSONField()
    queue = models.CharField(max_length=32)
    priority = models.SmallIntegerField(default=0)
    status = models.CharField(max_length=10, choices=Status, default=Status.READY)
    run_after = models.DateTimeField(null=True)
    heavy = models.BooleanField(default=False)
    attempts = models.IntegerField(default=0)
    attempts_allowed = models.IntegerField(default=3)
    worker = models.CharField(max_length=64, blank=True)
    worker_ids = models.JSONField(default=list)
    enqueued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    last_attempted_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    errors = models.JSONField(default=list)
    result = models.JSONField(null=True)
    schedule = models.CharField(max_length=100, blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["-priority", "enqueued_at"], name="jobs_ready", condition=models.Q(status="READY")),
            models.Index(fields=["worker"], name="jobs_running", condition=models.Q(status="RUNNING")),
            models.Index(fields=["-enqueued_at"], name="jobs_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.status}"


class Progress(models.Model):
    """How far a job has come, for people to see."""

    job = models.OneToOneField(Job, primary_key=True, on_delete=models.CASCADE)
    done = models.BigIntegerField()
    total = models.BigIntegerField()
    label_zh = models.CharField(max_length=200)
    label_en = models.CharField(max_length=200)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.done}/{self.total}"


class Worker(models.Model):
    """A living worker counts ``beat`` up; one whose beat stands still is dead, whatever any clock says."""

    id = models.CharField(primary_key=True, max_length=64)
    beat = models.BigIntegerField(default=0)
    started_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.id


class Slot(models.Model):
    """One due time of a schedule that has been run; the constraint is why none can run twice."""

    schedule = models.CharField(max_length=100)
    due = models.DateTimeField()
    job = models.CharField(max_length=32)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["schedule", "due"], name="jobs_slot_once"),
        ]

    def __str__(self) -> str:
        return f"{self.schedule} {self.due:%Y-%m-%dT%H:%M:%S%z}"
