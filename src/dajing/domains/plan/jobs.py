"""Background work of the plan: readings computed anew after figures were locked and when a day begins."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from dajing.kernel.jobs.api import jobs, schedule, task

QUIET = timedelta(seconds=10)  # sheets are locked in bunches; one computation serves all of a bunch


def recompute_soon(*, at: datetime) -> bool:
    """Enqueue one computation in the caller's transaction unless one is waiting already; whether it was enqueued."""
    name = recompute.module_path
    if any(job.task == name and job.status == "READY" for job in jobs(unfinished=True, limit=500)):
        return False
    recompute.using(run_after=max(at, datetime.now(UTC)) + QUIET).enqueue()
    return True


@task(heavy=True)
def recompute() -> None:
    """The latest state of every plan; past states whose knowledge changed are dropped."""
    from dajing.domains.plan.loading import plans
    from dajing.domains.plan.readings.snapshots import drop_changed, refresh

    for plan in plans():
        refresh(plan=plan, as_of=None, at=datetime.now(UTC))
        drop_changed(plan=plan)


schedule(name="plan.readings.daily", daily=time(0, 5))(recompute)
