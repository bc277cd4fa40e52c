"""Reading entities and attributes from any input form into the stored form.

The stored form (``Entity``, ``Instance``) is plain JSON with expanded names::

    {"id", "type": [iri], "scope": [..], "createdAt", "modifiedAt", "attrs": {iri: [instance, …]}}
    instance = {"type": "Property", "value": …, "datasetId"?, "observedAt"?, …, "subs": {iri: [instance, …]}}

Normalised, concise and simplified input (clauses 4.5.1, 4.5.4, 4.5.19) may be mixed: each attribute shows its form.
"""

from __future__ import annotations

from typing import Any

import msgspec

from dajing.domains.context.ngsi.context import KEPT, MOST_KEPT, Context
from dajing.domains.context.ngsi.errors import BadRequestData
from dajing.domains.context.ngsi.geometry import need_geometry
from dajing.domains.context.ngsi.quick import plain_instance
from dajing.domains.context.ngsi.scope import need_scopes
from dajing.domains.context.ngsi.terms import (
    DEFAULT,
    ENTITY_MEMBERS,
    GEOMETRIES,
    KIND_OF,
    MEMBERS,
    NOT_ATTRIBUTES,
    NULL,
    PREVIOUS,
    SEALED,
    SPATIAL,
    VALUE_OF,
    need_name,
    need_time,
    need_uri,
)

type Json = dict[str, Any]
MAX_DEPTH = 16
MOST_ATTRIBUTES = 5_000


