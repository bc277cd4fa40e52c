"""One writer per live.db: a second broker would answer from what it remembers and deliver every notification twice."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import TextIO

from dajing.kernel.text import Refusal, Text


class StoreInUse(Refusal):
    """Another broker writes to the file."""

    text = Text(
        zh="{path} 正由进程 {pid} 的中枢写入。请先停止它，或用 --store 指定另一个文件。",
        en="{path} is written by the broker of process {pid}. Stop that one first, or give another file with --store.",
    )


def hold(*, path: Path) -> TextIO:
    """Take the file for this broker until the returned file is closed; the system frees it also after kill -9."""
    file = path.with_name(path.name + ".lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        raise StoreInUse(path=path, pid=file.read().strip() or "?") from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file
