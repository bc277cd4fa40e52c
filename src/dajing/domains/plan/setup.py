"""Start-up steps of the plan."""

from __future__ import annotations

from django.db import transaction

from dajing.domains.plan.demo.loading import parameters, present
from dajing.kernel.jobs.api import jobs
from dajing.kernel.settings import settings
from dajing.kernel.supervisor.setup import Step
from dajing.kernel.text import Text


def first_states() -> None:
    """The latest state of every plan, where none is stored under its present definition: no visitor waits for it."""
    from dajing.domains.plan.loading import plans
    from dajing.domains.plan.readings.snapshots import snapshot

    for plan in plans():
        snapshot(plan=plan)


def begin_simulation() -> None:
    """Enqueue the simulator where data is synthetic and it has not finished; one job at a time."""
    from dajing.domains.plan.jobs import simulate
    from dajing.domains.plan.models.demo import Simulation

    if not settings().synthetic or not present():
        return
    head = parameters().head
    with transaction.atomic():
        run = Simulation.objects.filter(plan=head.plan, size=settings().demo, seed=head.seed)
        waiting = any(job.task == simulate.module_path for job in jobs(limit=1000, unfinished=True))
        if not waiting and not run.exclude(finished_at=None).exists():
            simulate.enqueue()


STEPS = [
    Step(name="plan.states", title=Text(zh="规划状态", en="State of the plans"), order=85, run=first_states),
    Step(name="plan.demo", title=Text(zh="演示数据", en="Demo data"), order=90, run=begin_simulation),
]
