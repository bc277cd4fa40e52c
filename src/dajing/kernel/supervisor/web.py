"""The web process: the ASGI root under uvicorn."""

from __future__ import annotations

import os

import uvicorn

from dajing.kernel.settings import settings
from dajing.kernel.supervisor.descent import die_with_parent


def main() -> None:
    """Serve until SIGTERM."""
    die_with_parent(parent=os.getppid())
    own = settings()
    uvicorn.run(
        "dajing.kernel.web.asgi:application",
        host=own.host,
        port=own.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=5,
        timeout_keep_alive=30,
    )


if __name__ == "__main__":
    main()
