"""How far the history of the live city has been taken over by the series."""

from __future__ import annotations

from django.db import models


class Sealed(models.Model):
    """The last row of live.db's ``instance`` that is in the stream; changed in the transaction of its facts."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    position = models.BigIntegerField(default=0)
    at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"sealed to {self.position}"
