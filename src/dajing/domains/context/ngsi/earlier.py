"""Answers for consumers that know an earlier version of NGSI-LD alone (clause 4.3.6.8)."""

from __future__ import annotations

from typing import Any

from dajing.domains.context.ngsi.terms import ENTITY_MEMBERS, KIND_OF, MEMBERS

type Json = dict[str, Any]
type Version = tuple[int, int]

# kinds of attributes by the version that brought them; before it they are shown as a Property of the same content
_SINCE: dict[str, Version] = {
    "LanguageProperty": (1, 4),
    "VocabProperty": (1, 8),
    "JsonProperty": (1, 8),
    "ListProperty": (1, 8),
    "ListRelationship": (1, 8),
}
NEWEST_KINDS: Version = max(_SINCE.values())


def amended(*, document: Any, version: Version) -> tuple[Any, bool]:
    """Rendered entities (one, a list, GeoJSON) with newer kinds reformatted as Property, and whether any was."""
    late = {kind for kind, since in _SINCE.items() if version < since}
    members = {member: kind for member, kind in KIND_OF.items() if kind in late}
    if not late:
        return document, False
    found = _any(document, members)
    return found, found != document


def _any(document: Any, late: dict[str, str]) -> Any:
    if isinstance(document, list):
        return [_any(item, late) for item in document]
    if not isinstance(document, dict):
        return document
    if document.get("type") == "FeatureCollection":
        return {**document, "features": _any(document.get("features"), late)}
    if document.get("type") == "Feature":
        return {**document, "properties": _members(document.get("properties") or {}, late, ENTITY_MEMBERS)}
    return _members(document, late, ENTITY_MEMBERS)


def _members(body: Json, late: dict[str, str], plain: frozenset[str]) -> Json:
    return {name: value if name in plain else _attribute(value, late) for name, value in body.items()}


def _attribute(value: Any, late: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_attribute(item, late) for item in value] if all(isinstance(v, dict) for v in value) else value
    if not isinstance(value, dict):
        return value
    member = next((m for m, kind in late.items() if m in value and value.get("type", kind) == kind), None)
    if member is None:
        return _members(value, late, MEMBERS) if "type" in value else value
    if len(value) == 1:  # the simplified form
        return value[member]
    content = value[member]
    if member == "objectList":
        content = [item["object"] if isinstance(item, dict) else item for item in content]
    rest = {name: inner for name, inner in value.items() if name not in (member, "type")}
    head = {"type": "Property"} if "type" in value else {}
    return {**head, "value": content, **_members(rest, late, MEMBERS)}
