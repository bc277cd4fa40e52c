"""Start-up step of areas."""

from __future__ import annotations

from datetime import UTC, datetime

from dajing.kernel.areas.versions import load
from dajing.kernel.identity.actor import system
from dajing.kernel.settings import settings
from dajing.kernel.supervisor.setup import Step
from dajing.kernel.text import Text


def _load() -> None:
    load(pack=settings().city_dir, at=datetime.now(UTC), by=system("setup"))


STEPS = [Step(name="areas", title=Text(zh="区划版本", en="Versions of areas"), order=10, run=_load)]
