"""What follows from events: locked figures make the readings new."""

from __future__ import annotations

from dajing.domains.plan.jobs import recompute_soon
from dajing.kernel.bus.api import Event, consumer


@consumer(topic="plan.locked", name="plan.readings")
def readings_after_lock(event: Event) -> None:
    """Have the readings computed anew, once for many sheets locked in a row."""
    recompute_soon(at=event.at)


@consumer(topic="facts.appended", name="plan.readings.records")
def readings_after_records(event: Event) -> None:
    """Records that another domain appended may stand beside the reported figures."""
    recompute_soon(at=event.at)
