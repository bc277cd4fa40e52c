"""ClamAV's daemon by its INSTREAM command: https://docs.clamav.net/manual/Usage/ClamdProtocol.html.

``zINSTREAM\\0``, then chunks of a 4-byte length in network order and so many bytes, then a length of zero; the answer
ends with a zero byte: ``stream: OK``, ``stream: <name> FOUND`` or an error.
"""

from __future__ import annotations

import socket
import struct
from urllib.parse import urlsplit

from dajing.kernel.forms.scanning import Finding, ScannerDown

CHUNK = 64 * 1024
SECONDS = 20.0
MOST_ANSWER = 4096


class Clamd:
    """One daemon, over TCP or a socket of this machine."""

    def __init__(self, *, place: tuple[str, int] | str) -> None:
        self._place = place

    def scan(self, *, body: bytes) -> Finding:
        """Look at ``body``. Raises ``ScannerDown`` for silence, an error, or a file over the daemon's own limit."""
        try:
            with self._open() as wire:
                answer = _talk(wire, body)
        except OSError as error:
            raise ScannerDown(f"{type(error).__name__}: {error}") from error
        if answer == "stream: OK":
            return Finding("clean")
        if answer.startswith("stream: ") and answer.endswith(" FOUND"):
            return Finding("infected", answer.removeprefix("stream: ").removesuffix(" FOUND"))
        raise ScannerDown(answer or "no answer")

    def _open(self) -> socket.socket:
        if isinstance(self._place, tuple):
            return socket.create_connection(self._place, timeout=SECONDS)
        wire = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        wire.settimeout(SECONDS)
        try:
            wire.connect(self._place)
        except OSError:
            wire.close()
            raise
        return wire


def _talk(wire: socket.socket, body: bytes) -> str:
    try:
        wire.sendall(b"zINSTREAM\0")
        for start in range(0, len(body), CHUNK):
            chunk = body[start : start + CHUNK]
            wire.sendall(struct.pack("!I", len(chunk)) + chunk)
        wire.sendall(struct.pack("!I", 0))
    except (BrokenPipeError, ConnectionResetError):
        pass  # over its limit the daemon says so and hangs up while we still send: its words are read below
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < MOST_ANSWER:
        piece = wire.recv(1024)
        if not piece:
            break
        answer += piece
    return answer.rstrip(b"\0\n").decode(errors="replace")


def connect(*, url: str) -> Clamd:
    """The daemon at ``clamd://host:3310`` or ``clamd:///run/clamav/clamd.ctl``."""
    parts = urlsplit(url)
    return Clamd(place=(parts.hostname, parts.port or 3310) if parts.hostname else parts.path)
