"""The fixed vocabulary of the information model (clauses 4.2, 4.5, 5.2) and the checks of names, ids and times."""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from dajing.domains.context.ngsi.errors import BadRequestData

LONGEST = 4_096  # characters of an id or name: it stands in headers and addresses
MOST_DIGITS = 18  # of counts and lengths that a client gives
NULL = "urn:ngsi-ld:null"
DEFAULT = "@none"

# attribute kind -> its value member
VALUE_OF = {
    "Property": "value",
    "GeoProperty": "value",
    "Relationship": "object",
    "LanguageProperty": "languageMap",
    "VocabProperty": "vocab",
    "JsonProperty": "json",
    "ListProperty": "valueList",
    "ListRelationship": "objectList",
}
KIND_OF = {
    "value": "Property",
    "object": "Relationship",
    "languageMap": "LanguageProperty",
    "vocab": "VocabProperty",
    "json": "JsonProperty",
    "valueList": "ListProperty",
    "objectList": "ListRelationship",
}
PREVIOUS = {
    "value": "previousValue",
    "object": "previousObject",
    "languageMap": "previousLanguageMap",
    "vocab": "previousVocab",
    "json": "previousJson",
    "valueList": "previousValueList",
    "objectList": "previousObjectList",
}
GEOMETRIES = frozenset({"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"})
# what the core says is a GeoProperty
SPATIAL = frozenset(f"https://uri.etsi.org/ngsi-ld/{n}" for n in ("location", "observationSpace", "operationSpace"))
SYSTEM = ("createdAt", "modifiedAt", "deletedAt")
METADATA = ("observedAt", "unitCode", "datasetId", "objectType", "valueType")
SEALED = ("entityIdSealed", "entityTypeSealed")
# members of an attribute that are not sub-attributes
MEMBERS = frozenset(
    {
        "type",
        "@type",
        "instanceId",
        "entity",
        "entityList",
        "expiresAt",
        "@context",
        *SYSTEM,
        *METADATA,
        *SEALED,
        *KIND_OF,
    }
    | set(PREVIOUS.values())
)
# names that an attribute of an entity cannot have, since the core uses them unreified (4.5.1)
NOT_ATTRIBUTES = frozenset({"observedAt", "unitCode", "datasetId", "instanceId"})
ENTITY_MEMBERS = frozenset({"id", "@id", "type", "@type", "scope", "@context", "expiresAt", *SYSTEM})

_NAME = re.compile(r"[^\W\d_]\w*\Z")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>\"{}|\\^`]+\Z")
_VISIBLE = re.compile(r"[!-~]+")
_INVISIBLE = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([.,]\d{1,9})?Z\Z")


def whole(text: str) -> int | None:
    """The number that a few decimal digits write, or None; Python itself fails at some thousands of them."""
    return int(text) if len(text) <= MOST_DIGITS and text.isascii() and text.isdigit() else None


def double(value: float) -> float:
    """A number as a double; one that is too large for it is infinite."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def is_uri(value: Any) -> bool:
    """Whether ``value`` is an absolute URI or IRI without invisible or delimiting characters (4.5.1)."""
    return (
        isinstance(value, str)
        and len(value) <= LONGEST
        and _ABSOLUTE.match(value) is not None
        and value != NULL
        and not _hidden(value)
    )


def _hidden(value: str) -> bool:
    if value.isascii():
        return _VISIBLE.fullmatch(value) is None
    for c in value:
        code = ord(c)
        if c in _INVISIBLE or 0xFE00 <= code <= 0xFE0F or 0xE0000 <= code <= 0xE0FFF or (code & 0xFFFE) == 0xFFFE:
            return True
        if 0xFDD0 <= code <= 0xFDEF or unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp", "Zs", "Cs", "Co", "Cn"}:
            return True
    return False


@lru_cache(maxsize=16_384)
def _was_uri(value: str) -> bool:
    return is_uri(value)


def is_known_uri(value: str) -> bool:
    """The same as ``is_uri``, where the same texts come again and again; long ones are not worth keeping."""
    return _was_uri(value) if len(value) < 200 else is_uri(value)


def need_uri(value: Any, *, what: str) -> str:
    """``value`` itself when it is a URI; otherwise BadRequestData that names ``what``."""
    if type(value) is not str or not is_known_uri(value):
        raise BadRequestData(
            f"{what} must be an absolute URI of at most {LONGEST} characters, not {str(value)[:120]!r}."
        )
    return str(value)


def need_name(value: Any, *, what: str) -> str:
    """``value`` itself when it is a name, a prefixed name or an IRI (4.6.2)."""
    if isinstance(value, str) and len(value) <= LONGEST and (_NAME.match(value) or (":" in value and is_uri(value))):
        return value
    raise BadRequestData(f"{what} {str(value)[:120]!r} is no name: a letter, then letters, digits or '_', or an IRI.")


def need_time(value: Any, *, what: str) -> str:
    """``value`` itself when it is a UTC DateTime with Z (4.6.3)."""
    if isinstance(value, str) and _TIME.match(value) and parse_time(value) is not None:
        return value
    raise BadRequestData(f"{what} must be a UTC DateTime such as 2026-01-31T08:00:00Z, not {str(value)[:80]!r}.")


def parse_time(value: str) -> datetime | None:
    """The instant of an ISO 8601 UTC text, or None when it is none."""
    try:
        parsed = datetime.fromisoformat(value.replace(",", "."))
    except ValueError:
        return None
    return parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=UTC)


def iso(at: datetime) -> str:
    """UTC text with milliseconds and Z, whose order as text is its order in time."""
    return (at if at.tzinfo is UTC else at.astimezone(UTC)).isoformat(timespec="milliseconds")[:-6] + "Z"


def canonical_time(value: str) -> str:
    """The same instant with six decimals: two of them compare as text."""
    parsed = parse_time(value)
    if parsed is None:
        return value
    return parsed.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@lru_cache(maxsize=8_192)
def micros(value: str) -> int:
    """Microseconds since 1970 of an ISO text."""
    # one act stamps everything with one time, and the readings of a batch share a handful
    parsed = parse_time(value)
    if parsed is None:
        raise BadRequestData(f"{value!r} is no DateTime.")
    delta = parsed - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86400 + delta.seconds) * 1_000_000 + delta.microseconds
