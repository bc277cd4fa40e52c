"""Live topics of the plan."""

from __future__ import annotations

from dajing.kernel.live.api import PUBLIC, topic

READINGS = "plan.readings"

topic(name=READINGS, audience=PUBLIC)
