"""The web process: the ASGI root under uvicorn."""

from __future__ import annotations

from types import FrameType

import uvicorn

from dajing.kernel.settings import settings
from dajing.kernel.supervisor.descent import die_with_parent, wait_for_go


def main() -> None:
    """Serve until SIGTERM."""
    die_with_parent()
    own = settings()
    from dajing.kernel.web.asgi import application, live

    class Server(uvicorn.Server):
        """Ends live streams at once on SIGTERM, so that a stop takes no grace period."""

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            live.feed.close()
            super().handle_exit(sig, frame)

    config = uvicorn.Config(
        application,
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
    wait_for_go()
    Server(config).run()


if __name__ == "__main__":
    main()
