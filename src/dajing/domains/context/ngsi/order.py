"""``orderBy`` (clause 4.23): ``name;desc,type,price.observedAt``."""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cmp_to_key
from typing import Any

from dajing.domains.context.ngsi.context import Context
from dajing.domains.context.ngsi.errors import BadRequestData
from dajing.domains.context.ngsi.geometry import need_geometry
from dajing.domains.context.ngsi.geoquery import distance
from dajing.domains.context.ngsi.terms import SYSTEM, VALUE_OF

type Json = dict[str, Any]
type Key = tuple[tuple[str, ...], str]

_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*\Z")

_TEXT = 1
_TIMES = {"Time": 5, "Date": 6, "DateTime": 7}
DIRECTIONS = ("asc", "desc", "dist-asc", "dist-desc")


def parse(*, text: str, context: Context) -> list[Key]:
    """The sort keys, first the most important."""
    keys: list[Key] = []
    for part in text.split(","):
        path, _, direction = part.strip().partition(";")
        path, _, member = path.partition("[")
        if not path or (direction or "asc") not in DIRECTIONS:
            raise BadRequestData(f"{part[:80]!r} is no sort key such as name;desc.")
        names = path.split(".")
        if not all(names):
            raise BadRequestData(f"{path[:80]!r} is no path of attributes.")
        plain = (*SYSTEM, "id", "type", "scope", "observedAt", "unitCode")
        reached = tuple(n if n in plain else context.expand(n) for n in names)
        if member:
            reached += tuple("[" + m for m in member.removesuffix("]").split("."))
        keys.append((reached, direction or "asc"))
    return keys


def need_collation(tag: Any) -> None:
    """Refuse what is no language tag (RFC 5646)."""
    if not isinstance(tag, str) or not _TAG.match(tag):
        raise BadRequestData(f"{str(tag)[:40]!r} is no collation such as und or de.")


def reference_of(*, coordinates: Any, geometry: str = "Point") -> Json | None:
    """The geometry that distances are measured from."""
    if coordinates in (None, ""):
        return None
    if isinstance(coordinates, str):
        try:
            coordinates = json.loads(coordinates)
        except (ValueError, RecursionError):
            raise BadRequestData("orderFrom is no JSON array.") from None
    return need_geometry({"type": geometry, "coordinates": coordinates}, what="orderFrom")


def collated(text: str) -> tuple[str, str, str]:
    """Base letters first, then accents, then case: the levels of the Unicode root collation, coarsely."""
    split = unicodedata.normalize("NFD", text)
    base = "".join(c for c in split if not unicodedata.combining(c)).casefold()
    return base, split.casefold(), text.swapcase()


def ordered(
    *, entities: list[Json], keys: list[Key], reference: Json | None = None, collation: str | None = None
) -> list[Json]:
    """The entities in order; those without the value come last.

    Without a collation texts stand by their code points, as test 4233_01_01 of the conformance suite asks.
    """

    def compare(a: Json, b: Json) -> int:
        for path, direction in keys:
            left, right = (_value(e, path, direction, reference) for e in (a, b))
            if collation and left and right and left[0] == right[0] == _TEXT:
                left, right = collated(left[1]), collated(right[1])
            if left == right:
                continue
            if left is None or right is None:
                return 1 if left is None else -1
            sign = 1 if left > right else -1
            return sign if direction.endswith("asc") else -sign
        return 0

    return sorted(entities, key=cmp_to_key(compare))


def _value(entity: Json, path: tuple[str, ...], direction: str, reference: Json | None) -> Any:
    found = _reach(entity, path)
    if direction.startswith("dist"):
        located = isinstance(found, dict) and "coordinates" in found and reference is not None
        return (0, distance(found, reference)) if located and reference is not None else None
    return _ranked(found)


def _ranked(value: Any) -> tuple[int, Any] | None:
    """A value after its kind: numbers, texts, objects, arrays, booleans, times, dates, dates with times (4.23.2)."""
    if isinstance(value, bool):
        return (4, value)
    if isinstance(value, int | float):
        return (0, value)
    if isinstance(value, str):
        return (_TEXT, value)
    if isinstance(value, list):
        return (3, 0)
    if not isinstance(value, dict):
        return None
    kind = _TIMES.get(str(value.get("@type")).rpartition("/")[2])
    return (kind, str(value.get("@value"))) if kind else (2, 0)


def _reach(entity: Json, path: tuple[str, ...]) -> Any:
    if path[0] in ("id", "type", "scope", *SYSTEM):
        found = entity.get(path[0])
        return (sorted(found)[0] if found else None) if isinstance(found, list) else found
    instances = entity["attrs"].get(path[0])
    for position, name in enumerate(path[1:], 1):
        if name.startswith("["):
            value = instances[0].get(VALUE_OF[instances[0]["type"]]) if instances else None
            for member in path[position:]:
                value = value.get(member[1:]) if isinstance(value, dict) else None
            return value
        if not instances:
            return None
        if name in (*SYSTEM, "observedAt", "unitCode"):
            return instances[0].get(name)
        instances = instances[0].get("subs", {}).get(name)
    return instances[0].get(VALUE_OF[instances[0]["type"]]) if instances else None
