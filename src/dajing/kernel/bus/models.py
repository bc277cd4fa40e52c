"""The outbox, how far each consumer has come, and what a consumer could not digest."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Event(models.Model):
    """One published event; ``seq`` is given after commit, in an order in which nothing can appear later in between."""

    seq = models.BigIntegerField(unique=True, null=True)
    topic = models.CharField(max_length=100)
    payload = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["topic", "seq"], name="bus_event_topic"),
            models.Index(fields=["id"], name="bus_event_unsequenced", condition=models.Q(seq__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.topic}#{self.seq}"


class Position(models.Model):
    """How far one consumer has come; moved in the transaction of the consumer's effect."""

    name = models.CharField(primary_key=True, max_length=100)
    seq = models.BigIntegerField(default=0)
    failures = models.IntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    running = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.name}@{self.seq}"


class DeadLetter(models.Model):
    """An event that a consumer failed on too often; kept until somebody redelivers or drops it."""

    consumer = models.CharField(max_length=100)
    seq = models.BigIntegerField()
    topic = models.CharField(max_length=100)
    payload = models.JSONField()
    at = models.DateTimeField()
    error = models.TextField()
    buried_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["consumer", "seq"], name="bus_dead_letter_once"),
        ]

    def __str__(self) -> str:
        return f"{self.consumer} failed on {self.topic}#{self.seq}"
