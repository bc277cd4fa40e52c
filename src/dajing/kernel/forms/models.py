"""Tables of forms. What people wrote is encrypted under a key of its own, which is dropped with the row."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Attachment(models.Model):
    """One file that was looked at and kept: ``sha256`` is the original, ``served`` what people are shown.

    ``owner`` is what it belongs to (``draft:7``, ``submission:3``, ``case:…``); ``type`` its media type by content.
    """

    owner = models.CharField(max_length=100)
    field = models.CharField(max_length=60, blank=True)
    name = models.CharField(max_length=120)
    type = models.CharField(max_length=100)
    size = models.PositiveIntegerField(help_text="Bytes of the original.")
    sha256 = models.CharField(max_length=64)
    served = models.CharField(max_length=64)
    scan = models.CharField(max_length=12, help_text="clean or not_scanned")
    by = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["owner", "field", "sha256"], name="attachment_once")
        ]

    def __str__(self) -> str:
        return f"{self.owner} {self.name}"


class Draft(models.Model):
    """A form that somebody has begun; ``holder`` is the person or post that may go on."""

    form = models.CharField(max_length=60)
    digest = models.CharField(max_length=64)
    holder = models.CharField(max_length=90)
    body = models.BinaryField()
    version = models.PositiveIntegerField(default=1)
    by = models.CharField(max_length=80)
    saved_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["holder", "expires_at"], name="draft_holder"),
            models.Index(fields=["expires_at"], name="draft_expires"),
        ]

    def __str__(self) -> str:
        return f"{self.form} {self.holder}"


class Submission(models.Model):
    """A form that was sent; ``key`` names the request, ``digest`` the form as it was, ``subject`` what came of it."""

    form = models.CharField(max_length=60)
    digest = models.CharField(max_length=64)
    key = models.CharField(max_length=120, unique=True)
    body = models.BinaryField()
    by = models.CharField(max_length=80)
    at = models.DateTimeField()
    subject = models.CharField(max_length=120, blank=True)

    def __str__(self) -> str:
        return f"{self.form}#{self.pk}"
