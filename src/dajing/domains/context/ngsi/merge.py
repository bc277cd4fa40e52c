"""The write operations of clause 5.6 on the stored form: each returns a new entity and says what it did.

``at`` is the UTC text of the act. Nothing here is modified in place: what is shared stays as it was.
"""

from __future__ import annotations

from typing import Any

from dajing.domains.context.ngsi.errors import BadRequestData, ResourceNotFound
from dajing.domains.context.ngsi.scope import SCOPE, scope_instance, scope_removed
from dajing.domains.context.ngsi.terms import NULL, VALUE_OF, canonical_time

type Json = dict[str, Any]


def stamp(instance: Json, *, at: str, created: str | None = None) -> Json:
    """An instance, and everything below it, with its system times."""
    found = {**instance, "createdAt": created or at, "modifiedAt": at}
    if subs := instance.get("subs"):
        found["subs"] = {k: [stamp(i, at=at) for i in v] for k, v in subs.items()}
    return found


def created(entity: Json, *, at: str) -> Json:
    """A new entity with its times."""
    attrs = {k: [stamp(i, at=at) for i in v] for k, v in entity["attrs"].items()}
    return {**entity, "createdAt": at, "modifiedAt": at, "attrs": attrs}


def replaced(old: Json, new: Json, *, at: str) -> Json:
    """Replace Entity (5.6.18): the new content; the entity keeps its creation time."""
    if "type" in new and not set(old["type"]) <= set(new["type"]):
        raise BadRequestData("A replacement keeps every type of the entity.")
    return {**created({"type": old["type"], **new, "id": old["id"]}, at=at), "createdAt": old["createdAt"]}


def appended(old: Json, fragment: Json, *, overwrite: bool, at: str) -> tuple[Json, list[str], list[str]]:
    """Append Attributes (5.6.3): the entity, what was updated, what was not since it exists already."""
    attrs = dict(old["attrs"])
    done: list[str] = []
    kept: list[str] = []
    for iri, instances in fragment["attrs"].items():
        wanted = instances
        if not overwrite:
            present = {i.get("datasetId") for i in attrs.get(iri, [])}
            wanted = [i for i in instances if i.get("datasetId") not in present]
        if not wanted:
            kept.append(iri)
            continue
        attrs[iri] = _put(attrs.get(iri, []), wanted, at)
        done.append(iri)
    new = {**old, "attrs": attrs, "modifiedAt": at}
    if "type" in fragment:
        new["type"] = list(dict.fromkeys([*old["type"], *fragment["type"]]))
        done += ["type"] if new["type"] != old["type"] else []
    if "scope" in fragment:
        before = [] if overwrite else old.get("scope", [])
        new["scope"] = list(dict.fromkeys([*before, *fragment["scope"]]))
        done.append("scope")
    return _expiry(new, fragment), done, kept


def updated(old: Json, fragment: Json, *, at: str) -> tuple[Json, list[str], list[str]]:
    """Update Attributes (5.6.2): instances are replaced or added; NGSI-LD Null deletes one that is there."""
    attrs = dict(old["attrs"])
    done: list[str] = []
    missing: list[str] = []
    for iri, instances in fragment["attrs"].items():
        present = attrs.get(iri, [])
        known = {i.get("datasetId") for i in present}
        if any(is_null(i) and i.get("datasetId") not in known for i in instances):
            missing.append(iri)
            continue
        rest = _put(present, instances, at)
        attrs[iri] = rest
        if not rest:
            del attrs[iri]
        done.append(iri)
    new = {**old, "attrs": attrs, "modifiedAt": at}
    if "type" in fragment:
        new["type"] = list(dict.fromkeys([*old["type"], *fragment["type"]]))
    if "scope" in fragment:
        if "scope" in old:
            new = _scoped(new, fragment["scope"])
            done.append("scope")
        else:
            missing.append("scope")
    return _expiry(new, fragment), done, missing


def _expiry(new: Json, fragment: Json) -> Json:
    if "expiresAt" not in fragment:
        return new
    kept = {name: value for name, value in new.items() if name != "expiresAt"}
    return kept if fragment["expiresAt"] == NULL else {**kept, "expiresAt": fragment["expiresAt"]}


def _scoped(entity: Json, scope: Any) -> Json:
    if scope == NULL:
        return {k: v for k, v in entity.items() if k != "scope"}
    return {**entity, "scope": scope}


