"""Start-up steps of the network."""

from __future__ import annotations

from django.db import transaction

from dajing.domains.network.standards import present
from dajing.kernel.jobs.api import jobs
from dajing.kernel.settings import settings
from dajing.kernel.supervisor.setup import Step
from dajing.kernel.text import Text


def begin_demo() -> None:
    """Enqueue the synthetic network where data is synthetic and it is not there yet; one job at a time."""
    from dajing.domains.network.demo.running import finished
    from dajing.domains.network.jobs import demo

    if not settings().synthetic or not present() or finished():
        return
    with transaction.atomic():
        if not any(job.task == demo.module_path for job in jobs(limit=1000, unfinished=True)):
            demo.enqueue()


STEPS = [Step(name="network.demo", title=Text(zh="演示网络", en="Demo network"), order=95, run=begin_demo)]
