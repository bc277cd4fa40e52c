"""JSON-LD term expansion and compaction as far as NGSI-LD uses it (clauses 4.4, 5.5.4, 5.5.7).

An @context is flattened once into two maps (term to IRI, IRI to term); the Core @context always wins (4.4).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

from dajing.domains.context.ngsi.errors import BadRequestData

CORE_URL = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld"
CORE_URLS = frozenset(
    [CORE_URL, "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld"]
    + [f"https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.{n}.jsonld" for n in range(10)]
)
VOCAB = "https://uri.etsi.org/ngsi-ld/default-context/"
MAX_DEPTH = 12
MOST_KEPT, KEPT = 20_000, 500  # names of a context whose expansion is remembered, and the characters of one

CORE_DOCUMENT: dict[str, Any] = json.loads(
    files("dajing.domains.context.ngsi").joinpath("contexts/core-v1.9.jsonld").read_text(encoding="utf-8")
)
type Source = str | dict[str, Any] | list[Any]


class Context:
    """One flattened @context: ``expand`` and ``compact`` of names."""

    __slots__ = (
        "_backward",
        "_expanded",
        "_forward",
        "_prefixes",
        "_short",
        "json_terms",
        "key",
        "plain_names",
        "plain_types",
        "source",
    )

    def __init__(self, *, forward: dict[str, str], source: Source, key: str, json_terms: frozenset[str]) -> None:
        self._forward = forward
        self.source = source
        self.key = key
        self.json_terms = json_terms
        self._backward: dict[str, str] = {}
        for term, iri in sorted(forward.items(), key=lambda item: (len(item[0]), item[0]), reverse=True):
            if not iri.startswith("@"):
                self._backward[iri] = term
        self._prefixes = [(iri, term) for term, iri in forward.items() if iri and iri[-1] in ":/?#[]@"]
        self._prefixes.sort(key=lambda pair: len(pair[0]), reverse=True)
        self._expanded: dict[str, str] = {}
        self.plain_names: dict[str, str] = {}  # checked attribute names, filled by the reader of entities
        self.plain_types: dict[str, str] = {}  # the same for types
        self._short: dict[str, str] = {}

    def expand(self, name: str) -> str:
        """The IRI of a term, a prefixed name or an IRI (which stays as it is)."""
        found = self._expanded.get(name)
        if found is None:
            found = _expand(name, self._forward)
            if len(self._expanded) < MOST_KEPT and len(name) <= KEPT:
                self._expanded[name] = found
        return found

    def compact(self, iri: str) -> str:
        """The shortest name of an IRI under this context; one that has no term stays an IRI."""
        found = self._short.get(iri)
        if found is None:
            found = self._compact(iri)
            if len(self._short) < MOST_KEPT and len(iri) <= KEPT:
                self._short[iri] = found
        return found

    def _compact(self, iri: str) -> str:
        if (term := self._backward.get(iri)) is not None:
            return term
        if iri.startswith(VOCAB):
            rest = iri[len(VOCAB) :]
            # a term that means something else here must not be taken for this name
            if rest and rest not in self._forward and ":" not in rest:
                return rest
        for base, prefix in self._prefixes:
            if iri.startswith(base) and len(iri) > len(base):
                return f"{prefix}:{iri[len(base) :]}"
        return iri


def _expand(name: str, forward: Mapping[str, str]) -> str:
    if (iri := forward.get(name)) is not None:
        return iri
    if ":" in name:
        prefix, rest = name.split(":", 1)
        if not rest.startswith("//") and prefix in forward and prefix != "urn":
            return forward[prefix] + rest
        return name
    return VOCAB + name


def flatten(*, source: Source, load: Callable[[str], Any], base: bool = True) -> Context:
    """A context from what the user gave: a URL, an object, or a list of both.

    ``load`` returns the parsed document of a URL (or raises); nested documents are followed to ``MAX_DEPTH``.
    """
    definitions: dict[str, Any] = {}
    _gather(source, load, definitions, 0)
    if base:
        definitions.update(CORE_DOCUMENT["@context"])
    forward: dict[str, str] = {}
    for term in definitions:
        _define(term, definitions, forward, set())
    json_terms = frozenset(t for t, d in definitions.items() if isinstance(d, dict) and d.get("@type") == "@json")
    return Context(forward=forward, source=source, key=json.dumps(source, sort_keys=True), json_terms=json_terms)


def _gather(source: Source, load: Callable[[str], Any], into: dict[str, Any], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise BadRequestData(f"The @context is nested deeper than {MAX_DEPTH} levels.")
    if isinstance(source, list):
        for part in source:
            _gather(part, load, into, depth + 1)
    elif isinstance(source, str):
        if source in CORE_URLS:
            return
        document = load(source)
        if not isinstance(document, dict) or "@context" not in document:
            raise BadRequestData(f"The document {source} has no member @context.")
        _gather(document["@context"], load, into, depth + 1)
    elif isinstance(source, dict):
        into.update({term: definition for term, definition in source.items() if not term.startswith("@")})
    elif source is not None:
        raise BadRequestData("An @context is a URL, an object, or an array of these.")


def _define(term: str, definitions: dict[str, Any], forward: dict[str, str], seen: set[str]) -> str:
    if term in forward:
        return forward[term]
    definition = definitions.get(term)
    if isinstance(definition, dict):
        definition = definition.get("@id", term)
    if definition is None or term.startswith("@"):
        return term
    if not isinstance(definition, str):
        raise BadRequestData(f"The @context defines the term {term!r} by something that is not an IRI.")
    if term in seen:
        raise BadRequestData(f"The @context defines {term!r} in a circle.")
    iri = definition
    if definition in definitions and definition != term:
        iri = _define(definition, definitions, forward, seen | {term})
    elif ":" in definition and not definition.split(":", 1)[1].startswith("//"):
        prefix, rest = definition.split(":", 1)
        if prefix in definitions and prefix != term:
            iri = _define(prefix, definitions, forward, seen | {term}) + rest
    elif ":" not in definition and not definition.startswith("@"):
        iri = VOCAB + definition
    forward[term] = iri
    return iri


def core() -> Context:
    """The Core @context alone."""
    return _CORE


def _refuse(url: str) -> Any:
    raise AssertionError(url)


_CORE = flatten(source=CORE_URL, load=_refuse)
