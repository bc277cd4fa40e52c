"""The shortest honest programs that the broker is measured against: same server, payload and durability.

``GET`` answers stored bytes; ``POST`` decodes the body and answers once a group commit has put it on disk.
"""

from __future__ import annotations

import asyncio
import os
import queue
import threading
from typing import Any

import apsw
import msgspec

BODY = os.environ["BARE_BODY"].encode()
STORE = os.environ["BARE_STORE"]


class Writer:
    """One thread, one transaction per whatever waits."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.queue: queue.SimpleQueue[tuple[bytes, asyncio.Future[None]]] = queue.SimpleQueue()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self) -> None:
        db = apsw.Connection(STORE)
        db.pragma("journal_mode", "wal")
        db.pragma("synchronous", "full")
        db.pragma("wal_autocheckpoint", 10_000)
        db.execute("CREATE TABLE IF NOT EXISTS e(id TEXT PRIMARY KEY, doc BLOB)")
        while True:
            batch = [self.queue.get()]
            while len(batch) < 512:
                try:
                    batch.append(self.queue.get_nowait())
                except queue.Empty:
                    break
            with db:
                for body, _ in batch:
                    entity = msgspec.json.decode(body)
                    db.execute("INSERT OR REPLACE INTO e VALUES (?, ?)", (entity.get("id", "x"), body))
            self.loop.call_soon_threadsafe(self.answer, [future for _, future in batch])

    @staticmethod
    def answer(futures: list[asyncio.Future[None]]) -> None:
        for future in futures:
            future.set_result(None)


_writer: list[Writer] = []


async def app(scope: Any, receive: Any, send: Any) -> None:
    """The bare ASGI program."""
    if scope["type"] != "http":
        return
    status, body = 200, BODY
    if scope["method"] != "GET":
        message = await receive()
        if not _writer:
            _writer.append(Writer())
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        _writer[0].queue.put((message["body"], future))
        await future
        status, body = 204, b""
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())] if body else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
