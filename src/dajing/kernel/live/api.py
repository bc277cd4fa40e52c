"""The door of live events: announce in the act's transaction, and say who may listen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db import transaction

from dajing.kernel.bus.api import publish

__all__ = ["SIGNED_IN", "announce", "audience_of", "own_topic", "topic"]

PREFIX, OWN = "live.", "own."
SIGNED_IN, PUBLIC = "signed-in", "public"


class Topic(msgspec.Struct, frozen=True):
    """One declared topic: ``audience`` is ``public``, ``signed-in`` or a role such as ``plan.lock``."""

    name: str
    audience: str


_topics: dict[str, Topic] = {}


def topic(*, name: str, audience: str = SIGNED_IN) -> Topic:
    """Declare who may listen to ``name`` in a slice's ``live.py``; an undeclared topic is for signed-in people."""
    _topics[name] = Topic(name, audience)
    return _topics[name]


def own_topic(*, person: str) -> str:
    """The topic that only this person (an actor id such as ``person:7``) may listen to."""
    return OWN + person


def audience_of(*, name: str) -> str:
    """Who may listen to ``name``: public, signed-in, a role, or the id of the one person whose own topic it is."""
    if name.startswith(OWN):
        return name.removeprefix(OWN)
    from dajing.kernel.manifest import kernel_parts, slice_parts

    kernel_parts(name="live")
    slice_parts(name="live")
    return _topics[name].audience if name in _topics else SIGNED_IN


def announce(*, topic: str, data: dict[str, Any]) -> None:
    """Tell every listening page, in the caller's transaction if there is one; ``data`` is small and carries no secrets.

    A page takes it as a hint to fetch anew, so what it shows stays subject to who may see it.
    """
    with transaction.atomic():
        publish(topic=PREFIX + topic, payload=data, at=datetime.now(UTC))
