"""What identity refuses, in words."""

from __future__ import annotations

from dajing.kernel.text import Refusal, Text


class UnableToSignIn(Refusal):
    """Login and password do not match, or the account is closed; which of them is not said."""

    text = Text(
        zh="登录名或密码不正确。请核对后重试。", en="The login or the password is not right. Check both and try again."
    )


class SignInPaused(Refusal):
    """Too many failed attempts."""

    text = Text(
        zh="失败次数过多，请 {minutes} 分钟后再试，或联系系统管理员。",
        en="Too many failed attempts: try again in {minutes} minutes or ask the system administrator.",
    )


class LinkSpent(Refusal):
    """A one-time link that was used, has expired or never was."""

    text = Text(
        zh="登录链接无效：已使用或已过期。请用密码登录，或重新获取链接。",
        en="This sign-in link is spent or expired. Sign in with your password or ask for a new link.",
    )


class RoleUnknown(Refusal):
    """No slice declares the role."""

    text = Text(zh="没有“{role}”这个角色；请从列表中选择。", en="There is no role “{role}”; choose one from the list.")


class AdministratorsNotSeparate(Refusal):
    """One person would hold two of the three administrators' roles."""

    text = Text(
        zh="{person} 已任{held}，不能兼任{wanted}；系统、安全、审计管理员须由三人分别担任。",
        en="{person} is {held} and cannot also be {wanted}: the three administrators must be three people.",
    )


class UnableToApprove(Refusal):
    """The approval of a grant was refused."""

    text = Text(
        zh="不能批准：须由未参与提出的安全管理员批准。",
        en="Not approved: a security administrator who did not propose it must approve it.",
    )


class UnableToAppoint(Refusal):
    """The appointment was refused."""

    text = Text(
        zh="不能任命：请核对岗位、起止时间；代理须有截止时间。",
        en="Not appointed: check the post and the term; a deputy needs an end.",
    )


class TokenInvalid(Refusal):
    """An API token that is unknown, expired or revoked."""

    status = 401
    text = Text(
        zh="令牌无效、已过期或已撤销；请申请新令牌。", en="The token is unknown, expired or revoked; ask for a new one."
    )


class NotYours(Refusal):
    """The actor lacks the role that an act needs."""

    status = 403
    text = Text(
        zh="您的岗位没有“{role}”权限；请联系系统管理员。",
        en="Your post does not carry “{role}”; ask the administrator.",
    )
