"""The children of ``dajing up``: started, watched, started again after a crash, stopped together."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

import msgspec
import structlog

from dajing.kernel.supervisor.descent import environment

_log = structlog.get_logger()


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the table of processes; an ``early`` one loads its code while the data are being prepared."""

    name: str
    command: Sequence[str]
    early: bool = False
    told: str = ""  # what ``up`` says of it once the centre is ready, such as its address


def programs() -> tuple[Program, ...]:
    """The table of processes: the kernel's two, and those that domains bring in their ``programs.py``."""
    from dajing.kernel.manifest import slice_parts

    own = [
        Program(name="web", command=[sys.executable, "-m", "dajing.kernel.supervisor.web"], early=True),
        Program(name="worker", command=[sys.executable, "-m", "dajing.kernel.supervisor.worker"]),
    ]
    brought = [program for part in slice_parts(name="programs") for program in part.PROGRAMS]
    return (*own, *brought)


class Child:
    """One running program with its history of crashes."""

    def __init__(self, *, program: Program, environment: Mapping[str, str]) -> None:
        self.program = program
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._again_at = 0.0
        self._go = False
        self.crashes = 0

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start it from the main thread (see ``descent``), in a session of its own so that Ctrl-C is ours."""
        self._started = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603
            list(self.program.command),
            env=environment(base=self._environment),
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        if self._go:
            self.go()

    def go(self) -> None:
        """Let it begin its work (see ``descent.wait_for_go``), when it runs or as soon as it starts."""
        self._go = True
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(b"\n")
                self._process.stdin.close()

    def watch(self) -> None:
        """Start it again if it ended, after 1, 2, 4 … 30 s; a minute of good running forgets earlier crashes."""
        now = time.monotonic()
        if self._process is not None and (code := self._process.poll()) is not None:
            self.crashes = 1 if now - self._started > 60 else self.crashes + 1
            self._again_at = now + min(2 ** (self.crashes - 1), 30)
            self._process = None
            _log.error("up.crashed", program=self.program.name, code=code, crashes=self.crashes)
        elif self._process is None and now >= self._again_at:
            self.start()
            _log.info("up.restarted", program=self.program.name, pid=self.pid)

    def stop(self) -> None:
        """Ask it to end."""
        if self.pid is not None and self._process is not None:
            self._process.send_signal(signal.SIGTERM)

    def wait(self, *, until: float) -> None:
        """Wait for its end until the monotonic time ``until``, then kill it."""
        if self._process is None:
            return
        try:
            self._process.wait(timeout=max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
