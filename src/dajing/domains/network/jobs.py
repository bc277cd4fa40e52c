"""Background work of the network: the demo's registers and coverage, and runs that a planner asks for."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog

from dajing.domains.network.coverage.structs import COMPUTING, DRAWING
from dajing.kernel.jobs.api import progress, task

log = structlog.get_logger()


def _seen(done: int, total: int) -> None:
    progress(done=done, total=total, label=COMPUTING)


@task(heavy=True, attempts=20, priority=-10)
def demo() -> None:
    """The synthetic network, after the plan's own demo; a job that was killed goes on where it stopped."""
    from dajing.domains.network.demo.running import play

    play(seen=_seen)
    draw.enqueue()


@task(heavy=True, attempts=10)
def cover(run: int) -> None:
    """Finish one run that was begun."""
    from dajing.domains.network.coverage.service import work
    from dajing.domains.network.models import Run
    from dajing.kernel.identity.actor import system

    row = Run.objects.get(pk=run)
    work(run=row, by=system("network.cover"), at=datetime.now(UTC), seen=_seen)
    draw.enqueue()


@task(heavy=True, attempts=10, priority=-20)
def draw() -> None:
    """The maps of the newest run, after its figures."""
    from dajing.domains.network.coverage import maps, reading
    from dajing.domains.network.coverage.refusals import InputsChanged

    run = reading.latest()
    try:
        maps.draw_run(run=run, seen=lambda done, total: progress(done=done, total=total, label=DRAWING))
    except InputsChanged as refusal:
        log.warning("network.maps_left_out", run=run.id, reason=refusal.message.en)
