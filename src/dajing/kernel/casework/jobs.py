"""Background work of casework: clocks that turn, limits counted anew, words whose retention has ended."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from dajing.kernel.jobs.api import jobs, schedule, task

QUIET = timedelta(seconds=10)  # cases end in bunches; one computation serves all of a bunch
AT_ONCE = 2_000  # clocks in one run of a schedule that must be short


@schedule(name="casework.clocks", every=timedelta(seconds=5))
def turn_clocks() -> None:
    """Tell of clocks that have turned yellow or red, or reached a level after it."""
    from dajing.kernel.casework.ticking import tick

    tick(at=datetime.now(UTC), most=AT_ONCE)


@task(heavy=True)
def nightly() -> None:
    """Count provisional limits anew and erase words whose retention has ended."""
    from dajing.kernel.casework.privacy import retire
    from dajing.kernel.casework.registry import kinds
    from dajing.kernel.casework.ticking import recalculate
    from dajing.kernel.identity.actor import system

    at = datetime.now(UTC)
    recalculate(at=at)
    retire(kinds=list(kinds().values()), by=system("casework.retention"), at=at)


@task(heavy=True)
def count_anew() -> None:
    """Count provisional limits anew after a year was loaded."""
    from dajing.kernel.casework.ticking import recalculate

    recalculate(at=datetime.now(UTC))


@task(heavy=True)
def measure(kind: str) -> None:
    """Compute the figures of one kind anew."""
    from dajing.kernel.casework.measures import store_figures

    store_figures(kind=kind, at=datetime.now(UTC))


def measure_soon(*, kind: str) -> bool:
    """Enqueue one computation in the caller's transaction unless one is waiting already; whether it was enqueued."""
    name = measure.module_path
    if any(job.task == name and job.status == "READY" for job in jobs(unfinished=True, limit=500)):
        return False
    measure.using(run_after=datetime.now(UTC) + QUIET).enqueue(kind)
    return True


schedule(name="casework.nightly", daily=time(1, 10))(nightly)
