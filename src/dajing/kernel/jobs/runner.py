"""Jobs in the worker process: threads for light ones, a process each for heavy ones, ticks, and the signs of life."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings as django_settings
from django.db import connection
from django.db.models import F

from dajing.kernel.jobs import running
from dajing.kernel.jobs.models import Job, Worker
from dajing.kernel.jobs.planning import plan
from dajing.kernel.jobs.schedules import Schedule, schedules
from dajing.kernel.supervisor.descent import environment

POLL, BEAT, DEAD_AFTER = 0.3, 5.0, 30.0  # seconds; the last by our monotonic clock, so that no clock jump matters
_log = structlog.get_logger()


class Runner:
    """Claims and runs jobs until ``stop`` is set."""

    def __init__(
        self, *, clock: Callable[[], datetime], stop: threading.Event, threads: int = 2, processes: int = 1
    ) -> None:
        self.id = f"{os.uname().nodename[:32]}-{os.getpid()}-{secrets.token_hex(4)}"
        self._clock, self._stop = clock, stop
        self._threads, self._processes = threads, processes
        self._seen: dict[str, tuple[int, float]] = {}
        self._children: list[tuple[Job, subprocess.Popen[bytes]]] = []

    def start(self) -> list[threading.Thread]:
        """Register this worker, take back what dead ones left, and start all loops; the caller joins them."""
        Worker.objects.create(id=self.id, started_at=self._clock())
        if connection.vendor == "sqlite":  # one worker per data directory: all others in the table are dead
            for other in Worker.objects.exclude(id=self.id).values_list("id", flat=True):
                running.recover(dead=other)
        loops: list[tuple[str, Callable[[], Any]]] = [("beat", self._beats), ("heavy", self._heavy)]
        loops += [(f"light-{n}", self._light) for n in range(self._threads)]
        loops += [(s.name, self._ticking(s)) for s in schedules() if not s.kept]
        made = [threading.Thread(target=loop, name=f"jobs.{name}", daemon=True) for name, loop in loops]
        for thread in made:
            thread.start()
        return made

    def _repeat(self, step: Callable[[], bool], *, pause: float) -> None:
        while not self._stop.is_set():
            try:
                busy = step()
            except Exception as error:  # the store may be away for a moment; the loop must outlive it
                _log.error("jobs.loop_failed", loop=threading.current_thread().name, error=repr(error))
                connection.close()
                busy = False
                self._stop.wait(2)
            if not busy:
                self._stop.wait(pause)
        connection.close()

    def _light(self) -> None:
        self._repeat(self._light_step, pause=POLL)

    def _light_step(self) -> bool:
        job = running.claim(worker=self.id, now=self._clock(), heavy=False)
        if job is None:
            return False
        running.run(job=job)
        return True

    def _ticking(self, schedule: Schedule) -> Callable[[], None]:
        call = getattr(schedule.run, "call", schedule.run)

        def step() -> bool:
            call()
            return False

        return lambda: self._repeat(step, pause=schedule.period.total_seconds())

    def _beats(self) -> None:
        zone = ZoneInfo(django_settings.TIME_ZONE)
        beaten = 0.0

        def step() -> bool:
            nonlocal beaten
            plan(now=self._clock(), zone=zone)
            if time.monotonic() - beaten >= BEAT:
                beaten = time.monotonic()
                running.beat(worker=self.id)
                self._bury_the_dead()
            return False

        self._repeat(step, pause=1.0)

    def _bury_the_dead(self) -> None:
        now = time.monotonic()
        for worker in Worker.objects.exclude(id=self.id):
            beat, since = self._seen.get(worker.id, (-1, now))
            if worker.beat != beat:
                self._seen[worker.id] = (worker.beat, now)
            elif now - since > DEAD_AFTER:
                _log.warning("jobs.worker_dead", worker=worker.id, jobs=running.recover(dead=worker.id))

    def _heavy(self) -> None:
        self._repeat(self._heavy_step, pause=POLL)
        for job, child in self._children:
            child.terminate()
            try:
                child.wait(timeout=5)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            give_back(job=job)

    def _heavy_step(self) -> bool:
        for pair in [p for p in self._children if p[1].poll() is not None]:
            self._children.remove(pair)
            self._over(*pair)
        if len(self._children) >= self._processes:
            return False
        job = running.claim(worker=self.id, now=self._clock(), heavy=True)
        if job is None:
            return False
        command = [sys.executable, "-m", "dajing.kernel.jobs.process", job.id, str(job.attempts)]
        told = environment(base=os.environ)
        self._children.append((job, subprocess.Popen(command, stdin=subprocess.DEVNULL, env=told)))  # noqa: S603
        return True

    def _over(self, job: Job, child: subprocess.Popen[bytes]) -> None:
        if Job.objects.filter(id=job.id, status="RUNNING", attempts=job.attempts).exists():
            trace = f"{running.DIED}: the job's process ended with code {child.returncode}"
            running.finish_failed(job=job, kind=running.DIED, trace=trace)


def give_back(*, job: Job) -> None:
    """Make a job ready again that an orderly shutdown stopped; the start does not count as an attempt."""
    Job.objects.filter(id=job.id, status="RUNNING", attempts=job.attempts).update(
        status="READY", worker="", attempts=F("attempts") - 1
    )