def _put(present: list[Json], wanted: list[Json], at: str) -> list[Json]:
    """``present`` with each wanted instance replaced, added, or (by NGSI-LD Null) removed."""
    by_dataset = {i.get("datasetId"): i for i in present}
    for instance in wanted:
        key = instance.get("datasetId")
        before = by_dataset.get(key)
        if is_null(instance):
            by_dataset.pop(key, None)
            continue
        if "type" not in instance or VALUE_OF[instance["type"]] not in instance:
            raise BadRequestData("The attribute has no value.")
        if before is not None and before["type"] != instance["type"]:
            by_dataset[key] = stamp(without_nulls(instance), at=at)
        else:
            by_dataset[key] = stamp(without_nulls(instance), at=at, created=before["createdAt"] if before else None)
    return list(by_dataset.values())


def is_null(instance: Json) -> bool:
    """Whether an instance is the order to delete: its value is NGSI-LD Null."""
    member = VALUE_OF.get(instance.get("type", ""))
    return member is not None and instance.get(member) == NULL


def without_nulls(instance: Json) -> Json:
    """The instance without members that only order a deletion."""
    found = {k: v for k, v in instance.items() if v != NULL}
    if subs := instance.get("subs"):
        kept = {k: [without_nulls(i) for i in v if not is_null(i)] for k, v in subs.items()}
        found["subs"] = {k: v for k, v in kept.items() if v}
    return found


def partially(old: Json, iri: str, fragment: Json, *, at: str) -> Json:
    """Partial Attribute Update (5.6.4): the members given are replaced, the others stay."""
    instances = old["attrs"].get(iri)
    key = fragment.get("datasetId")
    target = next((i for i in instances or [] if i.get("datasetId") == key), None)
    if instances is None or target is None:
        raise ResourceNotFound(f"The entity {old['id']} has no such attribute instance.")
    if is_null(_typed(fragment, target)):
        return without(old, iri, dataset=key, every=False, at=at)
    if fragment.get("type", target["type"]) != target["type"]:
        raise BadRequestData(f"The attribute is a {target['type']}; a partial update cannot change its type.")
    new = [merged_instance(i, fragment, at=at, deep=False) if i is target else i for i in instances]
    return {**old, "attrs": {**old["attrs"], iri: new}, "modifiedAt": at}


def _typed(fragment: Json, target: Json) -> Json:
    """A fragment in simplified or concise form takes the kind of what it patches."""
    if fragment.get("type") == "Property" and target["type"] != "Property" and fragment.get("value") == NULL:
        return {**fragment, "type": target["type"], VALUE_OF[target["type"]]: NULL}
    return {**fragment, "type": fragment.get("type", target["type"])}


def merged_instance(old: Json, patch: Json, *, at: str, deep: bool = True) -> Json:
    """One instance with a fragment merged in; ``deep`` merges objects member by member (RFC 7396)."""
    new = {**old, "modifiedAt": at}
    for key, value in patch.items():
        if key == "subs":
            new["subs"] = _merged_attrs(old.get("subs", {}), value, at, replace=not deep)
        elif value == NULL:
            new.pop(key, None)
        elif deep and isinstance(value, dict) and isinstance(old.get(key), dict) and old["type"] != "GeoProperty":
            new[key] = merge_patch(old[key], value)
        else:
            new[key] = value
    if new.get("subs") == {}:
        del new["subs"]
    return new


def merge_patch(old: Any, patch: Any) -> Any:
    """RFC 7396 with NGSI-LD Null in the place of null."""
    if not isinstance(patch, dict):
        return patch
    new = dict(old) if isinstance(old, dict) else {}
    for key, value in patch.items():
        if value == NULL:
            new.pop(key, None)
        else:
            new[key] = merge_patch(new.get(key), value)
    return new


def _merged_attrs(old: Json, patch: Json, at: str, *, replace: bool = False) -> Json:
    attrs = dict(old)
    for iri, instances in patch.items():
        present = {i.get("datasetId"): i for i in attrs.get(iri, [])}
        for instance in instances:
            key = instance.get("datasetId")
            before = present.get(key)
            typed = _typed(instance, before) if before else instance
            if is_null(typed):
                present.pop(key, None)
            elif before is not None and not replace and typed["type"] == before["type"]:
                present[key] = merged_instance(before, typed, at=at)
            else:
                present[key] = stamp(_complete(typed), at=at)
        attrs[iri] = list(present.values())
        if not present:
            del attrs[iri]
    return attrs


def _complete(instance: Json) -> Json:
    if "type" not in instance or VALUE_OF[instance["type"]] not in instance:
        raise BadRequestData("A new attribute needs a value.")
    return without_nulls(instance)


def merged(old: Json, fragment: Json, *, at: str) -> Json:
    """Merge Entity (5.6.17): a JSON merge patch over the whole entity."""
    new = {**old, "attrs": _merged_attrs(old["attrs"], fragment["attrs"], at), "modifiedAt": at}
    if "type" in fragment:
        new["type"] = list(dict.fromkeys([*old["type"], *fragment["type"]]))
    if "scope" in fragment:
        new = _scoped(new, fragment["scope"])
    return _expiry(new, fragment)


