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


def draw_again() -> None:
    """Enqueue the drawing of the newest run's maps: a restored backup has none; where they are the job ends at once."""
    from dajing.domains.network.jobs import draw
    from dajing.domains.network.models import Run

    if not Run.objects.exclude(finished_at=None).exists():
        return
    with transaction.atomic():
        if not any(job.task == draw.module_path for job in jobs(limit=1000, unfinished=True)):
            draw.enqueue()


STEPS = [
    Step(name="network.demo", title=Text(zh="演示网络", en="Demo network"), order=95, run=begin_demo),
    Step(name="network.maps", title=Text(zh="覆盖图", en="Coverage maps"), order=96, run=draw_again),
]
