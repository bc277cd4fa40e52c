"""What ``dajing doctor`` asks of identity: three administrators with a second step, and a provider that answers."""

from __future__ import annotations

from datetime import datetime

from dajing.kernel.settings import Settings
from dajing.kernel.upkeep.findings import Check, Finding, finding


def administrators(settings: Settings, now: datetime) -> Finding:
    """Whether each of the three is held without end, and by people with a second step (in a real installation)."""
    from dajing.kernel.identity.factors.standing import needs_second
    from dajing.kernel.identity.first import gate
    from dajing.kernel.identity.models import Person
    from dajing.kernel.identity.refusals import LastAdministrator
    from dajing.kernel.identity.roles import SEPARATE
    from dajing.kernel.identity.service import administrators as all_of
    from dajing.kernel.identity.withdrawing import keep_administrators

    if gate.is_open():
        text = ("首次设置尚未完成", "the first set-up is not finished")
        cure = ("运行 ./dajing up --demo none 并打开所示链接", "run ./dajing up --demo none and open its link")
        return finding("administrators", "warning", *text, cure_zh=cure[0], cure_en=cure[1])
    try:
        keep_administrators(roles=SEPARATE, at=now)
    except LastAdministrator as refusal:
        cure = ("由安全管理员任命；没有时恢复备份", "have the security administrator appoint one, or restore a backup")
        return finding(
            "administrators", "bad", refusal.message.zh, refusal.message.en, cure_zh=cure[0], cure_en=cure[1]
        )
    bare = sum(not needs_second(person=one) for one in Person.objects.filter(pk__in=all_of(at=now)))
    if bare and not settings.synthetic:
        text = (f"{bare} 名管理员没有第二步验证", f"{bare} administrators have no second step")
        cure = ("在“我的账户”中添加通行密钥或一次性验证码", "add a passkey or one-time codes under My account")
        return finding("administrators", "warning", *text, cure_zh=cure[0], cure_en=cure[1])
    return finding("administrators", "good", "三名管理员在任", "three administrators are there")


def provider(settings: Settings, now: datetime) -> Finding:
    """Whether the city's identity provider, where one is set, answers as itself."""
    from dajing.kernel.identity.provider.flow import reach
    from dajing.kernel.identity.provider.settings import provider as trusted
    from dajing.kernel.text import Refusal

    try:
        found = trusted()
        if found is None:
            return finding("provider", "good", "没有设置统一身份认证", "no identity provider is set")
        reach(provider=found)
    except Refusal as refusal:
        cure = ("核对 oidc_ 各项设置和网络", "check the oidc_ settings and the network")
        return finding("provider", "bad", refusal.message.zh, refusal.message.en, cure_zh=cure[0], cure_en=cure[1])
    return finding("provider", "good", "统一身份认证可用", "the identity provider answers")


CHECKS: list[Check] = [administrators, provider]
