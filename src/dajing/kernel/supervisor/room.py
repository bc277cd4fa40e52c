"""What must be there before a centre is started: a free port, disk, a sound SQLite."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

from dajing.kernel.settings import Settings
from dajing.kernel.text import Refusal, Text

LEAST = 512 << 20  # bytes of free disk below which a start would soon fail in the middle of something


class PortTaken(Refusal):
    """Something else listens there."""

    text = Text(
        zh="{host}:{port} 已被其他程序占用。请用 --port 指定另一个端口"
        "（机器端口默认是其后一个，也可用 DAJING_MACHINE_PORT 指定）。",
        en="{host}:{port} is taken by another program. Give another one with --port (the machine port is the next one "
        "unless DAJING_MACHINE_PORT names it).",
    )


class DiskFull(Refusal):
    """Too little space where the data are."""

    text = Text(
        zh="{data} 所在磁盘只剩 {free} MiB，至少需要 {least} MiB。请清理磁盘或用 --data 换一个位置。",
        en="Only {free} MiB are free at {data}; at least {least} MiB are needed. Free space or choose another --data.",
    )


def ask_for_room(*, settings: Settings) -> None:
    """Raise ``PortTaken`` or ``DiskFull``; the SQLite version is refused by the row store itself."""
    for host, port in ((settings.host, settings.port), (settings.machine_host, settings.machine)):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise PortTaken(host=host, port=port) from error
    enough_disk(data=settings.data_dir)


def enough_disk(*, data: Path) -> None:
    """Raise ``DiskFull`` when less than ``LEAST`` is free at ``data``."""
    free = shutil.disk_usage(data).free
    if free < LEAST:
        raise DiskFull(data=data, free=free >> 20, least=LEAST >> 20)
