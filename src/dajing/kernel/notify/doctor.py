"""What ``doctor`` looks at: channels that do not work, and links that would lead nowhere."""

from __future__ import annotations

from datetime import datetime

from dajing.kernel.settings import Settings
from dajing.kernel.upkeep.findings import Check, Finding, finding


def notifications(settings: Settings, now: datetime) -> Finding:
    """Each configured channel works, and messages can link back."""
    from dajing.kernel.notify import port, sending
    from dajing.kernel.notify.models import ChannelState

    names = port.configured(settings=settings)
    if not names:
        return finding("notifications", "good", "只用站内通知，未配置外发渠道", "inbox only; no channel is configured")
    failing = {row.channel: row for row in ChannelState.objects.filter(failures__gt=0, channel__in=names)}
    down = "; ".join(
        f"{name} ×{row.failures} ({sending.waiting(name=name, at=now)}): {row.error}"
        for name in names
        if (row := failing.get(name)) is not None
    )
    if down:
        cure = (
            "核对 notify_* 与 outgoing_hosts 设置和对方服务；期间消息仍在站内",
            "check notify_*, outgoing_hosts and the service; the inbox has every message",
        )
        return finding(
            "notifications",
            "warning",
            f"渠道不可用：{down}",
            f"channels down: {down}",
            cure_zh=cure[0],
            cure_en=cure[1],
        )
    if not settings.public_url:
        return finding(
            "notifications",
            "warning",
            "没有设置 public_url，外发消息里的链接无法打开",
            "public_url is not set, so links in messages lead nowhere",
            cure_zh="在 dajing.toml 中设置 public_url",
            cure_en="set public_url in dajing.toml",
        )
    used = ", ".join(names)
    return finding("notifications", "good", f"渠道正常：{used}", f"channels work: {used}")


CHECKS: tuple[Check, ...] = (notifications,)
