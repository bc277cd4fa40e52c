"""One running centre per data directory, and never synthetic data in a real one."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import TextIO

from dajing.kernel.settings import Settings
from dajing.kernel.text import Refusal, Text


class AlreadyRunning(Refusal):
    """Another process holds the data directory."""

    text = Text(
        zh="数据目录 {data} 正由进程 {pid} 使用。请先停止它，或用 --data 指定另一个目录。",
        en="The data directory {data} is in use by process {pid}. Stop it first, or give another one with --data.",
    )


class MixedData(Refusal):
    """The directory was begun with the other kind of data."""

    text = Text(
        zh="数据目录 {data} 存放的是{was}，不能以{wanted}方式启动。"
        "演示数据与真实数据不得混用：请用 --data 指定另一个目录。",
        en="The data directory {data} holds {was_en} data and cannot be started as {wanted_en}. "
        "Synthetic and real data never mix: give another directory with --data.",
    )


KINDS = {"synthetic": Text(zh="演示数据", en="synthetic"), "real": Text(zh="真实数据", en="real")}


def hold(*, data: Path) -> TextIO:
    """Take the directory for this process; the kernel frees the lock when the process ends, also by kill -9.

    Raises ``AlreadyRunning``. The returned file must be kept open (and is not inherited by children).
    """
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = (data / "lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        raise AlreadyRunning(data=data, pid=file.read().strip() or "?") from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


class Unfinished(Refusal):
    """A restore into this directory did not finish."""

    text = Text(
        zh="{data} 的恢复没有完成，不能启动。请删除该目录并重新恢复。",
        en="The restore into {data} did not finish, so it cannot be started. Remove it and restore again.",
    )


def held(*, data: Path) -> bool:
    """Whether some process holds the directory now."""
    try:
        hold(data=data).close()
    except AlreadyRunning:
        return True
    return False


def mark_kind(*, settings: Settings) -> None:
    """Write at the first start what kind of data this directory holds; raises ``MixedData`` when it is the other."""
    if (settings.data_dir / "restoring").exists():
        raise Unfinished(data=settings.data_dir)
    wanted = "synthetic" if settings.synthetic else "real"
    path = settings.data_dir / "kind"
    try:
        with path.open("x") as file:
            file.write(wanted + "\n")
    except FileExistsError:
        was = path.read_text().strip() or wanted
        if was != wanted:
            raise MixedData(
                data=settings.data_dir,
                was=KINDS[was].zh,
                wanted=KINDS[wanted].zh,
                was_en=was,
                wanted_en=wanted,
            ) from None