class Reader:
    """Reads one request body under one @context.

    ``patch`` admits NGSI-LD Null and fragments without a value; ``deep`` admits it inside values too (merge).
    """

    def __init__(self, *, context: Context, patch: bool = False, deep: bool = False) -> None:
        self.context = context
        self._plain_names = context.plain_names
        self.patch = patch or deep
        self.deep = deep

    def entity(self, body: Any) -> Json:
        """A whole entity: id and type are required."""
        if not isinstance(body, dict) or not body:
            raise BadRequestData("An entity is a JSON object with id and type.")
        identifier = need_uri(body.get("id", body.get("@id")), what="The id of an entity")
        fragment = self.fragment(body)
        if not fragment.get("type"):
            raise BadRequestData(f"The entity {identifier} has no type.")
        return {"id": identifier, **fragment}

    def fragment(self, body: Any) -> Json:
        """Type, scope and attributes of a body; whatever is not given is absent."""
        if not isinstance(body, dict):
            raise BadRequestData("The body must be a JSON object.")
        found: Json = {}
        given = body.get("type", body.get("@type"))
        if given is not None:
            found["type"] = self.types(given)
        if "scope" in body:
            found["scope"] = self.scope(body["scope"])
        if "expiresAt" in body:
            gone = self.patch and body["expiresAt"] == NULL
            found["expiresAt"] = NULL if gone else need_time(body["expiresAt"], what="expiresAt")
        if len(body) > MOST_ATTRIBUTES:
            raise BadRequestData(f"An entity has at most {MOST_ATTRIBUTES} attributes.")
        attrs: dict[str, list[Json]] = {}
        for name, value in body.items():
            if name not in ENTITY_MEMBERS:
                iri, instances = self.attribute(name, value)
                if iri in attrs:
                    raise BadRequestData(f"The attribute {name} is given twice, under two names.")
                attrs[iri] = instances
        return {**found, "attrs": attrs}

    def scope(self, given: Any) -> Any:
        """The scopes of an entity; NGSI-LD Null where a patch removes them."""
        return NULL if self.patch and given in (NULL, [NULL]) else need_scopes(given)

    def types(self, given: Any) -> list[str]:
        """Expanded entity types, in order, each once."""
        names = given if isinstance(given, list) else [given]
        if not names:
            raise BadRequestData("An entity has at least one type.")
        found = list(dict.fromkeys(self.context.expand(need_name(n, what="The entity type")) for n in names))
        if any(iri.startswith("@") for iri in found):
            raise BadRequestData("A keyword of JSON-LD cannot be the type of an entity.")
        if isinstance(given, str) and len(self.context.plain_types) < 20_000:
            self.context.plain_types[given] = found[0]
        return found

    def attribute(self, name: str, value: Any, depth: int = 0) -> tuple[str, list[Json]]:
        """The IRI and all instances of one attribute; one default instance at most (4.5.5)."""
        iri = self._plain_names.get(name)
        quick = plain_instance(value) if iri is not None else None
        if iri is not None and quick is not None and (iri not in SPATIAL or quick["type"] == "GeoProperty"):
            return iri, [quick]
        need_name(name, what="The attribute name")
        if name in NOT_ATTRIBUTES and depth == 0:
            raise BadRequestData(f"{name} is a term of the core and cannot be the name of an attribute.")
        many = isinstance(value, list) and len(value) > 0 and all(_reified(v) for v in value)
        iri = self.context.expand(name)
        if iri.startswith("@"):
            raise BadRequestData(f"{name} stands for {iri} in the @context and cannot be the name of an attribute.")
        if (
            name not in NOT_ATTRIBUTES
            and name != "ngsildproof"
            and len(self._plain_names) < MOST_KEPT
            and len(name) <= KEPT
        ):
            self._plain_names[name] = iri
        instances = [self.instance(v, name, depth) for v in (value if many else [value])]
        if iri in SPATIAL and any(i.get("type", "GeoProperty") != "GeoProperty" and not _orders(i) for i in instances):
            raise BadRequestData(f"{name} is a GeoProperty.")
        datasets = [i.get("datasetId") for i in instances]
        if len(set(datasets)) != len(datasets):
            raise BadRequestData(f"The attribute {name} gives one datasetId (or the default) twice.")
        return iri, instances

    def instance(self, value: Any, name: str = "", depth: int = 0) -> Json:
        """One attribute instance from its normalised, concise or simplified form."""
        if depth > MAX_DEPTH:
            raise BadRequestData(f"Attributes are nested deeper than {MAX_DEPTH} levels.")
        if value is None:
            raise BadRequestData(f"The attribute {name} is null; NGSI-LD writes {NULL!r} where deletion is meant.")
        body = _spread(value, self.patch)
        kind = body.get("type", body.get("@type"))
        if kind is not None and _text(kind) not in VALUE_OF:
            raise BadRequestData(f"{str(kind)[:80]!r} is no kind of attribute ({', '.join(VALUE_OF)}).")
        member = VALUE_OF[kind] if kind else next((m for m in KIND_OF if m in body), None)
        found: Json = {}
        if kind or member:
            found["type"] = kind or ("GeoProperty" if _geometry(body.get("value")) else KIND_OF[member or "value"])
        _exclusive(body, found.get("type"), member, name)
        if member is not None and member in body:
            found[member] = self._value(found["type"], member, body[member], name)
        elif not self.patch:
            raise BadRequestData(f"The attribute {name} ({kind or 'without a type'}) has no {member or 'value'}.")
        self._metadata(body, found, name)
        subs = self._subs(body, name, depth)
        if subs:
            found["subs"] = subs
        return found

    def _subs(self, body: Json, name: str, depth: int) -> dict[str, list[Json]]:
        subs: dict[str, list[Json]] = {}
        for key, value in body.items():
            if key == "@context":
                raise BadRequestData(f"The attribute {name} holds an @context of its own.")
            if key not in MEMBERS:
                iri, instances = self.attribute(key, value, depth + 1)
                subs[iri] = instances
        return subs

    def _metadata(self, body: Json, found: Json, name: str) -> None:
        if "observedAt" in body:
            deleted = self.patch and body["observedAt"] == NULL
            found["observedAt"] = NULL if deleted else need_time(body["observedAt"], what=f"{name}.observedAt")
        if "unitCode" in body:
            if not isinstance(body["unitCode"], str):
                raise BadRequestData(f"{name}.unitCode must be a text.")
            found["unitCode"] = body["unitCode"]
        for key in SEALED:
            if key in body:
                found[key] = self._sealed(key, body[key], name)
        if body.get("datasetId") not in (None, DEFAULT):
            found["datasetId"] = need_uri(body["datasetId"], what=f"{name}.datasetId")
        if "expiresAt" in body:
            found["expiresAt"] = need_time(body["expiresAt"], what=f"{name}.expiresAt")
        for key in ("objectType", "valueType"):
            if key in body:
                names = body[key] if isinstance(body[key], list) else [body[key]]
                iris = [self.context.expand(need_name(n, what=key)) for n in names]
                found[key] = iris if isinstance(body[key], list) else iris[0]

    def _sealed(self, key: str, value: Any, name: str) -> str:
        if name != "ngsildproof" or not isinstance(value, str):
            raise BadRequestData(f"{key} is a text and belongs to ngsildproof alone.")
        return self.context.expand(value) if key == "entityTypeSealed" else value

    def _value(self, kind: str, member: str, value: Any, name: str) -> Any:
        if value is None:
            raise BadRequestData(f"{name}.{member} is null; NGSI-LD has no null value.")
        if _is_null(value):
            if self.patch:
                return NULL
            raise BadRequestData(f"{name}.{member} is NGSI-LD Null, which can only be sent in a patch.")
        if kind == "GeoProperty":  # numbers alone
            return self._geoproperty(value, name)
        if not self.deep and kind != "JsonProperty" and _holds_null(value):
            raise BadRequestData(f"{name}.{member} holds NGSI-LD Null, which only a merge patch may.")
        if name == "ngsildproof" and not isinstance(value, dict):
            raise BadRequestData("The value of ngsildproof is the object of a proof.")
        check = getattr(self, f"_{kind.lower()}", None)
        return check(value, name) if check else value

    def _geoproperty(self, value: Any, name: str) -> Any:
        if isinstance(value, str):
            try:
                value = msgspec.json.decode(value)
            except msgspec.DecodeError:
                raise BadRequestData(f"{name} is a text that holds no GeoJSON.") from None
        return need_geometry(value, what=name)

    def _relationship(self, value: Any, name: str) -> Any:
        if isinstance(value, list):
            if not value:
                raise BadRequestData(f"{name}.object is an empty list.")
            return [need_uri(v, what=f"{name}.object") for v in value]
        return need_uri(value, what=f"{name}.object")

    def _languageproperty(self, value: Any, name: str) -> Any:
        if not isinstance(value, dict):
            raise BadRequestData(f"{name}.languageMap must be an object of language tags.")
        for tag, text in value.items():
            texts = text if isinstance(text, list) else [text]
            if not _language_tag(tag) or not all(isinstance(t, str) for t in texts):
                raise BadRequestData(f"{name}.languageMap has the wrong entry {str(tag)[:40]!r}.")
        return value

    def _vocabproperty(self, value: Any, name: str) -> Any:
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(v, str) for v in values):
            raise BadRequestData(f"{name}.vocab must be a text or a list of texts.")
        iris = [self.context.expand(v) for v in values]
        return iris if isinstance(value, list) else iris[0]

    def _jsonproperty(self, value: Any, name: str) -> Any:
        if not isinstance(value, dict | list):
            raise BadRequestData(f"{name}.json must be an object or an array.")
        return value

    def _listproperty(self, value: Any, name: str) -> Any:
        if not isinstance(value, list):
            raise BadRequestData(f"{name}.valueList must be an array.")
        return value

    def _listrelationship(self, value: Any, name: str) -> Any:
        if not isinstance(value, list):
            raise BadRequestData(f"{name}.objectList must be an array.")
        objects = [v.get("object") if isinstance(v, dict) else v for v in value]
        return [{"object": need_uri(o, what=f"{name}.objectList")} for o in objects]


