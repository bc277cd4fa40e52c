"""How far the simulator has come."""

from __future__ import annotations

from django.db import models


class Simulation(models.Model):
    """One run of the simulator: ``done`` steps of its script are in the data, each exactly once."""

    plan = models.CharField(max_length=40)
    size = models.CharField(max_length=8)
    seed = models.BigIntegerField()
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["plan", "size", "seed"], name="simulated_once")]

    def __str__(self) -> str:
        return f"{self.plan} {self.size} {self.done}/{self.total}"
