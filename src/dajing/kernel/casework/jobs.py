"""Background work of casework: clocks that turn, limits counted anew, words whose retention has ended."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from dajing.kernel.jobs.api import schedule, task

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


schedule(name="casework.nightly", daily=time(1, 10))(nightly)
