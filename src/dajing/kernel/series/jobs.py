"""Regular work on the streams: hourly to history, nightly compaction; in processes of their own, for their memory."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import structlog

from dajing.kernel.jobs.api import schedule, task
from dajing.kernel.series.declarations import streams
from dajing.kernel.series.refusals import FlushRunning

log = structlog.get_logger()


@schedule(name="series.flush", every=timedelta(hours=1))
@task(heavy=True)
def flush_all() -> None:
    """Move every stream's tail to history; a stream that another process is moving is left to it."""
    from dajing.kernel.series.flushing import flush

    for stream in streams():
        try:
            done = flush(stream=stream.name, at=datetime.now(UTC))
        except FlushRunning:
            log.info("series.flush.elsewhere", stream=stream.name)
            continue
        if done.facts:
            log.info("series.flushed", stream=stream.name, facts=done.facts, files=len(done.files))


@schedule(name="series.compact", daily=time(3, 30))
@task(heavy=True)
def compact_all() -> None:
    """Merge small files of every stream and remove files that nothing refers to."""
    from dajing.kernel.series.compaction import compact

    for stream in streams():
        try:
            done = compact(stream=stream.name, at=datetime.now(UTC))
        except FlushRunning:
            log.info("series.compact.elsewhere", stream=stream.name)
            continue
        log.info("series.compacted", stream=stream.name, merged=len(done.replaced), removed=done.removed)
