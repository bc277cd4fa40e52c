"""Tables of the hot tail in the row store."""

from __future__ import annotations

from django.db import models


class Progress(models.Model):
    """How far one stream's tail has been moved to history.

    ``claimed`` is the number of the last flush that took batches, ``trimmed`` that of the last flush whose batches were
    deleted from the tail; ``newest`` is the greatest ``known_at`` among the facts trimmed.
    """

    stream = models.CharField(max_length=120, primary_key=True)
    claimed = models.BigIntegerField(default=0)
    trimmed = models.BigIntegerField(default=0)
    newest = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.stream} {self.trimmed}/{self.claimed}"


class Batch(models.Model):
    """The facts of one append, as columns; ``flush`` numbers the flush that took it, null while none has.

    A batch belongs to a flush by this mark and not by its id: ids are given before commit, so a batch that commits late
    has a smaller id than batches already flushed, yet it is still unmarked and the next flush takes it.
    """

    stream = models.CharField(max_length=120)
    known_at = models.DateTimeField()
    count = models.PositiveIntegerField()
    body = models.BinaryField()
    flush = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["stream", "flush"], name="series_batch_flush"),
            models.Index(fields=["stream", "known_at"], name="series_batch_known"),
        ]

    def __str__(self) -> str:
        return f"{self.stream} × {self.count}"
