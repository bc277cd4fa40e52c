"""@contexts: those of requests, the cached remote ones, the hosted ones (clauses 5.13, 6.3.5)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from dajing.domains.context.broker.fetching import fetch
from dajing.domains.context.broker.outgoing import Outgoing
from dajing.domains.context.ngsi import smart
from dajing.domains.context.ngsi.context import CORE_DOCUMENT, CORE_URL, CORE_URLS, Context, Source, core, flatten
from dajing.domains.context.ngsi.errors import BadRequestData, LdContextNotAvailable

FETCH_SECONDS = 5.0
FETCH_BYTES = 2 * 1024 * 1024
MOST_DOCUMENTS = 500
MOST_FLAT = 1_000
KEPT_SOURCE = 64 * 1024  # characters
RETRY_SECONDS = 5.0
_ETSI = "https://uri.etsi.org/ngsi-ld/"
_EMBEDDED_AT = "2026-06-27T00:00:00.000Z"  # the state of the catalogue that the table was made from


class Remote(msgspec.Struct):
    """A document that was downloaded, with its statistics."""

    url: str
    document: Any
    at: str
    hits: int = 0
    used: str = ""
    kind: str = "Cached"


@lru_cache(maxsize=1_024)
def embedded(url: str) -> Remote | None:
    """A published context that comes with the program; a copy that was downloaded comes before it."""
    document = smart.document(url)
    return Remote(url=url, document=document, at=_EMBEDDED_AT) if document else None


class _Missing(Exception):
    def __init__(self, url: str) -> None:
        self.url = url


class Contexts:
    """Resolves @contexts; remote ones are downloaded once, within a bound of time and size."""

    def __init__(self, *, outgoing: Outgoing, prefixes: tuple[str, ...] = ("http://", "https://")) -> None:
        self._outgoing = outgoing
        self._prefixes = prefixes
        self._flat: dict[tuple[str, str], tuple[Context, tuple[str, ...]]] = {}
        self._failed: dict[str, tuple[float, str]] = {}
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self.remote: dict[tuple[str, str], Remote] = {}
        self.hosted: dict[tuple[str, str], Remote] = {}
        self.now: Callable[[], str] = str

    async def resolve(self, source: Source | None, *, tenant: str = "") -> Context:
        """The flattened context of a source; the core alone when there is none."""
        if source is None or source == [] or source == CORE_URL:
            return core()
        key = (tenant, source if isinstance(source, str) else msgspec.json.encode(source).decode())
        found = self._flat.get(key)
        if found is None:
            if len(key[1]) > FETCH_BYTES:
                raise BadRequestData(f"An @context has at most {FETCH_BYTES} bytes, here as behind an address.")
            found = await self._flatten(source, tenant)
            if len(self._flat) >= MOST_FLAT:
                self._flat.clear()
            if len(key[1]) <= KEPT_SOURCE:  # a long one that comes in a body is seldom seen again
                self._flat[key] = found
        for url in found[1]:
            if (remote := self.known(url, tenant=tenant)) is not None:
                remote.hits += 1
                remote.used = self.now()
        return found[0]

    async def _flatten(self, source: Source, tenant: str) -> tuple[Context, tuple[str, ...]]:
        if _scoped(source):
            raise BadRequestData("A term of the @context has an @context of its own, which NGSI-LD excludes.")
        used: list[str] = []

        def load(url: str) -> Any:
            known = self.known(url, tenant=tenant)
            if known is None:
                raise _Missing(url)
            used.append(url)
            return known.document

        for _ in range(50):
            used.clear()
            try:
                return flatten(source=source, load=load), tuple(used)
            except _Missing as missing:
                await self.download(missing.url, tenant=tenant)
        raise BadRequestData("The @context refers to more than 50 documents.")

    async def download(self, url: str, *, tenant: str = "") -> Remote:
        """Fetch one document now, and keep it."""
        failed = self._failed.get(url)
        if failed and failed[0] > time.monotonic():
            raise LdContextNotAvailable(failed[1])
        if url not in self._waiting:
            self._waiting[url] = asyncio.ensure_future(self._fetch(url))
        try:
            document = await asyncio.shield(self._waiting[url])
        finally:
            if url in self._waiting and self._waiting[url].done():
                del self._waiting[url]
        if len(self.remote) >= MOST_DOCUMENTS:
            oldest = min(self.remote, key=lambda k: self.remote[k].used or self.remote[k].at)
            del self.remote[oldest]
        self.remote[tenant, url] = Remote(url=url, document=document, at=self.now(), used=self.now())
        return self.remote[tenant, url]

    async def _fetch(self, url: str) -> Any:
        if not url.startswith(self._prefixes) or url.startswith(_ETSI):
            return self._fail(url, "it is not among the addresses that may be downloaded")
        try:
            body = await fetch(url=url, outgoing=self._outgoing, seconds=FETCH_SECONDS, most=FETCH_BYTES)
        except (OSError, EOFError, ValueError) as error:
            return self._fail(url, str(error) or type(error).__name__)
        try:
            return msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise BadRequestData(f"The document {url} is no JSON.") from None

    def _fail(self, url: str, why: str) -> Any:
        reason = f"The @context {url} cannot be retrieved: {why}."
        if len(self._failed) > 1_000:
            self._failed.clear()
        self._failed[url] = (time.monotonic() + RETRY_SECONDS, reason)
        raise LdContextNotAvailable(reason)

    def known(self, url: str, *, tenant: str = "") -> Remote | None:
        """A hosted context by its address or local id, a cached one by its address, or an embedded one."""
        local = url.rpartition("/jsonldContexts/")[2] if "/jsonldContexts/" in url else url
        return self.hosted.get((tenant, local)) or self.remote.get((tenant, url)) or embedded(url)

    def forget(self) -> None:
        """Flattened contexts are made again, since a document changed."""
        self._flat.clear()
        self._failed.clear()

    def document(self, url: str, *, tenant: str = "") -> Any:
        """A core, hosted or cached document, or None."""
        if url in CORE_URLS:
            return CORE_DOCUMENT
        known = self.known(url, tenant=tenant)
        return known.document if known else None


def _scoped(source: Any) -> bool:
    if isinstance(source, list):
        return any(_scoped(part) for part in source)
    if not isinstance(source, dict):
        return False
    return any(isinstance(d, dict) and "@context" in d for d in source.values())
