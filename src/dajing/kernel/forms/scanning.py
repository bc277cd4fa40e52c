"""The port of scanners: looks at a file before it is kept."""

from __future__ import annotations

import importlib
from typing import Literal, Protocol
from urllib.parse import urlsplit

import msgspec

from dajing.kernel.settings import settings
from dajing.kernel.text import Refusal, Text

ADAPTERS = {"clamd": "dajing.engines.clamav"}
State = Literal["clean", "infected", "not_scanned"]


class Finding(msgspec.Struct, frozen=True):
    """What a scan found; ``name`` is the scanner's name of what it found."""

    state: State
    name: str = ""


class ScannerDown(Exception):
    """The scanner does not answer, or not as its protocol says."""


class UnableToScan(Refusal):
    """A scanner is configured and cannot be used: no file is taken meanwhile."""

    text = Text(
        zh="病毒扫描暂不可用，没有接收文件；请稍后再试（{reason}）。",
        en="Files cannot be scanned now and none was taken; try again later ({reason}).",
    )


class Scanner(Protocol):
    """One scanner."""

    def scan(self, *, body: bytes) -> Finding:
        """Look at ``body``. Raises ``ScannerDown``."""


def scan(*, body: bytes, url: str | None = None) -> Finding:
    """Look at ``body`` with the configured scanner; without one it is honestly "not scanned".

    Raises ``UnableToScan`` where a scanner is configured and does not work.
    """
    url = settings().scanner if url is None else url
    if not url:
        return Finding("not_scanned")
    scheme = urlsplit(url).scheme
    if scheme not in ADAPTERS:
        raise UnableToScan(reason=f"scanner = {scheme}:// ?")
    scanner: Scanner = importlib.import_module(ADAPTERS[scheme]).connect(url=url)
    try:
        return scanner.scan(body=body)
    except ScannerDown as error:
        raise UnableToScan(reason=str(error)[:100]) from error
