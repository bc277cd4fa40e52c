"""``dajing doctor``: looks at the machine, the data directory and the stores."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dajing.kernel.manifest import kernel_parts, slice_parts
from dajing.kernel.settings import Settings
from dajing.kernel.upkeep.findings import Check, Finding, finding
from dajing.kernel.upkeep.look_machine import MACHINE
from dajing.kernel.upkeep.look_stores import STORES


def examine(*, settings: Settings, now: datetime) -> list[Finding]:
    """Run every check; one that breaks is itself a finding. Slices add theirs as ``CHECKS`` in ``doctor.py``."""
    found = [_run(check, settings, now) for check in MACHINE]
    if any(f.check == "sqlite" and f.state == "bad" for f in found):
        return found
    if not settings.rows and not (settings.data_dir / "rows.db").exists():
        text = ("数据目录还没有数据", "the data directory holds nothing yet")
        return [*found, finding("rows", "warning", *text, cure_zh="运行 ./dajing up", cure_en="run ./dajing up")]
    from dajing.kernel.web.start import start

    start()
    return found + [_run(check, settings, now) for check in (*STORES, *_brought())]


def _brought() -> Sequence[Check]:
    parts = (*kernel_parts(name="doctor"), *slice_parts(name="doctor"))
    return [check for part in parts for check in part.CHECKS]


def _run(check: Check, settings: Settings, now: datetime) -> Finding:
    name = check.__name__.strip("_")
    try:
        return check(settings, now)
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        cure = ("请把这条信息报告给维护者", "report this line to the maintainers")
        return finding(
            name, "bad", f"检查本身出错：{text}", f"the check broke: {text}", cure_zh=cure[0], cure_en=cure[1]
        )
