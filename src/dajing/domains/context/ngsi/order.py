"""``orderBy`` (clause 4.23): ``name;desc,type,price.observedAt``."""

from __future__ import annotations

from functools import cmp_to_key
from typing import Any

from dajing.domains.context.ngsi.context import Context
from dajing.domains.context.ngsi.errors import BadRequestData
from dajing.domains.context.ngsi.geoquery import distance
from dajing.domains.context.ngsi.terms import SYSTEM, VALUE_OF

type Json = dict[str, Any]
type Key = tuple[tuple[str, ...], str]

DIRECTIONS = ("asc", "desc", "dist-asc", "dist-desc")


def parse(*, text: str, context: Context) -> list[Key]:
    """The sort keys, first the most important."""
    keys: list[Key] = []
    for part in text.split(","):
        path, _, direction = part.strip().partition(";")
        if not path or (direction or "asc") not in DIRECTIONS:
            raise BadRequestData(f"{part[:80]!r} is no sort key such as name;desc.")
        names = path.split(".")
        if not all(names):
            raise BadRequestData(f"{path[:80]!r} is no path of attributes.")
        plain = (*SYSTEM, "id", "type", "scope", "observedAt", "unitCode")
        keys.append((tuple(n if n in plain else context.expand(n) for n in names), direction or "asc"))
    return keys


def ordered(*, entities: list[Json], keys: list[Key], reference: Json | None = None) -> list[Json]:
    """The entities in order; those without the value come last."""

    def compare(a: Json, b: Json) -> int:
        for path, direction in keys:
            left, right = _value(a, path, direction, reference), _value(b, path, direction, reference)
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
        return distance(found, reference) if located and reference is not None else None
    if isinstance(found, bool):
        return (0, int(found))
    if isinstance(found, int | float):
        return (1, found)
    return (2, found) if isinstance(found, str) else None


def _reach(entity: Json, path: tuple[str, ...]) -> Any:
    if path[0] in ("id", "type", "scope", *SYSTEM):
        found = entity.get(path[0])
        return (sorted(found)[0] if found else None) if isinstance(found, list) else found
    instances = entity["attrs"].get(path[0])
    for name in path[1:]:
        if not instances:
            return None
        if name in (*SYSTEM, "observedAt", "unitCode"):
            return instances[0].get(name)
        instances = instances[0].get("subs", {}).get(name)
    return instances[0].get(VALUE_OF[instances[0]["type"]]) if instances else None
