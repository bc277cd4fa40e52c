"""The sealer's schedule: a proof can be had two seconds after the act."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from dajing.kernel.jobs.api import schedule
from dajing.kernel.ledger.api import seal


@schedule(name="ledger.seal", every=timedelta(seconds=1))
def seal_recorded() -> None:
    """Seal what was recorded since the last second."""
    seal(at=timezone.now())
