"""Who calls the API: bearer tokens alone, so that a browser's session cookie opens nothing there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Schema
from ninja.security import HttpBearer
from pydantic import model_validator

from dajing.kernel.identity.actor import Actor
from dajing.kernel.identity.api import token_actor


class Bearer(HttpBearer):
    """The client behind the token, with the token's scopes as roles. Raises ``TokenInvalid``."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor:
        """The client that calls."""
        return token_actor(token=token, at=datetime.now(UTC))


def caller(*, request: HttpRequest) -> Actor:
    """The client that ``Bearer`` has let in."""
    by: Actor = request.auth
    return by


def key_of(*, by: Actor, given: str) -> str:
    """The key of one request: a client's keys never meet another's, however long they are."""
    return hashlib.sha256(f"{by.id}\0{given}".encode()).hexdigest()


class Plain(Schema):
    """What a client sends; text that no store can keep (NUL, half of a character) is refused before anything else."""

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, given: Any) -> Any:
        _look(getattr(given, "_obj", given))
        return given


def _look(value: Any) -> None:
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError("half of a surrogate pair is no text") from None
        if "\0" in value:
            raise ValueError("NUL is no text")
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            _look(name)
            _look(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            _look(inner)
