"""Rendered entities, kept by their stored bytes and their form: what has not changed is not rendered twice.

The key is the content itself, so nothing can be out of date, whichever thread reads at whichever moment.
"""

from __future__ import annotations

import threading

import msgspec

from dajing.domains.context.broker.exchange import encode
from dajing.domains.context.ngsi.forms import Form, render

MOST_BYTES = 32 * 1024 * 1024


class Pieces:
    """A bounded store of rendered entities; the oldest give way."""

    def __init__(self, *, most: int = MOST_BYTES) -> None:
        self._kept: dict[tuple[str, bytes], bytes] = {}
        self._most = most
        self._size = 0
        self._guard = threading.Lock()

    def render(self, *, doc: bytes, key: str, form: Form) -> bytes:
        """The JSON of one stored entity in a form; ``key`` names the form, its @context included."""
        found = self._kept.get((key, doc))
        if found is None:
            found = encode(render(entity=msgspec.json.decode(doc), form=form))
            with self._guard:
                self._kept[key, doc] = found
                self._size += len(doc) + len(found)
                while self._size > self._most:
                    first = next(iter(self._kept))
                    self._size -= len(first[1]) + len(self._kept.pop(first))
        return found

    def clear(self) -> None:
        """Forget everything, since a context changed."""
        with self._guard:
            self._kept.clear()
            self._size = 0
