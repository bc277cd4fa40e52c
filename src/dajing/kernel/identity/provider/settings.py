"""Which identity provider the installation trusts, from its settings; the secret from a file or the environment."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from dajing.kernel.settings import settings
from dajing.kernel.text import Refusal, Text

TITLE = Text(zh="统一身份认证", en="the city's identity provider")
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class ProviderMisconfigured(Refusal):
    """The settings of the identity provider cannot be used."""

    text = Text(
        zh="统一身份认证设置有误：{reason}。请改正 dajing.toml 或环境变量后重新启动。",
        en="The identity provider cannot be used: {reason}. Correct dajing.toml or the environment and restart.",
    )


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """An OpenID Connect issuer and what it knows this installation by; ``claim`` holds the login of the account."""

    issuer: str
    client: str
    secret: str
    claim: str

    def __repr__(self) -> str:
        """Without the secret, so that no log shows it."""
        return f"Provider({self.issuer!r}, {self.client!r})"


def provider() -> Provider | None:
    """The provider that is set, or None. Raises ``ProviderMisconfigured``."""
    own = settings()
    if not own.oidc_issuer:
        return None
    if not own.oidc_client:
        raise ProviderMisconfigured(reason="oidc_client")
    if not may_be_asked(address=own.oidc_issuer):
        raise ProviderMisconfigured(reason="oidc_issuer: https://…")
    secret = own.oidc_secret.get_secret_value()
    if own.oidc_secret_file is not None:
        secret = _read(own.oidc_secret_file)
    return Provider(issuer=own.oidc_issuer, client=own.oidc_client, secret=secret, claim=own.oidc_claim)


def provider_title() -> str:
    """What the sign-in page calls the provider; empty where there is none."""
    own = settings()
    return (own.oidc_title or str(TITLE)) if own.oidc_issuer else ""


def may_be_asked(*, address: str) -> bool:
    """Whether what is sent there stays secret on the way: https, or this machine itself."""
    parts = urlsplit(address)
    return bool(parts.hostname) and (parts.scheme == "https" or parts.hostname in LOOPBACK)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ProviderMisconfigured(reason=f"oidc_secret_file: {type(error).__name__}") from None
