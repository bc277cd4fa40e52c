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


class UnableToWithdraw(Refusal):
    """The post does not carry the role, or its withdrawal is proposed already."""

    text = Text(
        zh="不能提出撤销：岗位没有此权限，或已在等待批准。",
        en="Not proposed: the post does not carry the role, or its withdrawal already waits for approval.",
    )


class LastAdministrator(Refusal):
    """Nobody would be left in the role of one of the three administrators."""

    text = Text(
        zh="不能办理：这样就没有长期在任的{role}了。请先任命接任者（不设截止日）。",
        en="Not done: nobody would be left as {role} without an end of term. Appoint a successor first.",
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


class LoginTaken(Refusal):
    """Another account has the login."""

    text = Text(
        zh="登录名 {login} 已被使用；请换一个。", en="The login {login} belongs to another account; choose another."
    )


class UnableToOpenAccount(Refusal):
    """Login or name cannot be kept."""

    text = Text(
        zh="无法建立账户：登录名须为 2 个以上的小写字母、数字或 . _ @ -；姓名须为 1 至 100 个字。",
        en="No account was made: a login is two or more of a-z, 0-9 and . _ @ -, a name 1 to 100 characters.",
    )


class WeakPassword(Refusal):
    """Django's validators refuse the password; their reasons follow."""

    text = Text(zh="密码不符合要求：", en="The password is not accepted:")


class SetupClosed(Refusal):
    """The first set-up is over, and over for good."""

    text = Text(
        zh="首次设置已完成并永久关闭。请登录后办理。",
        en="The first set-up is done and closed for good. Sign in instead.",
    )


class SetupLinkInvalid(Refusal):
    """A set-up link that was used, replaced or has expired, or a browser that did not open it."""

    text = Text(
        zh="设置链接无效：已使用、已过期或已被新链接取代。请重新运行 ./dajing up 获取新链接，已完成的步骤会保留。",
        en="This set-up link is spent, expired or replaced. Run ./dajing up again for a new one; finished steps stay.",
    )


class SetupStepDone(Refusal):
    """A step of the first set-up that is already done, or not yet due."""

    text = Text(
        zh="此步骤已完成或尚未开始，没有任何改动。请从当前步骤继续。",
        en="This step is done already or not yet due; nothing was changed. Go on with the current step.",
    )


class SamePerson(Refusal):
    """Two administrators would be one person."""

    text = Text(
        zh="三名管理员须是三个不同的人：{what}与“{other}”相同。同名者请加以区分。",
        en="The three administrators must be three people: {what} is that of “{other}”. Tell namesakes apart.",
    )


class PackWithoutAdministrators(Refusal):
    """The city pack has no post for an administrator."""

    text = Text(
        zh="城市包中没有带“{role}”的岗位。请在 posts.toml 中加入，再重新运行 ./dajing up。",
        en="The city pack has no post with “{role}”. Add one to posts.toml and run ./dajing up again.",
    )


class PasswordsDiffer(Refusal):
    """The password and its repetition are not the same."""

    text = Text(zh="两次输入的密码不一致；请重新输入。", en="The two passwords differ; type them again.")


class UnableToEnd(Refusal):
    """The appointment has ended already."""

    text = Text(zh="此任职已经结束，没有任何改动。", en="This appointment has ended already; nothing was changed.")


class UnableToIssueLink(Refusal):
    """A one-time link for somebody else's account was refused."""

    text = Text(
        zh="不能生成链接：账户已停用，或此人是管理员。管理员的链接只能在服务器上用 dajing identity link 生成。",
        en="No link was made: the account is closed or an administrator's, whose link is made at the machine with "
        "dajing identity link.",
    )


class UnableToCloseAccount(Refusal):
    """The account was not closed."""

    text = Text(
        zh="不能停用：账户已停用，或此人现任管理员。请先由安全管理员免去其管理员岗位。",
        en="Not closed: it is closed already, or an administrator's; a security administrator must end that first.",
    )


class PersonUnknown(Refusal):
    """No account has the login."""

    text = Text(
        zh="没有登录名为 {login} 的账户；请先在“人员”中建立。",
        en="No account has the login {login}; make it under People.",
    )


class UnableToIssueToken(Refusal):
    """The token or its client was refused."""

    text = Text(
        zh="不能发放令牌：请核对客户端代号（小写字母、数字、-）、名称、每分钟次数（1 至 1000000）、权限和有效期。",
        en="No token was issued: check the client's id (a-z, 0-9, -), name, requests per minute (1 to 1,000,000), "
        "scopes and end.",
    )


class OldPasswordWrong(Refusal):
    """The present password does not match."""

    text = Text(zh="当前密码不正确。", en="The present password is not right.")


class CodeWrong(Refusal):
    """A one-time code or recovery code that is not right, no longer right, or used already."""

    text = Text(
        zh="验证码不正确或已使用过。请等待新的验证码，并核对手机时间。",
        en="The code is wrong or was used already. Wait for the next one and check the clock of the phone.",
    )


class PasskeyRefused(Refusal):
    """A passkey that is unknown, was removed, or whose answer does not verify; which of them is not said."""

    status = 403
    text = Text(
        zh="通行密钥未通过验证。请重试，或改用密码登录。",
        en="The passkey was not accepted. Try again, or sign in with your password.",
    )


class PasskeysElsewhere(Refusal):
    """Passkeys do not work at the address of this request."""

    status = 403
    text = Text(
        zh="此地址不能使用通行密钥：请用 https 域名打开（见设置 public_url），本机请用 http://localhost。",
        en="Passkeys do not work at this address: open it by an https host name (setting public_url), or on this "
        "machine by http://localhost.",
    )


class UnableToAddPasskey(Refusal):
    """The person has as many passkeys as anybody may."""

    text = Text(
        zh="通行密钥最多 {most} 个；请先移除不用的。", en="At most {most} passkeys: remove one that is not used."
    )


class UnableToReset(Refusal):
    """The person has no second factor, or a reset waits already."""

    text = Text(
        zh="不能提出重置：此人没有设置第二步验证，或已有重置待批准。",
        en="Not proposed: the person has no second step, or a reset already waits for approval.",
    )


class UnableToApproveReset(Refusal):
    """The decision on a reset was refused."""

    text = Text(
        zh="不能批准：须由三名管理员中另一类的管理员（不是提出者和本人）批准，且尚未办理。",
        en="Not approved: another of the three administrators than the proposer's, not the person, must do it, once.",
    )


class ProviderRefused(Refusal):
    """The city's identity provider did not vouch for anybody, or for nobody who has an account here."""

    status = 403
    text = Text(
        zh="统一身份认证未能登录：未通过核验，或没有与之对应的账户。请重试或联系系统管理员。",
        en="Not signed in by the identity provider: it could not be verified, or no account here belongs to it. "
        "Try again or ask the system administrator.",
    )
