"""The authorization code flow with PKCE, state and nonce, by Authlib; ID tokens are verified by the issuer's keys.

OpenID Connect Core 1.0, section 3.1; RFC 7636; RFC 9700.
"""

from __future__ import annotations

from typing import Any

import msgspec
import structlog
from django.http import HttpRequest

from dajing.kernel.identity.provider.settings import Provider, may_be_asked
from dajing.kernel.identity.refusals import ProviderRefused

# Only signatures by a key that the issuer alone has: "none" and the shared secret (HS256) are never accepted.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
SKEW = 60  # seconds that the two clocks may differ
TIMEOUT = 10
_log = structlog.get_logger("identity.provider")


class Vouched(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the provider vouches for: its own name for them, and the claim that names the account here."""

    issuer: str
    subject: str
    login: str


def address_to_leave_for(*, request: HttpRequest, provider: Provider, back: str) -> str:
    """The provider's page to send the visitor to; state, nonce and verifier stay in the session.

    Raises ``ProviderRefused`` when the provider does not answer as it must.
    """
    try:
        return str(_client(provider).authorize_redirect(request, back)["Location"])
    except Exception as error:  # of the network, of the provider's answer, of the library: the visitor can do the same
        raise _refused(error) from None


def reach(*, provider: Provider) -> None:
    """Read the provider's metadata. Raises ``ProviderRefused`` when it does not answer, or as another issuer."""
    try:
        _client(provider)
    except ProviderRefused:
        raise
    except Exception as error:  # as above
        raise _refused(error) from None


def vouched(*, request: HttpRequest, provider: Provider) -> Vouched:
    """Whom the visitor who has come back is, according to the provider. Raises ``ProviderRefused``."""
    try:
        return _vouched(request, provider)
    except ProviderRefused:
        raise
    except Exception as error:  # as above; what went wrong is for the log, without the words of the provider
        raise _refused(error) from None


def _vouched(request: HttpRequest, provider: Provider) -> Vouched:
    client = _client(provider)
    expected = {
        "iss": {"essential": True, "values": [provider.issuer]},
        "aud": {"essential": True, "values": [provider.client]},
        "sub": {"essential": True},
    }
    token = client.authorize_access_token(request, claims_options=expected, leeway=SKEW)
    claims: dict[str, Any] | None = token.get("userinfo")  # the verified ID token's
    if not claims:
        raise ProviderRefused
    if provider.claim not in claims and client.server_metadata.get("userinfo_endpoint"):
        more = client.userinfo(token=token)
        if more.get("sub") != claims["sub"]:  # OpenID Connect Core 5.3.2: another person's
            raise ProviderRefused
        claims = {**more, **claims}
    login, subject = claims.get(provider.claim), claims["sub"]
    if provider.claim == "email" and claims.get("email_verified") is not True:
        raise ProviderRefused
    if not isinstance(login, str) or not login or not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise ProviderRefused
    return Vouched(issuer=provider.issuer, subject=subject, login=login)


def _client(provider: Provider) -> Any:
    """A client that has read the issuer's metadata. Raises ``ProviderRefused`` where they are another issuer's."""
    from authlib.integrations.django_client import OAuth

    register = OAuth()
    register.register(
        "city",
        client_id=provider.client,
        client_secret=provider.secret or None,
        server_metadata_url=provider.issuer.rstrip("/") + "/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid profile email",
            "code_challenge_method": "S256",
            "default_timeout": TIMEOUT,
            **({} if provider.secret else {"token_endpoint_auth_method": "none"}),
        },
    )
    client = register.city
    metadata = client.load_server_metadata()
    if metadata.get("issuer") != provider.issuer:  # OpenID Connect Discovery 4.3
        raise ProviderRefused
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not may_be_asked(address=str(metadata.get(name, ""))):
            raise ProviderRefused
    metadata.pop("jwks", None)
    metadata["id_token_signing_alg_values_supported"] = ALGORITHMS
    return client


def _refused(error: Exception) -> ProviderRefused:
    code = str(getattr(error, "error", ""))[:40]  # a word of OAuth such as invalid_grant, not what was sent
    _log.warning("provider refused", error=type(error).__name__, code=code)
    return ProviderRefused()
