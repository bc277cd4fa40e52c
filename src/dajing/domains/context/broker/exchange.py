"""One HTTP exchange over raw ASGI: what was asked (headers, parameters, body) and what is answered."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote

import msgspec

from dajing.domains.context.ngsi.errors import (
    BadRequestData,
    InvalidRequest,
    LengthRequired,
    NotAcceptable,
    PayloadTooLarge,
    Problem,
    UnsupportedMedia,
)
from dajing.domains.context.ngsi.terms import whole

if TYPE_CHECKING:
    from dajing.kernel.identity.tokenview import TokenInfo

PROBLEM = "application/problem+json"
JSON = "application/json"
LD_JSON = "application/ld+json"
GEO_JSON = "application/geo+json"
MERGE_PATCH = "application/merge-patch+json"
LINK_REL = "http://www.w3.org/ns/json-ld#context"
MAX_BODY = 16 * 1024 * 1024
MAX_DEPTH = 200
LONG_QUERY = 1_000  # bytes

type Receive = Callable[[], Awaitable[dict[str, Any]]]


class Answer(msgspec.Struct):
    """Status, body and further headers of an answer."""

    status: int
    body: bytes = b""
    media: str = JSON
    headers: list[tuple[bytes, bytes]] = []

    def add(self, name: str, value: str) -> Answer:
        """The same answer with one more header."""
        self.headers = [*self.headers, (name.encode("latin-1"), value.encode("latin-1", "replace"))]
        return self


class Request:
    """One request; everything is read lazily, since the hot routes need little."""

    __slots__ = ("_given", "_headers", "_parameters", "_receive", "caller", "method", "path", "scope", "tenant")

    def __init__(self, *, scope: Mapping[str, Any], receive: Receive | None = None, given: bytes | None = None) -> None:
        """``given`` is a body that has arrived whole; otherwise ``receive`` brings it."""
        self.scope = scope
        self._given = given
        self.method: str = scope["method"]
        raw = scope.get("raw_path") or scope["path"].encode()
        self.path: str = raw.decode("ascii", "replace").partition("?")[0]
        self._receive = receive
        self._headers: dict[str, bytes] | None = None
        self._parameters: dict[str, str] | None = None
        self.tenant = ""
        self.caller: TokenInfo | None = None

    def header(self, name: str) -> str | None:
        """A header; several of one name are joined by commas."""
        if self._headers is None:
            found: dict[str, bytes] = {}
            for raw, value in self.scope["headers"]:
                key = raw.decode("latin-1")
                found[key] = found[key] + b", " + value if key in found else value
            self._headers = found
        value = self._headers.get(name)
        return value.decode("latin-1") if value is not None else None

    @property
    def parameters(self) -> dict[str, str]:
        """Query parameters; one given twice counts as a list with commas."""
        if self._parameters is None:
            query = self.scope["query_string"]
            # a copy, since who asks may change it; long ones are not worth keeping
            self._parameters = (dict(_kept(query)) if len(query) <= LONG_QUERY else _parameters(query)) if query else {}
        return self._parameters

    def only(self, allowed: Iterable[str]) -> None:
        """Refuse parameters that the operation does not know (clause 6.3.20)."""
        if not self.scope["query_string"]:
            return
        unknown = set(self.parameters) - set(allowed)
        if unknown:
            raise InvalidRequest(f"Unknown parameters: {', '.join(sorted(unknown))}.")

    def flag(self, name: str) -> bool:
        """A boolean parameter, false when absent."""
        value = self.parameters.get(name, "false")
        if value not in ("true", "false"):
            raise InvalidRequest(f"{name} must be true or false.")
        return value == "true"

    def number(self, name: str, default: int, *, least: int = 0, most: int = 2**31) -> int:
        """A whole number parameter."""
        value = self.parameters.get(name)
        if value is None:
            return default
        found = whole(value)
        if found is None or not least <= found <= most:
            raise BadRequestData(f"{name} must be a whole number from {least} to {most}.")
        return found

    async def body(self) -> bytes:
        """The whole body, bounded; it may be asked for again."""
        declared = self.header("content-length")
        if declared is None:
            raise LengthRequired("POST, PATCH and PUT need a Content-Length.")
        if int(declared) > MAX_BODY:
            raise PayloadTooLarge(f"The body is larger than {MAX_BODY} bytes; send smaller batches.")
        if self._given is not None or self._receive is None:
            return self._given or b""
        parts, size = [], 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise InvalidRequest("The client went away before the body was complete.")
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > MAX_BODY:
                raise PayloadTooLarge(f"The body is larger than {MAX_BODY} bytes; send smaller batches.")
            if not message.get("more_body"):
                self._given = b"".join(parts) if len(parts) > 1 else parts[0]
                return self._given

    def media(self, *, patch: bool = False) -> str:
        """The media type of the body (6.3.4); ``patch`` also admits merge-patch."""
        found = self.header("content-type") or ""
        if found != JSON:
            found = found.partition(";")[0].strip().lower()
        allowed = (JSON, LD_JSON, MERGE_PATCH) if patch else (JSON, LD_JSON)
        if found not in allowed:
            raise UnsupportedMedia(f"Content-Type must be one of {', '.join(allowed)}.")
        return found


def segments(path: str) -> list[str]:
    """What stands between the slashes of a path."""
    parts = path.strip("/").split("/")
    return [unquote(part) for part in parts] if "%" in path else parts


def _parameters(query: bytes) -> dict[str, str]:
    """Names and values of a query string."""
    found: dict[str, str] = {}
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=200)
    except ValueError:
        raise InvalidRequest("The query string is not URL-encoded UTF-8.") from None
    for key, value in pairs:
        found[key] = f"{found[key]},{value}" if key in found else value
    return found


_kept = lru_cache(maxsize=1_024)(_parameters)  # clients ask the same things again and again


def decode(body: bytes) -> Any:
    """JSON from a body; a refusal where it is none or is nested absurdly deep."""
    if not body.strip():
        raise InvalidRequest("The body is empty.")
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRequest(f"The body is no JSON: {error}") from None
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and _deeper(found):
        raise InvalidRequest(f"The body is nested deeper than {MAX_DEPTH} levels.")
    return found


def _deeper(document: Any) -> bool:
    """Whether a document is nested deeper than ``MAX_DEPTH``."""
    level = [document]
    for _ in range(MAX_DEPTH + 1):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def encode(document: Any) -> bytes:
    """JSON bytes."""
    return msgspec.json.encode(document)


def accepted(header: str | None, offered: tuple[str, ...]) -> str:
    """The best offered media type for an Accept header (RFC 9110 12.5.1; clause 6.3.4: the first offer breaks ties)."""
    if not header or header.strip() == "*/*":
        return offered[0]
    best, best_weight = "", 0.0
    ranges = [_range(part) for part in header.split(",")]
    for media in offered:
        matching = [(specific, weight) for pattern, weight in ranges if (specific := _fits(pattern, media)) >= 0]
        weight = max(matching)[1] if matching else 0.0
        if weight > best_weight:
            best, best_weight = media, weight
    if not best:
        raise NotAcceptable(f"The answer can be {', '.join(offered)}.")
    return best


def _range(part: str) -> tuple[str, float]:
    media, *parameters = (p.strip() for p in part.lower().split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                weight = float(value)
            except ValueError:
                continue
            if 0 <= weight <= 1:
                return media, weight
    return media, 1.0


def _fits(pattern: str, media: str) -> int:
    if pattern == media:
        return 2
    if pattern.endswith("/*") and media.startswith(pattern[:-1]):
        return 1
    return 0 if pattern == "*/*" else -1


def link_of(header: str | None) -> str | None:
    """The @context URL of a Link header (clause 6.3.5)."""
    if header is None or LINK_REL not in header:
        return None
    for part in header.split(","):
        if LINK_REL in part and "<" in part and ">" in part:
            return part[part.index("<") + 1 : part.index(">")]
    return None


@lru_cache(maxsize=4_096)
def quoted(text: str) -> str:
    """A name or value of a query string, readable where it may be; pages of one list share nearly all of them."""
    return quote(text, safe=":.*,()[]{}/'\"^$+")


def link(url: str) -> str:
    """A Link header that names an @context."""
    return f'<{url}>; rel="{LINK_REL}"; type="{LD_JSON}"'


def problem(error: Problem) -> Answer:
    """The answer of a refusal."""
    if isinstance(error, LengthRequired):
        return Answer(status=411)
    answer = Answer(status=error.status, body=encode(error.document()), media=PROBLEM)
    # limits count by whole minutes of this clock
    return answer.add("Retry-After", str(60 - int(time.monotonic() % 60))) if answer.status == 429 else answer
