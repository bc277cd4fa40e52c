"""``dajing upgrade``: backup, migrate, verify; on any failure the data are as before."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from dajing.kernel.settings import Settings
from dajing.kernel.supervisor.lock import hold
from dajing.kernel.upkeep.backup import back_up
from dajing.kernel.upkeep.refusals import UnableToUpgrade
from dajing.kernel.upkeep.restore import unpack, verify_ledger


def upgrade(*, settings: Settings, at: datetime) -> Path:
    """Bring the data to this version of the program; returns the backup made before, which is kept.

    Raises ``AlreadyRunning`` while the centre runs, and ``UnableToUpgrade`` after the roll-back.
    """
    data = settings.data_dir
    stamp = f"{at:%Y%m%dT%H%M%S}"
    with hold(data=data):
        saved = data.with_name(f"{data.name}-before-{stamp}.tar.gz")
        back_up(settings=settings, target=saved, at=at)
        try:
            _in_a_process(data, "manage", "migrate", "--no-input", "--verbosity", "0")
            _in_a_process(data, "manage", "check")
            verify_ledger(data=data)
        except ValueError as error:
            failed = data.with_name(f"{data.name}-failed-{stamp}")
            roll_back(data=data, saved=saved, failed=failed)
            raise UnableToUpgrade(failed=failed, why=str(error)) from error
    return saved


def _in_a_process(data: Path, *arguments: str) -> None:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "dajing", *arguments],
        env={**os.environ, "DAJING_DATA": str(data)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ValueError((done.stderr or done.stdout).strip()[-500:])


def roll_back(*, data: Path, saved: Path, failed: Path) -> None:
    """Put the saved state back under the same name, so that no path changes; the failed state is kept beside it."""
    partial = data.with_name(data.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    unpack(source=saved, target=partial)
    os.replace(data, failed)
    os.replace(partial, data)
