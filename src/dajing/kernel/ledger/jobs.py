"""The sealer's schedule (a proof can be had two seconds after the act) and the nightly check of everything."""

from __future__ import annotations

from datetime import time, timedelta

from django.db import transaction
from django.utils import timezone

from dajing.kernel.identity.actor import system
from dajing.kernel.jobs.api import schedule, task
from dajing.kernel.ledger.api import record, seal, verify


@schedule(name="ledger.seal", every=timedelta(seconds=1))
def seal_recorded() -> None:
    """Seal what was recorded since the last second."""
    seal(at=timezone.now())


@task(heavy=True)
def check() -> None:
    """Recompute the whole ledger; what was found is itself an entry, so that a check cannot be passed over."""
    found = verify()
    faults = [{"index": fault.index, "zh": fault.message.zh, "en": fault.message.en} for fault in found.findings]
    detail = {"size": found.size, "root": found.root, "intact": not faults, "findings": faults}
    with transaction.atomic():
        record(act="ledger.checked", by=system("ledger.check"), at=timezone.now(), subject="ledger", detail=detail)


schedule(name="ledger.check", daily=time(3, 30))(check)
