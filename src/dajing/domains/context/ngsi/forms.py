"""Answering in every representation: normalised, concise, simplified, GeoJSON (clauses 4.5.1, 4.5.4, 4.5.16)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

from dajing.domains.context.ngsi.context import Context
from dajing.domains.context.ngsi.projection import Tree
from dajing.domains.context.ngsi.quick import shown_plain
from dajing.domains.context.ngsi.terms import DEFAULT, PREVIOUS, SYSTEM, VALUE_OF

type Json = dict[str, Any]

LOCATION = "https://uri.etsi.org/ngsi-ld/location"
_PLAIN = ("datasetId", "observedAt", "unitCode", "instanceId", "entityIdSealed", *PREVIOUS.values())


@dataclass(frozen=True)
class Form:
    """How one answer is rendered."""

    context: Context
    style: str = "normalized"
    system: bool = False
    language: str | None = None
    pick: Tree | None = None
    omit: Tree | None = None
    attributes: Collection[str] | None = None
    datasets: Collection[str] | None = None
    join: str = ""
    level: int = 1
    contained: tuple[str, ...] = ()
    lookup: Callable[[str], Json | None] | None = None

    @property
    def whole(self) -> bool:
        """Whether everything is shown, normalised, without system times."""
        return (
            self.style == "normalized" and not self.system and not self.join and self.pick is None
            and self.omit is None and self.attributes is None and self.datasets is None
        )  # fmt: skip

    def inner(self, name: str) -> Form:
        """The form of the entities that the relationship ``name`` leads to."""
        pick = self.pick.names.get(name) if self.pick else None
        omit = self.omit.names.get(name) if self.omit else None
        return replace(self, pick=pick, omit=omit, attributes=None, datasets=None, level=self.level - 1)


def render(*, entity: Json, form: Form) -> Json:
    """One stored entity as an answer."""
    compact = form.context.compact
    found: Json = {}
    if _wanted("id", form):
        found["id"] = entity["id"]
    if _wanted("type", form):
        types = [compact(t) for t in entity["type"]]
        found["type"] = types if len(types) > 1 else types[0]
    if "scope" in entity and _wanted("scope", form):
        scopes = entity["scope"]
        found["scope"] = scopes if len(scopes) > 1 else scopes[0]
    for name in SYSTEM:
        picked = form.pick is not None and name in form.pick.names
        if name in entity and (form.system or picked or name == "deletedAt") and _wanted(name, form):
            found[name] = entity[name]
    if "expiresAt" in entity and form.system:
        found["expiresAt"] = entity["expiresAt"]
    whole = form.whole
    for iri, instances in entity["attrs"].items():
        if whole and (quick := shown_plain(instances)) is not None:
            found[compact(iri)] = quick
            continue
        if form.attributes is not None and iri not in form.attributes:
            continue
        if not _wanted(iri, form):
            continue
        chosen = [i for i in instances if _in_dataset(i, form)]
        if chosen:
            found[compact(iri)] = attribute(instances=chosen, form=form, iri=iri)
    return found


def _wanted(name: str, form: Form) -> bool:
    if form.pick is not None and name not in form.pick.names:
        return False
    # an omit that goes on to a linked entity leaves the relationship itself
    return form.omit is None or name not in form.omit.names or form.omit.names[name] is not None


def _in_dataset(instance: Json, form: Form) -> bool:
    return form.datasets is None or instance.get("datasetId", DEFAULT) in form.datasets


def attribute(*, instances: list[Json], form: Form, iri: str = "") -> Any:
    """All instances of one attribute; several in simplified form become ``{"dataset": {...}}`` (4.5.5)."""
    if form.style == "simplified":
        values = {i.get("datasetId", DEFAULT): _simple(i, form, iri) for i in instances}
        if set(values) == {DEFAULT}:
            return values[DEFAULT]
        return {"dataset": values}
    rendered = [_reified(i, form, iri) for i in instances]
    return rendered if len(rendered) > 1 else rendered[0]


def _simple(instance: Json, form: Form, iri: str) -> Any:
    kind, value = instance["type"], _shown(instance, form)
    if kind in ("Relationship", "ListRelationship") and form.join == "inline" and form.level > 0:
        linked = _linked(instance, form, iri)
        if linked:
            return linked if kind == "ListRelationship" or isinstance(value, list) else linked[0]
    if kind == "LanguageProperty":
        return value if isinstance(value, str) else {"languageMap": value}
    if kind == "VocabProperty":
        return {"vocab": value}
    if kind == "JsonProperty":
        return {"json": value}
    if kind == "ListRelationship":
        return [v["object"] if isinstance(v, dict) else v for v in value]
    return value


def _shown(instance: Json, form: Form) -> Any:
    value: Any = instance.get(VALUE_OF[instance["type"]])
    if instance["type"] == "VocabProperty":
        return [form.context.compact(v) for v in value] if isinstance(value, list) else form.context.compact(value)
    if instance["type"] == "LanguageProperty" and form.language and isinstance(value, dict):
        return value[language_of(value, form.language)] if value else ""
    return value


def language_of(texts: Json, wanted: str) -> str:
    """The best tag of a language map for an Accept-Language-like list (RFC 4647 look-up), else a neutral one."""
    ranked: list[tuple[float, int, str]] = []
    for part in wanted.split(","):
        tag, _, q = part.strip().partition(";q=")
        try:
            ranked.append((-float(q or 1), len(ranked), tag))
        except ValueError:
            ranked.append((-1.0, len(ranked), tag))
    for _, _, tag in sorted(ranked):
        while tag and tag != "*":
            for present in texts:
                if present.lower() == tag.lower() or present.lower().startswith(tag.lower() + "-"):
                    return present
            tag = tag.rpartition("-")[0]
    return next((t for t in (DEFAULT, "en") if t in texts), next(iter(texts)))


def _reified(instance: Json, form: Form, iri: str) -> Json:
    kind = instance["type"]
    member = VALUE_OF[kind]
    found: Json = {}
    if kind == "LanguageProperty" and form.language and isinstance(instance.get(member), dict):
        found["type"] = "Property"
        found["value"] = _shown(instance, form)
        found["lang"] = language_of(instance[member], form.language)
    else:
        found["type"] = kind
        if member in instance:
            found[member] = _shown(instance, form)
    for name in _PLAIN:
        if name in instance:
            found[name] = instance[name]
    if "previousVocab" in found:
        former = found["previousVocab"]
        compact = form.context.compact
        found["previousVocab"] = [compact(v) for v in former] if isinstance(former, list) else compact(former)
    if form.system and "expiresAt" in instance:
        found["expiresAt"] = instance["expiresAt"]
    for name in ("objectType", "valueType", "entityTypeSealed"):
        if name in instance:
            types = instance[name]
            compact = form.context.compact
            found[name] = [compact(t) for t in types] if isinstance(types, list) else compact(types)
    for name in SYSTEM:
        if name in instance and form.system:
            found[name] = instance[name]
    for sub, instances in instance.get("subs", {}).items():
        inner = replace(form, datasets=None, join="")
        found[form.context.compact(sub)] = attribute(instances=instances, form=inner)
    _inline(instance, found, form, iri)
    return _concise(found, instance) if form.style == "concise" else found


def _inline(instance: Json, found: Json, form: Form, iri: str) -> None:
    if form.join != "inline" or form.level <= 0:
        return
    if instance["type"] in ("Relationship", "ListRelationship"):
        linked = _linked(instance, form, iri)
        if linked:
            many = instance["type"] == "ListRelationship" or isinstance(instance["object"], list)
            found["entityList" if many else "entity"] = linked if many else linked[0]


def _linked(instance: Json, form: Form, iri: str) -> list[Json]:
    found = []
    for target in targets(instance=instance):
        entity = form.lookup(target) if form.lookup and target not in form.contained else None
        if entity is not None:
            inner = replace(form.inner(iri), contained=(*form.contained, target))
            found.append(render(entity=entity, form=inner))
    return found


def targets(*, instance: Json) -> list[str]:
    """The ids that a relationship leads to."""
    value: Any = instance.get(VALUE_OF[instance["type"]])
    values = value if isinstance(value, list) else [value]
    return [v["object"] if isinstance(v, dict) else v for v in values]


def flat(*, entities: list[Json], form: Form) -> list[Json]:
    """Entities followed by everything that they link to, each once (join=flat, 4.5.23)."""
    found, seen, queue = [], {e["id"] for e in entities}, [(e, form) for e in entities]
    while queue:
        entity, own = queue.pop(0)
        found.append(render(entity=entity, form=own))
        if own.level <= 0 or own.lookup is None:
            continue
        for iri, instances in entity["attrs"].items():
            if not _wanted(iri, own) or (own.attributes is not None and iri not in own.attributes):
                continue
            for instance in instances:
                if instance["type"] not in ("Relationship", "ListRelationship"):
                    continue
                for target in targets(instance=instance):
                    if target not in seen and (linked := own.lookup(target)) is not None:
                        seen.add(target)
                        queue.append((linked, own.inner(iri)))
    return found


def _concise(found: Json, instance: Json) -> Any:
    """Without what can be inferred; a property of nothing but its value is that value (4.5.19)."""
    kind = found.pop("type")
    if kind == "Property" and set(found) == {"value"} and not isinstance(found["value"], dict):
        return found["value"]
    if kind == "GeoProperty" and set(found) == {"value"}:
        return found["value"]
    return found


def feature(*, entity: Json, form: Form, geometry: str) -> Json:
    """One entity as a GeoJSON Feature (4.5.16); ``geometry`` is the IRI of the attribute that becomes the geometry."""
    instances = entity["attrs"].get(geometry, [])
    chosen = [i for i in instances if i["type"] == "GeoProperty" and _in_dataset(i, form)]
    body = render(entity=entity, form=form)
    return {
        "id": body.pop("id", entity["id"]),
        "type": "Feature",
        "geometry": min(chosen, key=lambda i: i.get("datasetId", ""))["value"] if chosen else None,
        "properties": body,
    }
