"""The broker under uvicorn."""

from __future__ import annotations

import gc
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import uvicorn

from dajing.domains.context.broker.app import Application
from dajing.domains.context.broker.connections import allow_many
from dajing.domains.context.broker.state import MOST_INSTANCES, Broker
from dajing.domains.context.broker.wire import Wire
from dajing.domains.context.store.schema import Location
from dajing.kernel.settings import settings
from dajing.kernel.web.log import configure

YOUNG = 20_000  # objects that come before the collector looks for circles; an act of a batch makes some thousands


def _spare_the_collector() -> None:
    """What is loaded now stays, and records are no circles: looking through them all costs a third of a batch."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)


def run(
    *,
    host: str,
    port: int,
    path: Location,
    rows: Path,
    rows_url: str = "",
    tokens: bool,
    keep: Any,
    lenient: bool,
    may_call: str = "",
    archived: bool = False,
    most_instances: int = MOST_INSTANCES,
    clock: Callable[[], datetime],
) -> None:
    """Serve until SIGTERM; what was acknowledged is on disk."""
    configure(form=settings().log)
    allow_many()
    auth = None
    if tokens:
        from dajing.domains.context.broker.tokens import Tokens

        auth = Tokens(rows=rows, url=rows_url, clock=clock)
    archive = None
    if archived:
        from dajing.domains.context.archive.cold import Archive

        archive = Archive(rows=rows, url=rows_url)
    broker = Broker(
        path=path,
        clock=clock,
        keep=keep,
        lenient=lenient,
        auth=auth,
        may_call=may_call,
        archive=archive,
        most_instances=most_instances,
    )
    _spare_the_collector()
    config = uvicorn.Config(
        Application(broker=broker), host=host, port=port, loop="uvloop", http=Wire, ws="none", lifespan="on",
        access_log=False, log_config=None, server_header=False, date_header=False, timeout_graceful_shutdown=5,
        timeout_keep_alive=60, proxy_headers=False,
    )  # fmt: skip
    uvicorn.Server(config).run()
