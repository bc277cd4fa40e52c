"""Background work of the city context: the demo's feeds, and history on its way to the archive."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from dajing.kernel.jobs.api import schedule, task
from dajing.kernel.settings import settings
from dajing.kernel.text import Refusal

if TYPE_CHECKING:
    from dajing.domains.context.feeding.running import Turns

_log = structlog.get_logger()


@functools.cache
def _turns() -> Turns:
    from dajing.domains.context.feeding.running import Turns

    return Turns(settings=settings())


@schedule(name="context.feeds", every=timedelta(seconds=20))
def feed() -> None:
    """Send what the simulated sensors reported since the last turn; only where data is synthetic."""
    if not settings().synthetic:
        return
    try:
        _turns().turn(at=datetime.now(UTC))
    except Refusal as refusal:
        _log.warning("context.feed_refused", error=refusal.message.en)


@schedule(name="context.seal", every=timedelta(minutes=10))
@task()
def seal_history() -> int:
    """Append what live.db keeps of history to the stream; a killed run is taken up where its last batch ended."""
    from dajing.domains.context.archive.sealing import seal
    from dajing.domains.context.store.schema import live_store

    return seal(path=live_store(settings=settings()), at=datetime.now(UTC))
