"""``python -m dajing.kernel.jobs.process JOB ATTEMPT``: one heavy job in a process of its own."""

from __future__ import annotations

import os
import sys

from dajing.kernel.supervisor.descent import die_with_parent
from dajing.kernel.web.start import start


def main() -> None:
    """Run the claimed job that the arguments name."""
    die_with_parent()
    os.nice(5)  # people's pages come first
    start()
    from dajing.kernel.jobs.models import Job
    from dajing.kernel.jobs.running import run

    run(job=Job.objects.get(id=sys.argv[1], status="RUNNING", attempts=int(sys.argv[2])))


if __name__ == "__main__":
    main()
