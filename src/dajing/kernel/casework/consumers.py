"""What follows from acts on cases: those whom they concern are told."""

from __future__ import annotations

from dajing.kernel.bus.api import Event, consumer
from dajing.kernel.casework.jobs import count_anew, measure_soon
from dajing.kernel.casework.worklist.telling import tell_of_act, tell_of_clock


@consumer(topic="casework.acted", name="casework.notices")
def notices_of_acts(event: Event) -> None:
    """Write the notices of one act."""
    tell_of_act(case=event.payload["case"], seq=event.payload["seq"])


@consumer(topic="casework.clock", name="casework.clock-notices")
def notices_of_clocks(event: Event) -> None:
    """Write the notices of a clock that has turned yellow or red."""
    tell_of_clock(payload=event.payload, at=event.at)


@consumer(topic="clocks.year", name="casework.years")
def limits_after_a_year(_event: Event) -> None:
    """Have provisional limits counted anew once a year was loaded."""
    count_anew.enqueue()


@consumer(topic="casework.acted", name="casework.figures")
def figures_after_the_end(event: Event) -> None:
    """Have the figures of the kind computed anew when a case ended or was opened again."""
    if event.payload.get("turned"):
        measure_soon(kind=str(event.payload["kind"]))
