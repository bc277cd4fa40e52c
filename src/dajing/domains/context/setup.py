"""Start-up step of the demo's feeds."""

from __future__ import annotations

from datetime import UTC, datetime

from dajing.kernel.settings import settings
from dajing.kernel.supervisor.setup import Step
from dajing.kernel.text import Text


def prepare_feeds() -> None:
    """Token and places of the feeds, in installations with synthetic data alone."""
    from dajing.domains.context.feeding import credentials, places
    from dajing.domains.context.feeding.running import feeds

    own = settings()
    if not own.synthetic:
        return
    simulated = [feed for feed in feeds(settings=own) if feed.connector == "simulator"]
    for feed in simulated:
        places.keep(data=own.data_dir, seed=feed.seed)
    credentials.keep(data=own.data_dir, at=datetime.now(UTC))


STEPS = [Step(name="context.feeds", title=Text(zh="感知数据源", en="Sensor feeds"), order=80, run=prepare_feeds)]
