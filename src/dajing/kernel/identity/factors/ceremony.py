"""The two ceremonies of WebAuthn Level 3 as a relying party checks them, by Yubico's library; no store, no clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorData,
    PublicKeyCredentialParameters,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from dajing.kernel.identity.refusals import PasskeyRefused

ALGORITHMS = (-7, -8, -35, -36, -257)  # ES256, EdDSA, ES384, ES512, RS256 of the COSE registry
State = dict[str, Any]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where passkeys are valid: the relying party's id and the one origin whose pages may use them."""

    host: str
    origin: str


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """A verified credential: ids are base64url, ``data`` the attested credential data with its public key."""

    id: str
    data: bytes
    counter: int
    backed_up: bool


def place_of(*, public_url: str, asked: str) -> Place | None:
    """Where passkeys work: at the public address, or else at localhost; WebAuthn knows no place that is an IP address.

    ``asked`` is the origin of the request, used only where no public address is set.
    """
    parts = urlsplit(public_url or asked)
    host = parts.hostname or ""
    secure = parts.scheme == "https" or host == "localhost"
    if not host or not secure or (not public_url and host != "localhost"):
        return None
    return None if _is_address(host) else Place(host=host, origin=f"{parts.scheme}://{parts.netloc}")


def _is_address(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()


def begin_adding(
    *, place: Place, handle: bytes, login: str, name: str, known: list[bytes]
) -> tuple[Mapping[str, Any], State]:
    """Options for ``navigator.credentials.create`` and what must be kept until the answer.

    ``known`` is the credential data that the person has already, so that no authenticator is added twice.
    """
    options, state = _server(place).register_begin(
        PublicKeyCredentialUserEntity(id=handle, name=login, display_name=name),
        credentials=[AttestedCredentialData(one) for one in known],
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,  # without it no sign-in without a login typed
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(options), _plain(state)


def finish_adding(*, place: Place, state: State, answer: Mapping[str, Any]) -> Credential:
    """The new credential. Raises ``PasskeyRefused`` for anything but the answer of this place to this state."""

    def check() -> Credential:
        registration = RegistrationResponse.from_dict(answer)
        _same_page(registration.response.client_data.cross_origin)
        found = _server(place).register_complete(state, registration)
        data = found.credential_data
        if data is None or data.public_key.get(3) not in ALGORITHMS or registration.raw_id != data.credential_id:
            raise PasskeyRefused
        return Credential(
            id=websafe_encode(data.credential_id), data=bytes(data), counter=found.counter, backed_up=_copied(found)
        )

    return _guarded(check)


def begin_signing_in(*, place: Place, known: list[bytes]) -> tuple[Mapping[str, Any], State]:
    """Options for ``navigator.credentials.get``; with nothing ``known`` the authenticator says who it is."""
    options, state = _server(place).authenticate_begin(
        credentials=[AttestedCredentialData(one) for one in known] or None,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(options), _plain(state)


def finish_signing_in(*, place: Place, state: State, data: bytes, handle: str, answer: Mapping[str, Any]) -> Credential:
    """The credential that signed, with its new counter; ``data`` and ``handle`` are what was kept of it.

    Raises ``PasskeyRefused``.
    """

    def check() -> Credential:
        signed = AuthenticationResponse.from_dict(answer)
        _same_page(signed.response.client_data.cross_origin)
        given = signed.response.user_handle
        if given is not None and websafe_encode(given) != handle:
            raise PasskeyRefused
        _server(place).authenticate_complete(state, [AttestedCredentialData(data)], signed)
        seen = signed.response.authenticator_data
        return Credential(id=websafe_encode(signed.raw_id), data=data, counter=seen.counter, backed_up=_copied(seen))

    return _guarded(check)


def id_of(*, answer: Mapping[str, Any]) -> str:
    """The credential id that an answer names, in its one base64url form. Raises ``PasskeyRefused``."""
    return _guarded(lambda: websafe_encode(websafe_decode(answer["rawId"])))


def _server(place: Place) -> Fido2Server:
    server = Fido2Server(
        PublicKeyCredentialRpEntity(id=place.host, name="大境 Dajing"), verify_origin=lambda seen: seen == place.origin
    )
    server.allowed_algorithms = [
        PublicKeyCredentialParameters(type=PublicKeyCredentialType.PUBLIC_KEY, alg=alg) for alg in ALGORITHMS
    ]
    return server


def _plain(state: State) -> State:
    return {"challenge": state["challenge"], "user_verification": str(state["user_verification"].value)}


def _same_page(cross_origin: bool) -> None:
    if cross_origin:  # inside a frame of another site: ours are never framed
        raise PasskeyRefused


def _copied(seen: AuthenticatorData) -> bool:
    eligible = bool(seen.flags & AuthenticatorData.FLAG.BACKUP_ELIGIBILITY)
    copied = bool(seen.flags & AuthenticatorData.FLAG.BACKUP_STATE)
    if copied and not eligible:  # WebAuthn Level 3, section 6.1: never set together so
        raise PasskeyRefused
    return copied


def _guarded[T](check: Callable[[], T]) -> T:
    try:
        return check()
    except PasskeyRefused:
        raise
    except Exception as error:  # a stranger's bytes: whatever the library trips over is a refusal
        raise PasskeyRefused from error
