"""A child process must not outlive its parent, however the parent dies."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping

PARENT = "DAJING_PARENT"  # a child that loads for seconds may find its parent gone: who it was is told, not asked
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def environment(*, base: Mapping[str, str]) -> dict[str, str]:
    """``base`` with the word by which a child started with it knows its parent."""
    return {**base, PARENT: str(os.getpid())}


def die_with_parent() -> None:
    """End this process when the one that started it ends; exits at once when that is gone already.

    Linux sends SIGKILL by itself. Elsewhere a thread looks at the parent every second. Call it from the main thread:
    the signal is tied to the parent's *thread* that started us, so supervisors start children from their main thread.
    """
    parent = int(os.environ.pop(PARENT, "") or os.getppid())
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    threading.Thread(target=_watch, args=(parent,), name="parent-watch", daemon=True).start()


def wait_for_go() -> None:
    """Wait for the supervisor's word on standard input: children load their code while the data are being prepared.

    Ends the process when the supervisor goes away instead.
    """
    if not sys.stdin.buffer.read(1):
        os._exit(0)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
