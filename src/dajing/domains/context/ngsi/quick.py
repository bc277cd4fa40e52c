"""The plain attribute instances that sensors send, read and shown without the general machinery (records: ``plain``).

Each function gives exactly what the general one gives, or None when the instance is anything but plain; a test compares
the two over generated input.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from dajing.domains.context.ngsi.terms import NULL, is_uri, need_time

type Json = dict[str, Any]

_PROPERTY = frozenset({"type", "value", "observedAt", "unitCode"})
_RELATIONSHIP = frozenset({"type", "object", "observedAt"})
_GEO = frozenset({"type", "value"})
_POINT = frozenset({"type", "coordinates"})
_SCALARS = frozenset({int, float, str, bool})
_NUMBERS = frozenset({int, float})


@lru_cache(maxsize=4_096)
def checked_time(value: str) -> str:
    """``value`` itself where it is a DateTime."""
    # the readings of a batch share a handful of times
    return need_time(value, what="observedAt")


def plain_instance(value: Any) -> Json | None:
    """One attribute instance in stored form from a plain normalised or concise one."""
    if type(value) is not dict:
        return None
    kind = value.get("type")
    if kind == "Property" or (kind is None and "value" in value):
        return _property(value)
    if kind == "Relationship" and value.keys() <= _RELATIONSHIP:
        target = value.get("object")
        if type(target) is not str or not is_uri(target):
            return None
        return _observed({"type": kind, "object": target}, value)
    if kind == "GeoProperty" and value.keys() <= _GEO:
        point = value.get("value")
        return {"type": kind, "value": point} if _is_point(point) else None
    return None


def _property(value: Json) -> Json | None:
    content = value.get("value")
    if type(content) not in _SCALARS or content == NULL or not value.keys() <= _PROPERTY:
        return None
    found = _observed({"type": "Property", "value": content}, value)
    if found is not None and "unitCode" in value:
        if type(value["unitCode"]) is not str or value["unitCode"] == NULL:
            return None
        found["unitCode"] = value["unitCode"]
    return found


def _observed(found: Json, value: Json) -> Json | None:
    if "observedAt" in value:
        at = value["observedAt"]
        if type(at) is not str or at == NULL:
            return None
        found["observedAt"] = checked_time(at)
    return found


def _is_point(value: Any) -> bool:
    if type(value) is not dict or value.get("type") != "Point" or value.keys() != _POINT:
        return False
    place = value["coordinates"]
    if type(place) is not list or len(place) != 2:
        return False
    east, north = place
    return type(east) in _NUMBERS and type(north) in _NUMBERS and -180 <= east <= 180 and -90 <= north <= 90


_SHOWN = frozenset({"type", "value", "object", "observedAt", "unitCode", "datasetId", "createdAt", "modifiedAt"})
_WHOLE = frozenset({"Property", "Relationship", "GeoProperty"})


def shown_plain(instances: list[Json]) -> Json | None:
    """One plain instance in normalised form without its system times."""
    if len(instances) != 1:
        return None
    (instance,) = instances
    if instance["type"] not in _WHOLE or not instance.keys() <= _SHOWN:
        return None
    found = dict(instance)
    found.pop("createdAt", None)
    found.pop("modifiedAt", None)
    return found
