"""Rows of the network: versions of registered objects, what was loaded, coverage runs and their results."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Load(models.Model):
    """One file that was loaded into a register; ``provenance`` is the kind of its records (measured, synthetic …)."""

    register = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    appended = models.PositiveIntegerField()
    datum = models.CharField(max_length=8)
    provenance = models.CharField(max_length=12)
    at = models.DateTimeField()
    by = models.CharField(max_length=200)

    def __str__(self) -> str:
        return f"{self.register} {self.name}"


class Version(models.Model):
    """What is said of one object from ``valid_from`` on, known from ``known_from``; appended, never changed.

    ``content`` is the object as JSON, empty where it was withdrawn. Of the versions known at a time whose
    ``valid_from`` is not after a day, the one known last holds on that day, and exists if the day is before its
    ``valid_to``.
    """

    register = models.CharField(max_length=20)
    key = models.CharField(max_length=80)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    known_from = models.DateTimeField()
    content = models.TextField()
    load = models.ForeignKey(Load, on_delete=models.PROTECT)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["register", "key", "known_from"], name="network_version_by_key"),
        ]

    def __str__(self) -> str:
        return f"{self.register}/{self.key} {self.valid_from}"


class Loss(models.Model):
    """Median loss from one antenna position and band to the demand points around it; ``key`` digests all inputs.

    ``body`` is two arrays: point numbers (int32) and loss in 0.1 dB (int16), compressed.
    """

    key = models.CharField(max_length=64, primary_key=True)
    points = models.PositiveIntegerField()
    body = models.BinaryField()

    def __str__(self) -> str:
        return self.key[:12]


class Run(models.Model):
    """One computation of coverage for the state of the registers on a day; its result never changes.

    ``digest`` is over everything that goes in: the same inputs are the same run.
    """

    on = models.DateField()
    known_at = models.DateTimeField()
    digest = models.CharField(max_length=64, unique=True)
    inputs = models.JSONField()
    synthetic = models.BooleanField()
    at = models.DateTimeField()
    by = models.CharField(max_length=200)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.on} {self.digest[:12]}"


class Result(models.Model):
    """One table of a finished run: a service, an operator (empty: all together) and a level of areas.

    ``body`` is a compressed ``coverage.structs.Table``.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE)
    service = models.CharField(max_length=20)
    operator = models.CharField(max_length=60)
    level = models.CharField(max_length=12)
    body = models.BinaryField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["run", "service", "operator", "level"], name="network_result_once"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.service} {self.operator} {self.level}"
