"""What officers add to a plan: the projects and measures it counts but does not name, and confirmed definitions."""

from __future__ import annotations

from django.db import models


class SlotEntry(models.Model):
    """One version of what an officer entered for a key project or a policy measure; versions are never overwritten."""

    plan = models.CharField(max_length=40)
    slot = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    approval = models.CharField(max_length=200, help_text="批复文号 / number of the approval document")
    money_wan = models.DecimalField(max_digits=14, decimal_places=2, null=True, help_text="万元")
    funding = models.CharField(max_length=200, blank=True)
    milestones = models.JSONField(default=list)
    acceptance = models.CharField(max_length=500, blank=True)
    targets = models.JSONField(default=list)
    by = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["plan", "slot", "version"], name="slot_version")]

    def __str__(self) -> str:
        return f"{self.slot} v{self.version}: {self.title}"


class DefinitionConfirmation(models.Model):
    """An officer's confirmation that an inferred definition is the official one, with the document that says so."""

    plan = models.CharField(max_length=40)
    indicator = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    confirmed = models.BooleanField()
    document = models.CharField(max_length=300)
    note = models.CharField(max_length=500, blank=True)
    by = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["plan", "indicator", "version"], name="confirmation_version")]

    def __str__(self) -> str:
        return f"{self.indicator} v{self.version}"
