"""What ``doctor`` looks at: whether uploaded files are scanned."""

from __future__ import annotations

from datetime import datetime

from dajing.kernel.settings import Settings
from dajing.kernel.upkeep.findings import Check, Finding, State, finding


def scanner(settings: Settings, now: datetime) -> Finding:
    """A configured scanner answers; without one every attachment says that it was not scanned."""
    from dajing.kernel.forms.scanning import UnableToScan, scan

    cure = ("在 dajing.toml 中设置 scanner（clamd://…）", "set scanner (clamd://…) in dajing.toml")
    if not settings.scanner:
        state: State = "good" if settings.synthetic else "warning"
        words = ("未配置病毒扫描，附件注明未经扫描", "no scanner is set; attachments say that they were not scanned")
        return finding("scanner", state, *words, cure_zh=cure[0], cure_en=cure[1])
    try:
        found = scan(body=b"dajing doctor", url=settings.scanner)
    except UnableToScan as refusal:
        text = refusal.message
        restart = ("启动 clamd 或改正 scanner 设置", "start clamd or mend the setting scanner")
        return finding("scanner", "bad", text.zh, text.en, cure_zh=restart[0], cure_en=restart[1])
    return finding("scanner", "good", f"病毒扫描可用（{found.state}）", f"the scanner answers ({found.state})")


CHECKS: tuple[Check, ...] = (scanner,)
