"""The broker as a process of ``dajing up``."""

from __future__ import annotations

import sys

from dajing.kernel.settings import settings
from dajing.kernel.supervisor.children import Program

_own = settings()

PROGRAMS = [
    Program(
        name="context",
        command=[sys.executable, "-m", "dajing.domains.context.broker.process"],
        told=f"机器端口 · machine port  http://{_own.machine_host}:{_own.machine}/ngsi-ld/v1",
    )
]