_UNITLESS = frozenset({"Relationship", "ListRelationship", "JsonProperty", "VocabProperty", "LanguageProperty"})


def _orders(instance: Json) -> bool:
    """Whether an instance only orders a deletion."""
    return any(v == NULL for v in instance.values())


def _exclusive(body: Json, kind: str | None, member: str | None, name: str) -> None:
    """Refuse members that belong to another kind of attribute, or to answers alone (4.5.2, 4.5.3, 4.5.21–4.5.24)."""
    others = [m for m in KIND_OF if m in body and m != member] + [m for m in PREVIOUS.values() if m in body]
    if others:
        raise BadRequestData(f"The attribute {name} ({kind}) cannot have the member {others[0]}.")
    if kind in _UNITLESS and "unitCode" in body:
        raise BadRequestData(f"The attribute {name} ({kind}) has no unit.")
    if kind == "LanguageProperty" and body.get("valueType", "langString") != "langString":
        raise BadRequestData(f"The valueType of {name} (LanguageProperty) is langString.")


def _holds_null(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_null(v) for v in value.values())
    return any(_holds_null(v) for v in value) if isinstance(value, list) else value == NULL


def _language_tag(tag: Any) -> bool:
    return isinstance(tag, str) and (tag == DEFAULT or all(p.isascii() and p.isalnum() for p in tag.split("-")))


def _is_null(value: Any) -> bool:
    return value in (NULL, [NULL]) or value == {"@none": NULL}


def _geometry(value: Any) -> bool:
    return isinstance(value, dict) and _text(value.get("type")) in GEOMETRIES and "coordinates" in value


def _text(value: Any) -> str:
    """The value where it is a text: what a client sends as a type may be anything."""
    return value if isinstance(value, str) else ""


def _reified(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    return _text(value.get("type", value.get("@type"))) in VALUE_OF or any(m in value for m in KIND_OF)


def _spread(value: Any, patch: bool) -> Json:
    """The normalised skeleton of a value in any form."""
    if not isinstance(value, dict):
        return {"value": value}
    if _geometry(value):
        return {"type": "GeoProperty", "value": value}
    if "type" in value or "@type" in value:
        kind = value.get("type", value.get("@type"))
        return value if _text(kind) in VALUE_OF or not _plain(value) else {"value": value}
    if any(m in value for m in KIND_OF) or (patch and any(m in MEMBERS for m in value)):
        return value
    return value if patch else {"value": value}


def _plain(value: Json) -> bool:
    """Whether an object with an unknown ``type`` is a typed JSON value rather than a mistyped attribute."""
    return "@value" in value
