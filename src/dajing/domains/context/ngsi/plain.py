"""Entities as sensors send them, as typed records that are read, stored and compared without the general machinery.

Plain is an entity whose attributes are one instance each: a number, text or truth value, a relationship to one entity,
or a point, with no more than a unit and a time. Whatever is not plain takes the general way (``model``, ``merge``); a
test compares the two over generated input. Records are never changed once they are stored, so that versions share them.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from dajing.domains.context.ngsi.context import Context
from dajing.domains.context.ngsi.errors import BadRequestData
from dajing.domains.context.ngsi.merge import Change
from dajing.domains.context.ngsi.quick import checked_time
from dajing.domains.context.ngsi.terms import NULL, SPATIAL, is_known_uri

type Json = dict[str, Any]
type Given = str | UnsetType
type Number = int | float


class _Record(
    msgspec.Struct, tag_field="type", forbid_unknown_fields=True, omit_defaults=True, rename="camel", gc=False
):
    """What all kinds have; members stand in the order of the general way."""


class Property(_Record, tag="Property"):
    """One number, text or truth value."""

    value: int | float | str | bool
    observed_at: Given = UNSET
    unit_code: Given = UNSET
    created_at: Given = UNSET
    modified_at: Given = UNSET


class Relationship(_Record, tag="Relationship"):
    """A link to one entity; all kinds call what they say ``value``."""

    value: str = msgspec.field(name="object")
    observed_at: Given = UNSET
    created_at: Given = UNSET
    modified_at: Given = UNSET


class Point(msgspec.Struct, tag_field="type", tag="Point", forbid_unknown_fields=True, gc=False):
    """Longitude and latitude."""

    coordinates: Annotated[list[Number], Meta(min_length=2, max_length=2)]


class Place(_Record, tag="GeoProperty"):
    """One position."""

    value: Point
    created_at: Given = UNSET
    modified_at: Given = UNSET

    observed_at = UNSET


type Instance = Property | Relationship | Place
type Attributes = dict[str, Annotated[list[Instance], Meta(min_length=1, max_length=1)]]
_KINDS: dict[str, type[Property | Relationship | Place]] = {
    "Property": Property, "Relationship": Relationship, "GeoProperty": Place,
}  # fmt: skip


class Entity(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """A plain entity in stored form."""

    id: str
    type: list[str]
    attrs: Attributes
    created_at: str
    modified_at: str


class Fragment(msgspec.Struct):
    """What a request says of one entity, with expanded names; ``type`` is empty where it is not given."""

    id: str
    type: list[str]
    attrs: dict[str, Instance]


_BATCH = msgspec.json.Decoder(list[dict[str, str | Property | Relationship | Place]])
_ONE = msgspec.json.Decoder(dict[str, str | Property | Relationship | Place])
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_STORED = msgspec.json.Decoder(Entity)
encode = msgspec.json.Encoder().encode


def batch(*, body: bytes, context: Context) -> list[Fragment | bytes]:
    """Each entity of a batch: as a fragment where it is plain, else as the bytes that it came in.

    Raises ``msgspec.DecodeError`` where the body is no JSON array.
    """
    try:
        items = _BATCH.decode(body)
    except msgspec.ValidationError:
        return [_item(raw, context) for raw in _ITEMS.decode(body)]
    return [_fragment(item, context) or encode(item) for item in items]


def _item(raw: msgspec.Raw, context: Context) -> Fragment | bytes:
    try:
        return _fragment(_ONE.decode(raw), context) or bytes(raw)
    except msgspec.ValidationError:
        return bytes(raw)


def _fragment(item: dict[str, Any], context: Context) -> Fragment | None:
    """The fragment of one entity, or None where something in it is not plain."""
    identifier, kind = item.get("id"), item.get("type")
    if type(identifier) is not str or type(kind) is not str or not is_known_uri(identifier):
        return None
    iri = context.plain_types.get(kind)
    if iri is None:
        return None
    known, attrs = context.plain_names, {}  # names that were checked before
    for name, instance in item.items():
        attribute = known.get(name)
        if attribute is not None and type(instance) is not str:
            if attribute in attrs or not _usable(attribute, instance):
                return None
            attrs[attribute] = instance
        elif name not in ("id", "type"):
            return None
    return Fragment(identifier, [iri], attrs)


def _usable(attribute: str, instance: Instance) -> bool:
    """Whether what a client wrote may be stored as it is; what else may be done with it, the general way tells."""
    if instance.created_at is not UNSET or instance.modified_at is not UNSET:
        return False
    if isinstance(instance, Place):
        east, north = instance.value.coordinates
        return -180 <= east <= 180 and -90 <= north <= 90
    if attribute in SPATIAL or (instance.observed_at is not UNSET and not _is_time(instance.observed_at)):
        return False
    if isinstance(instance, Property):
        return instance.value != NULL and instance.unit_code != NULL
    return is_known_uri(instance.value)


def patch(*, fragment: Json) -> Fragment | None:
    """A patch that the general way has read, where it only sets plain attributes."""
    if fragment.keys() != {"attrs"}:
        return None
    attrs: dict[str, Instance] = {}
    for iri, instances in fragment["attrs"].items():
        found = _record(instances[0]) if len(instances) == 1 else None
        if found is None or not _usable(iri, found):
            return None
        attrs[iri] = found
    return Fragment("", [], attrs)


def _record(instance: Json) -> Instance | None:
    """A record of an instance in stored form."""
    kind = instance.get("type", "")
    if kind == "Property" and instance.keys() <= _MEMBERS and type(instance.get("value")) in _SCALARS:
        return Property(instance["value"], instance.get("observedAt", UNSET), instance.get("unitCode", UNSET))
    if kind not in _KINDS:
        return None
    try:
        return msgspec.convert(instance, _KINDS[kind])
    except msgspec.ValidationError:
        return None


_MEMBERS = frozenset({"type", "value", "observedAt", "unitCode"})
_SCALARS = frozenset({int, float, str, bool})


def opened(*, fragment: Fragment) -> Json:
    """A fragment in the form of the general way, as it was before it was stamped."""
    attrs = {iri: [general(instance)] for iri, instance in fragment.attrs.items()}
    for (instance,) in attrs.values():
        instance.pop("createdAt", None)
        instance.pop("modifiedAt", None)
    return {"id": fragment.id, "type": fragment.type, "attrs": attrs}


def stored(doc: bytes) -> Entity | None:
    """A stored entity, where it is plain."""
    try:
        return _STORED.decode(doc)
    except msgspec.ValidationError:
        return None


def general(record: Any) -> Json:
    """A record in the form of the general way."""
    found: Json = msgspec.to_builtins(record)
    return found


def created(*, fragment: Fragment, at: str) -> PlainChange:
    """A new entity with its times (as ``merge.created``)."""
    return _whole(None, Entity(fragment.id, fragment.type, _stamped(fragment, at), at, at), at)


def replaced(*, old: Entity, fragment: Fragment, at: str) -> PlainChange:
    """The new content; the entity keeps its creation time (as ``merge.replaced``)."""
    return _whole(old, Entity(old.id, fragment.type or old.type, _stamped(fragment, at), old.created_at, at), at)


def _stamped(fragment: Fragment, at: str) -> Attributes:
    for instance in fragment.attrs.values():
        instance.created_at = instance.modified_at = at
    return {iri: [instance] for iri, instance in fragment.attrs.items()}


def _whole(before: Entity | None, after: Entity, at: str) -> PlainChange:
    """The change where every attribute is written."""
    change = PlainChange(before=before, after=after, at=at)
    known = before.attrs if before is not None else {}
    for iri, (now,) in after.attrs.items():
        was = known[iri][0] if iri in known else None
        if was is None or _differ(was, now):
            change.differing.append((iri, was, now))
        if now.observed_at is not UNSET:
            change.observed.append((iri, now))
    return change


def put(*, old: Entity, fragment: Fragment, at: str) -> PlainChange:
    """Every attribute given replaced or added (as ``merge.appended`` and ``merge.updated``)."""
    attrs = old.attrs.copy()
    change = PlainChange(before=old, after=Entity(old.id, old.type, attrs, old.created_at, at), at=at)
    differing, observed = change.differing, change.observed
    for iri, now in fragment.attrs.items():
        found = attrs.get(iri)
        if found is None:
            now.created_at = at
            differing.append((iri, None, now))
        else:
            was = found[0]
            now.created_at = was.created_at if type(was) is type(now) else at
            if _differ(was, now):
                differing.append((iri, was, now))
        now.modified_at = at
        attrs[iri] = [now]
        if now.observed_at is not UNSET:
            observed.append((iri, now))
    return change


def _differ(was: Instance, now: Instance) -> bool:
    """Whether an index row may be another: 1, 1.0 and true are equal for Python alone."""
    before, after = was.value, now.value
    return before != after or type(before) is not type(after) or type(was) is not type(now)


class PlainChange(Change):
    """What one write did to a plain entity; the general form of it is made where somebody asks for it.

    ``differing`` are attributes whose value is another (with the records before and after; a new one has none before),
    ``observed`` those that were written with a time.
    """

    __slots__ = ("_made", "after", "before", "differing", "observed")

    def __init__(self, *, before: Entity | None, after: Entity, at: str) -> None:
        super().__init__(old=None, new=None, at=at)
        self.before, self.after = before, after
        self.differing: list[tuple[str, Instance | None, Instance]] = []
        self.observed: list[tuple[str, Instance]] = []
        self._made: dict[int, Json] = {}

    @property
    def gone(self) -> list[tuple[str, Instance]]:
        """Attributes that the entity no longer has."""
        if self.before is None or self.before.attrs.keys() <= self.after.attrs.keys():
            return []
        return [(iri, record) for iri, (record,) in self.before.attrs.items() if iri not in self.after.attrs]

    def _general(self, record: Instance) -> Json:
        """A record in general form; always the same object, since it is looked for by identity."""
        found = self._made.get(id(record))
        if found is None:
            found = self._made[id(record)] = general(record)
        return found

    def _entity(self, record: Entity) -> Json:
        attrs = {iri: [self._general(instance)] for iri, (instance,) in record.attrs.items()}
        return {
            "id": record.id, "type": record.type, "attrs": attrs, "createdAt": record.created_at,
            "modifiedAt": record.modified_at,
        }  # fmt: skip

    @property
    def old(self) -> Json | None:
        """The entity as it was, in general form."""
        if self._old is None and self.before is not None:
            self._old = self._entity(self.before)
        return self._old

    @property
    def new(self) -> Json | None:
        """The entity as it is."""
        if self._new is None:
            self._new = self._entity(self.after)
        return self._new

    @property
    def types(self) -> list[str]:
        """As ``Change.types``."""
        return self.after.type

    def attributes(self) -> list[tuple[str, str, Json | None, Json | None]]:
        """As ``Change.attributes``."""
        before = self.before.attrs if self.before is not None else {}
        found: list[tuple[str, str, Json | None, Json | None]] = []
        for iri, (now,) in self.after.attrs.items():
            was = before.get(iri)
            if was is None:
                found.append(("attributeCreated", iri, None, self._general(now)))
            elif was[0] is not now:
                found.append(("attributeUpdated", iri, self._general(was[0]), self._general(now)))
        return found + [("attributeDeleted", iri, self._general(was), None) for iri, was in self.gone]

    def scope(self) -> Json | None:
        """A plain entity has no scope."""
        return None


def _is_time(at: Any) -> bool:
    try:
        return bool(checked_time(at))
    except BadRequestData:
        return False
