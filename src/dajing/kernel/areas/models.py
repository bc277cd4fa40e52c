"""Append-only versions of areas: what was known of each code, and from when."""

from __future__ import annotations

from django.db import models


class AreaVersion(models.Model):
    """One state of one code. It is known from ``known_from`` until the next version of the same code; never changed.

    ``content`` is the row of the register as JSON, empty where the code was withdrawn from the pack; ``valid_from`` and
    ``valid_to`` repeat its validity for queries.
    """

    code = models.CharField(max_length=12)
    known_from = models.DateTimeField()
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    content = models.TextField()
    by = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "known_from"], name="one_area_version_at_a_time")]
        indexes = [models.Index(fields=["known_from"])]

    def __str__(self) -> str:
        return f"{self.code} @ {self.known_from:%Y-%m-%d}"
