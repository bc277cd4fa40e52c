"""Schedules: declared in ``jobs.py``, durable, with due times that are absolute so that none can run twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from dajing.kernel.jobs.backend import JobTask

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """One declared schedule; exactly one of ``every`` and ``daily`` is set. ``daily`` is a wall time of the city."""

    name: str
    run: Any
    every: timedelta | None = None
    daily: time | None = None

    @property
    def period(self) -> timedelta:
        """The usual distance between two due times."""
        return self.every or timedelta(days=1)

    @property
    def kept(self) -> bool:
        """Whether its runs are jobs with rows; what beats faster than a minute is called directly in the worker."""
        return self.period >= MINUTE

    def due(self, *, now: datetime, zone: ZoneInfo) -> datetime:
        """The latest due time that is not after ``now``: a fixed grid, so the same for every process and restart."""
        if self.every is not None:
            return EPOCH + (now - EPOCH) // self.every * self.every
        assert self.daily is not None  # noqa: S101 - one of the two is set by ``declare``
        local = now.astimezone(zone)
        today = datetime.combine(local.date(), self.daily, tzinfo=zone)
        return (today if today <= local else today - timedelta(days=1)).astimezone(UTC)


_schedules: dict[str, Schedule] = {}


def declare(
    *, name: str, every: timedelta | None = None, daily: time | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the decorated function or task under ``name``; see ``jobs.api.schedule``."""
    if (every is None) == (daily is None):
        raise ValueError(f"schedule {name!r} needs either every= or daily=")
    if every is not None and every <= timedelta(0):
        raise ValueError(f"schedule {name!r} needs a positive every=")

    def keep(run: Callable[..., Any]) -> Callable[..., Any]:
        made = Schedule(name=name, run=run, every=every, daily=daily)
        if made.kept and not isinstance(run, JobTask):
            raise TypeError(f"schedule {name!r}: a run that is kept must be a task (put @task() below @schedule)")
        _schedules[name] = made
        return run

    return keep


def forget(*, name: str) -> None:
    """Remove a schedule; its stored slots stay."""
    _schedules.pop(name, None)


def schedules() -> tuple[Schedule, ...]:
    """All schedules of all slices, by name."""
    from dajing.kernel.manifest import kernel_parts, slice_parts

    kernel_parts(name="jobs")
    slice_parts(name="jobs")
    return tuple(_schedules[name] for name in sorted(_schedules))
