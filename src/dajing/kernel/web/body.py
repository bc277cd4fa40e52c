"""Request bodies are received whole before a page thread is taken, and never beyond the limit."""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, BinaryIO

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
IN_MEMORY = 1 << 20
DRAIN = 1 << 30  # bytes of a refused body that are read and thrown away, so that the browser shows our answer


class TooLarge(Exception):
    """The body is larger than the installation allows."""


class Gone(Exception):
    """The client left before its body was complete."""


async def whole(*, receive: Receive, limit: int) -> Receive:
    """Read the body (on disk when large) and return a ``receive`` that replays it.

    A client that sends slowly so costs a connection, not one of the few page threads. Raises ``TooLarge`` after the
    rest was drained, ``Gone`` on disconnect.
    """
    file: BinaryIO = tempfile.SpooledTemporaryFile(IN_MEMORY)  # type: ignore[assignment]  # noqa: SIM115
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            file.close()
            raise Gone
        more = message.get("more_body", False)
        size += len(message.get("body", b""))
        if size <= limit:
            file.write(message.get("body", b""))
        elif size > limit + DRAIN:
            break
    if size > limit:
        file.close()
        raise TooLarge
    file.seek(0)
    return _replay(file, size, receive)


def _replay(file: BinaryIO, size: int, receive: Receive) -> Receive:
    left = size
    over = False

    async def replay() -> MutableMapping[str, Any]:
        nonlocal left, over
        if over:
            return await receive()
        chunk = file.read(min(left, IN_MEMORY))
        left -= len(chunk)
        if left <= 0:
            over = True
            file.close()
        return {"type": "http.request", "body": chunk, "more_body": not over}

    return replay
