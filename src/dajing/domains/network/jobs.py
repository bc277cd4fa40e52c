"""Background work of the network: the demo's registers and coverage, and runs that a planner asks for."""

from __future__ import annotations

from datetime import UTC, datetime

from dajing.domains.network.coverage.structs import COMPUTING
from dajing.kernel.jobs.api import progress, task


def _seen(done: int, total: int) -> None:
    progress(done=done, total=total, label=COMPUTING)


@task(heavy=True, attempts=20, priority=-10)
def demo() -> None:
    """The synthetic network, after the plan's own demo; a job that was killed goes on where it stopped."""
    from dajing.domains.network.demo.running import play

    play(seen=_seen)


@task(heavy=True, attempts=10)
def cover(run: int) -> None:
    """Finish one run that was begun."""
    from dajing.domains.network.coverage.service import work
    from dajing.domains.network.models import Run
    from dajing.kernel.identity.actor import system

    row = Run.objects.get(pk=run)
    work(run=row, by=system("network.cover"), at=datetime.now(UTC), seen=_seen)
