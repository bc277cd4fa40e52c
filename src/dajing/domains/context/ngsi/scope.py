"""Scopes (clause 4.18), their evolution (4.5.6) and scope queries (4.19)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from dajing.domains.context.ngsi.errors import BadRequestData
from dajing.domains.context.ngsi.terms import NULL, canonical_time, need_time

type Json = dict[str, Any]
type Validity = tuple[str, str, list[str]]

SCOPE = "https://uri.etsi.org/ngsi-ld/scope"  # under which history keeps the scopes of an entity over time
ENDLESS = "~"  # sorts after every time
_INSTANCE = frozenset({"type", "value", "observedAt", "instanceId", "createdAt", "modifiedAt", "deletedAt"})
_LEVEL = r"[^\W\d_]\w*"
_SCOPE = re.compile(rf"/?{_LEVEL}(/{_LEVEL})*\Z")
_PATTERN = re.compile(rf"/?(#|(?:{_LEVEL}|\+)(?:/(?:{_LEVEL}|\+))*(?:/#)?)\Z")


def need_scopes(value: Any) -> list[str]:
    """The scopes of an entity as a list, each in the grammar of 4.18."""
    scopes = value if isinstance(value, list) else [value]
    for scope in scopes:
        if not isinstance(scope, str) or scope == NULL or not _SCOPE.match(scope):
            raise BadRequestData(f"{str(scope)[:120]!r} is no Scope such as /Madrid/Gardens.")
    return [scope if scope.startswith("/") else "/" + scope for scope in scopes]


def scope_instance(*, scopes: Sequence[str], at: str | None = None) -> Json:
    """Scopes as an instance of a Property; ``at`` is when the core API set them (4.5.6: observedAt = modifiedAt)."""
    found: Json = {"type": "Property", "value": scopes[0] if len(scopes) == 1 else list(scopes)}
    return found if at is None else {**found, "observedAt": at, "createdAt": at, "modifiedAt": at}


def scope_removed(*, at: str) -> Json:
    """What stands in history for the removal of an entity's scopes."""
    return {"type": "Property", "value": [], "deletedAt": at}


def need_scope_instances(value: Any) -> list[Json]:
    """The scopes of a temporal entity: plain as in an entity, or instances of a Property with their times."""
    given = value if isinstance(value, list) else [value]
    if not given or not all(isinstance(v, dict) for v in given):
        return [scope_instance(scopes=need_scopes(value))]
    return [_read(v) for v in given]


def _read(given: Json) -> Json:
    if given.get("type", "Property") != "Property" or "value" not in given:
        raise BadRequestData("An instance of a scope is a Property with a value.")
    if unknown := sorted(set(given) - _INSTANCE):
        raise BadRequestData(f"An instance of a scope has no member {unknown[0][:80]!r}.")
    found = scope_instance(scopes=need_scopes(given["value"]))
    if "observedAt" in given:
        found["observedAt"] = need_time(given["observedAt"], what="scope.observedAt")
    return found


def scopes_of(instance: Json) -> list[str]:
    """The scopes that an instance sets."""
    value = instance["value"]
    return value if isinstance(value, list) else [value]


def set_at(instance: Json, *, timeproperty: str = "observedAt") -> str:
    """When an instance of a scope was set or removed, comparable as text."""
    times = [instance.get(name) for name in ("deletedAt", "observedAt", "modifiedAt", "createdAt")]
    if timeproperty != "observedAt":
        times = [instance.get(name) for name in (timeproperty, "modifiedAt", "createdAt", "deletedAt")]
    return canonical_time(next((t for t in times if t), ""))


def validity(*, instances: Iterable[Json], timeproperty: str = "observedAt") -> list[Validity]:
    """(from, until, scopes): each is valid from when it was set until the next one or its removal (4.18)."""
    ordered = sorted(instances, key=lambda i: set_at(i, timeproperty=timeproperty))
    times = [*(set_at(i, timeproperty=timeproperty) for i in ordered), ENDLESS]
    return [(times[n], times[n + 1], scopes_of(instance)) for n, instance in enumerate(ordered)]


class ScopeQuery:
    """A parsed scopeQ: alternatives of conjunctions of patterns (``;`` and, ``,`` or, parentheses)."""

    def __init__(self, *, text: str) -> None:
        self._tree = _parse(text)

    def matches(self, *, scopes: Sequence[str]) -> bool:
        """Whether an entity with these scopes satisfies the query."""
        return _holds(self._tree, scopes)


type _Tree = tuple[str, list[_Tree]] | re.Pattern[str]


def _parse(text: str) -> _Tree:
    tokens = re.findall(r"[();,|]|[^();,|]+", text)
    if not tokens:
        raise BadRequestData("scopeQ is empty.")
    tree, rest = _alternatives(tokens)
    if rest:
        raise BadRequestData(f"scopeQ has an unexpected {rest[0]!r}.")
    return tree


def _alternatives(tokens: list[str]) -> tuple[_Tree, list[str]]:
    branch, tokens = _conjunction(tokens)
    branches = [branch]
    while tokens and tokens[0] in ",|":
        branch, tokens = _conjunction(tokens[1:])
        branches.append(branch)
    return (("or", branches) if len(branches) > 1 else branches[0]), tokens


def _conjunction(tokens: list[str]) -> tuple[_Tree, list[str]]:
    branch, tokens = _one(tokens)
    branches = [branch]
    while tokens and tokens[0] == ";":
        branch, tokens = _one(tokens[1:])
        branches.append(branch)
    return (("and", branches) if len(branches) > 1 else branches[0]), tokens


def _one(tokens: list[str]) -> tuple[_Tree, list[str]]:
    if not tokens:
        raise BadRequestData("scopeQ ends too early.")
    if tokens[0] == "(":
        tree, rest = _alternatives(tokens[1:])
        if not rest or rest[0] != ")":
            raise BadRequestData("scopeQ lacks a closing parenthesis.")
        return tree, rest[1:]
    return _pattern(tokens[0]), tokens[1:]


def _pattern(text: str) -> re.Pattern[str]:
    if not _PATTERN.match(text):
        raise BadRequestData(f"{text[:120]!r} is no scope pattern.")
    levels = text.lstrip("/").split("/")
    below = levels[-1] == "#"
    body = "".join("/" + ("[^/]+" if level == "+" else re.escape(level)) for level in levels[: -1 if below else None])
    # "/#" alone is any scope at all; "/A/#" is A and everything below it
    tail = ("(/.*)?" if body else "/.*") if below else ""
    return re.compile(body + tail + r"\Z")


def _holds(tree: _Tree, scopes: Sequence[str]) -> bool:
    if isinstance(tree, re.Pattern):
        return any(tree.match(scope) for scope in scopes)
    kind, branches = tree
    judge = all if kind == "and" else any
    return judge(_holds(branch, scopes) for branch in branches)
