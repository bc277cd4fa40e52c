"""Stored readings, forecasts and final evaluations."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Snapshot(models.Model):
    """One computed state of all readings of a plan.

    ``as_of`` null is the latest state. ``definition`` is the digest of the pack's part that readings depend on,
    ``position`` how many facts of the stream were known. ``forecast``: statuses use stored forecasts.
    """

    plan = models.CharField(max_length=60)
    as_of = models.DateTimeField(null=True)
    computed_at = models.DateTimeField()
    watermark = models.DateTimeField(null=True)
    synthetic = models.BooleanField()
    forecast = models.BooleanField(default=False)
    definition = models.CharField(max_length=64)
    position = models.BigIntegerField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["plan", "as_of", "definition"], name="plan_snapshot_once"),
        ]

    def __str__(self) -> str:
        return f"{self.plan} @ {self.as_of or 'latest'}"


class ReadingRow(models.Model):
    """All periods of one indicator, variant and area in a snapshot.

    ``body`` is the compressed JSON of its readings in the order of their periods, ``latest`` the JSON of the one that a
    board shows (empty: none). A row per reading would be eighty times as many, written anew with every locked sheet.
    """

    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="readings")
    indicator = models.CharField(max_length=60)
    variant = models.CharField(max_length=12)
    area = models.CharField(max_length=12)
    body = models.BinaryField()
    latest = models.BinaryField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["snapshot", "variant", "indicator", "area"], name="plan_reading_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["snapshot", "variant", "area"], name="plan_reading_by_area"),
        ]

    def __str__(self) -> str:
        return f"{self.indicator}/{self.variant} {self.area}"


class ForecastRow(models.Model):
    """The forecast of one indicator of the city, as it was computed for a snapshot."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="forecasts")
    indicator = models.CharField(max_length=60)
    content = models.JSONField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["snapshot", "indicator"], name="plan_forecast_once"),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} of {self.snapshot_id}"


class EvaluationRow(models.Model):
    """A frozen final evaluation: never changed, because a later revision does not change what was known then."""

    plan = models.CharField(max_length=60)
    vintage = models.DateTimeField()
    digest = models.CharField(max_length=64)
    content = models.JSONField()
    frozen_at = models.DateTimeField()
    by = models.CharField(max_length=200)
    entry = models.BigIntegerField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["plan", "vintage"], name="plan_evaluation_once"),
        ]

    def __str__(self) -> str:
        return f"{self.plan} @ {self.vintage:%Y-%m-%d} {self.digest[:12]}"
