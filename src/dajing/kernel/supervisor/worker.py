"""The worker process: bus, jobs, schedules."""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime

from dajing.kernel.settings import settings
from dajing.kernel.supervisor.descent import die_with_parent, wait_for_go
from dajing.kernel.web.start import start


def main() -> None:
    """Work until SIGTERM."""
    die_with_parent()
    start()
    from dajing.kernel.bus.dispatcher import Dispatcher
    from dajing.kernel.jobs.runner import Runner

    wait_for_go()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def clock() -> datetime:
        return datetime.now(UTC)

    bus = threading.Thread(target=Dispatcher(clock=clock, stop=stop, bus=settings().bus).run, name="bus", daemon=True)
    threads = [bus, *Runner(clock=clock, stop=stop).start()]
    bus.start()
    while not stop.wait(1):
        pass
    for thread in threads:
        thread.join(timeout=8)


if __name__ == "__main__":
    main()
