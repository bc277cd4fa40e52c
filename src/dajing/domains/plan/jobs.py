"""Background work of the plan: readings computed anew after figures were locked and daily; the demo's reports."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import structlog

from dajing.domains.plan.live import READINGS
from dajing.kernel.jobs.api import jobs, progress, schedule, task
from dajing.kernel.live.api import announce
from dajing.kernel.text import Text

log = structlog.get_logger()
QUIET = timedelta(seconds=10)  # sheets are locked in bunches; one computation serves all of a bunch
FORECASTING = Text(zh="正在预测", en="Forecasting")
SIMULATING = Text(zh="正在载入演示数据（合成）", en="Loading demo data (synthetic)")


def recompute_soon(*, at: datetime) -> bool:
    """Enqueue one computation in the caller's transaction unless one is waiting already; whether it was enqueued."""
    name = recompute.module_path
    if any(job.task == name and job.status == "READY" for job in jobs(unfinished=True, limit=500)):
        return False
    recompute.using(run_after=max(at, datetime.now(UTC)) + QUIET).enqueue()
    return True


@task(heavy=True, priority=10)  # people wait to see what they locked
def recompute() -> None:
    """The latest state of every plan; past states whose knowledge changed are dropped."""
    from dajing.domains.plan.loading import plans
    from dajing.domains.plan.readings.snapshots import drop_changed, refresh

    for plan in plans():
        made = refresh(plan=plan, as_of=None, at=datetime.now(UTC))
        drop_changed(plan=plan)
        announce(topic=READINGS, data={"plan": plan.id, "snapshot": made.id})


schedule(name="plan.readings.daily", daily=time(0, 5))(recompute)


@schedule(name="plan.uploads.forgotten", every=timedelta(hours=1))
@task()
def forget_uploads() -> None:
    """Files that were shown and never accepted go."""
    from dajing.domains.plan.reporting.originals import forget_shown

    forget_shown(at=datetime.now(UTC))


@task(heavy=True)
def foresee(snapshot: int) -> None:
    """Forecasts for one stored state, and its statuses with them; a state dropped meanwhile needs none."""
    from dajing.domains.plan.forecast.service import foresee as add_forecasts
    from dajing.domains.plan.models.readings import Snapshot

    if Snapshot.objects.filter(id=snapshot).exists():
        add_forecasts(snapshot=snapshot, seen=lambda done, total: progress(done=done, total=total, label=FORECASTING))


@task(heavy=True, attempts=20)
def simulate() -> None:
    """Report 2015–2020 as the demo's offices would; a run that was killed goes on where it stopped."""
    from dajing.domains.plan.demo.acting import Stage
    from dajing.domains.plan.demo.loading import parameters, scripted_actions
    from dajing.domains.plan.demo.running import Simulator
    from dajing.domains.plan.loading import plan
    from dajing.kernel.settings import settings

    found = parameters()
    simulator = Simulator(
        plan=plan(id=found.head.plan), parameters=found, size=settings().demo, until=datetime.now(UTC)
    )
    simulator.run(seen=lambda done, total: progress(done=done, total=total, label=SIMULATING))
    stage = Stage(plan=plan(id=found.head.plan), until=datetime.now(UTC))
    for script in scripted_actions():
        try:
            stage.play(script=script)
        except LookupError as missing:  # posts of data loaded before there were actions
            log.warning("demo.action.skipped", action=script.id, reason=str(missing))
