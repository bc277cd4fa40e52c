"""Tables of notices. A notice is written once per person and key; a delivery is one notice over one channel."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Notice(models.Model):
    """One message to one person; ``link`` is a path of this centre, ``key`` makes it unique for the person."""

    person = models.CharField(max_length=80)
    key = models.CharField(max_length=160)
    text_zh = models.TextField()
    text_en = models.TextField()
    link = models.CharField(max_length=300)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["person", "key"], name="notice_once")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["person", "id"], name="notice_inbox"),
            models.Index(fields=["person"], name="notice_unread", condition=models.Q(read_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.key}"


class Delivery(models.Model):
    """One notice on its way over one channel; ``not_before`` holds quiet hours and the pause after a failure."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE)
    channel = models.CharField(max_length=20)
    state = models.CharField(max_length=10, default="waiting", help_text="waiting, sent, refused or expired")
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["notice", "channel"], name="delivery_once")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["channel", "not_before"], name="delivery_waiting", condition=models.Q(state="waiting"))
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} {self.channel} {self.state}"


class ChannelState(models.Model):
    """Whether a channel works: after a failure nothing is tried over it before ``retry_at``."""

    channel = models.CharField(max_length=20, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)
    worked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.channel} ×{self.failures}"


class Preference(models.Model):
    """What a person wants beside the inbox; hours are local wall time, equal ones mean "never quiet"."""

    person = models.CharField(max_length=80, primary_key=True)
    channels = models.JSONField(default=list)
    phone = models.CharField(max_length=20, blank=True)
    quiet_from = models.TimeField()
    quiet_to = models.TimeField()

    def __str__(self) -> str:
        return self.person