def attribute_replaced(old: Json, iri: str, instances: list[Json], *, at: str) -> Json:
    """Replace Attribute (5.6.19): the instances given replace those with their datasetId."""
    present = old["attrs"].get(iri)
    if present is None or any(all(p.get("datasetId") != i.get("datasetId") for p in present) for i in instances):
        raise ResourceNotFound(f"The entity {old['id']} has no such attribute instance.")
    by_dataset = {i.get("datasetId"): i for i in present}
    for instance in instances:
        before = by_dataset[instance.get("datasetId")]
        by_dataset[instance.get("datasetId")] = stamp(_complete(instance), at=at, created=before["createdAt"])
    return {**old, "attrs": {**old["attrs"], iri: list(by_dataset.values())}, "modifiedAt": at}


def expired(old: Json, *, at: str) -> Json | None:
    """The entity without what has expired by ``at`` (4.24); None when it is gone itself."""
    now = canonical_time(at)
    if "expiresAt" in old and canonical_time(old["expiresAt"]) <= now:
        return None

    def lasts(instance: Json) -> bool:
        return "expiresAt" not in instance or canonical_time(instance["expiresAt"]) > now

    attrs = {}
    for iri, instances in old["attrs"].items():
        kept = [i for i in instances if lasts(i)]
        if kept:
            attrs[iri] = instances if len(kept) == len(instances) else kept
    return {**old, "attrs": attrs}


def without(old: Json, iri: str, *, dataset: str | None, every: bool, at: str) -> Json:
    """Delete Attribute (5.6.5): the default instance, one dataset, or every instance."""
    if iri == SCOPE and "scope" in old:
        return {**{k: v for k, v in old.items() if k != "scope"}, "modifiedAt": at}
    present = old["attrs"].get(iri)
    rest = [] if every else [i for i in present or [] if i.get("datasetId") != dataset]
    if present is None or (not every and len(rest) == len(present)):
        raise ResourceNotFound(f"The entity {old['id']} has no such attribute instance.")
    attrs = {k: v for k, v in old["attrs"].items() if k != iri}
    if rest:
        attrs[iri] = rest
    return {**old, "attrs": attrs, "modifiedAt": at}


class Change:
    """What one write did to one entity; ``old`` or ``new`` is None when it was created or deleted."""

    __slots__ = ("_new", "_old", "at")

    def __init__(self, *, old: Json | None, new: Json | None, at: str) -> None:
        self._old = old
        self._new = new
        self.at = at

    @property
    def old(self) -> Json | None:
        """The entity as it was."""
        return self._old

    @property
    def new(self) -> Json | None:
        """The entity as it is."""
        return self._new

    @property
    def types(self) -> list[str]:
        """The types of the entity, as it is or was."""
        found: list[str] = (self._new or self._old or {})["type"]
        return found

    def attributes(self) -> list[tuple[str, str, Json | None, Json | None]]:
        """(trigger, IRI, old instance, new instance) of every instance that was written or deleted."""
        before: Json = self.old["attrs"] if self.old else {}
        after: Json = self.new["attrs"] if self.new else {}
        found: list[tuple[str, str, Json | None, Json | None]] = []
        for iri, instances in after.items():
            if (was := before.get(iri)) is instances:
                continue
            if was is not None and len(was) == len(instances) == 1 and _same_dataset(was[0], instances[0]):
                if was[0] is not instances[0]:
                    found.append(("attributeUpdated", iri, was[0], instances[0]))
                continue
            known = {i.get("datasetId"): i for i in was or []}
            for instance in instances:
                earlier = known.pop(instance.get("datasetId"), None)
                if earlier is None:
                    found.append(("attributeCreated", iri, None, instance))
                elif earlier is not instance:
                    found.append(("attributeUpdated", iri, earlier, instance))
            found += [("attributeDeleted", iri, gone, None) for gone in known.values()]
        for iri in before.keys() - after.keys():
            found += [("attributeDeleted", iri, gone, None) for gone in before[iri]]
        return found

    def scope(self) -> Json | None:
        """The instance of history that a change of the scopes is (4.5.6); None where they stay, or the entity goes."""
        after = self.new.get("scope") if self.new else None
        before = self.old.get("scope") if self.old else None
        if self.new is None or after == before:
            return None
        return scope_instance(scopes=after, at=self.at) if after else scope_removed(at=self.at)


def _same_dataset(one: Json, other: Json) -> bool:
    return one.get("datasetId") == other.get("datasetId")
