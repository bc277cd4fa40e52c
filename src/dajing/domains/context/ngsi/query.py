"""The query language ``q`` (clause 4.9): parsed once, evaluated on stored entities.

A query is a tree of ``And``/``Or`` over ``Term``. A term names a path (``attr.sub[member.member]``), an operator and a
value. Evaluation follows 4.9: an attribute with several instances matches when one of them does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from dajing.domains.context.ngsi.context import Context
from dajing.domains.context.ngsi.errors import BadRequestData
from dajing.domains.context.ngsi.pattern import Pattern
from dajing.domains.context.ngsi.terms import SYSTEM, VALUE_OF, canonical_time, is_uri

type Json = dict[str, Any]
MAX_DEPTH = 40
MOST_DIGITS = 400  # a double has at most 309 before its point
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|!~=|==|!=|>=|<=|~=|>|<|[;|()!,{}]|[^;|()!,"=<>~{}]+|.', re.S)
_PATH = re.compile(r"(?P<path>[^\[\]]+)(?:\[(?P<member>[^\[\]]+)\])?\Z")
_OPERATORS = frozenset({"==", "!=", ">", "<", ">=", "<=", "~=", "!~="})
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\Z")
_TIME = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d([.,]\d+)?Z)?\Z|\d\d:\d\d:\d\d([.,]\d+)?Z\Z")


@dataclass(frozen=True)
class Term:
    """One condition; ``op`` is empty where only the presence is asked for."""

    path: tuple[str, ...]
    member: tuple[str, ...]
    op: str
    values: tuple[Any, ...] = ()
    span: tuple[Any, Any] | None = None
    negated: bool = False
    linked: tuple[frozenset[str], Node] | None = None


@dataclass(frozen=True)
class Group:
    """A conjunction (``;``) or an alternative (``|``) of conditions."""

    every: bool
    parts: tuple[Node, ...]


type Node = Term | Group


@dataclass(frozen=True)
class Bare:
    """An unquoted text value, which the expandValues parameter may turn into an IRI."""

    text: str


class _Parser:
    def __init__(self, text: str, context: Context, expand_values: frozenset[str]) -> None:
        self._tokens = _TOKEN.findall(text)
        self._at = 0
        self._context = context
        self._expand_values = expand_values

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def whole(self) -> Node:
        node = self._either(0)
        if self._peek():
            raise BadRequestData(f"q has an unexpected {self._peek()!r}.")
        return node

    def _either(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise BadRequestData(f"q is nested deeper than {MAX_DEPTH} levels.")
        parts = [self._both(depth)]
        while self._peek() == "|":
            self._next()
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else Group(every=False, parts=tuple(parts))

    def _both(self, depth: int) -> Node:
        parts = [self._one(depth)]
        while self._peek() == ";":
            self._next()
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else Group(every=True, parts=tuple(parts))

    def _one(self, depth: int) -> Node:
        if self._peek() == "(":
            self._next()
            node = self._either(depth + 1)
            if self._next() != ")":
                raise BadRequestData("q lacks a closing parenthesis.")
            return node
        negated = self._peek() == "!"
        if negated:
            self._next()
        path, member = self._path(self._next())
        if self._peek() == "{":
            return Term(path=path, member=member, op="", negated=negated, linked=self._linked(depth))
        op = self._peek()
        if op not in _OPERATORS:
            return Term(path=path, member=member, op="", negated=negated)
        if negated:
            raise BadRequestData("In q, '!' stands before a name alone, without an operator.")
        self._next()
        return self._condition(path, member, op)

    def _linked(self, depth: int) -> tuple[frozenset[str], Node]:
        """``{Type,…:path}`` or ``{path}`` with its condition, asked of what a relationship leads to (4.9, ex. 13)."""
        if depth > MAX_DEPTH:
            raise BadRequestData(f"q is nested deeper than {MAX_DEPTH} levels.")
        self._next()
        hints: list[str] = []
        text = self._next()
        while self._peek() == ",":
            hints.append(self._context.expand(text))
            self._next()
            text = self._next()
        head, colon, rest = text.partition(":")
        if colon and rest and (hints or head[:1].isupper() or not is_uri(text.strip())):
            hints.append(self._context.expand(head))
            text = rest
        path, member = self._path(text)
        inner = self._linked(depth + 1) if self._peek() == "{" else None
        if self._next() != "}":
            raise BadRequestData("q lacks a closing brace.")
        if inner is not None:
            return frozenset(hints), Term(path=path, member=member, op="", linked=inner)
        return frozenset(hints), self._judged(path, member)

    def _judged(self, path: tuple[str, ...], member: tuple[str, ...]) -> Term:
        op = self._peek()
        if op not in _OPERATORS:
            return Term(path=path, member=member, op="")
        self._next()
        return self._condition(path, member, op)

    def _condition(self, path: tuple[str, ...], member: tuple[str, ...], op: str) -> Term:
        if op in ("~=", "!~="):
            return Term(path=path, member=member, op=op, values=(Pattern(text=self._raw(), what="In q"),))
        expand = path[0] in self._expand_values
        values = [self._value(expand)]
        while self._peek() == ",":
            self._next()
            values.append(self._value(expand))
        if len(values) == 1 and isinstance(values[0], tuple) and op in ("==", "!="):
            return Term(path=path, member=member, op=op, span=values[0])
        if any(isinstance(v, tuple) for v in values) or (len(values) > 1 and op not in ("==", "!=")):
            raise BadRequestData("In q, a list of values goes with == and != alone, a range stands alone.")
        return Term(path=path, member=member, op=op, values=tuple(values))

    def _path(self, text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        match = _PATH.match(text.strip())
        if not match or text in _OPERATORS or text.startswith('"'):
            raise BadRequestData(f"q expects the name of an attribute, not {text[:80]!r}.")
        names = [match["path"]] if is_uri(match["path"]) else match["path"].split(".")
        if not all(names):
            raise BadRequestData(f"{text[:80]!r} is no path of attributes.")
        iris = tuple(n if n in SYSTEM or n in ("observedAt", "id") else self._context.expand(n) for n in names)
        return iris, tuple(match["member"].split(".")) if match["member"] else ()

    def _raw(self) -> str:
        """A pattern: everything up to the next ``;``, ``|`` or closing parenthesis of the query itself."""
        word = self._next()
        if word.startswith('"'):
            return word[1:-1].replace('\\"', '"')
        parts, depth = [], 0
        while word and not (depth == 0 and word in ";|)"):
            depth += (word == "(") - (word == ")")
            parts.append(word)
            word = self._next()
        if word:
            self._at -= 1
        if not parts:
            raise BadRequestData("q lacks a pattern after ~=.")
        return "".join(parts)

    def _value(self, expand: bool) -> Any:
        word = self._next()
        if not word or word in ";|()!,":
            raise BadRequestData("q lacks a value after its operator.")
        if word.startswith('"'):
            text = word[1:-1].replace('\\"', '"')
            return self._context.expand(text) if expand else text
        low, dots, high = word.partition("..")
        if dots and low and high:
            return _scalar(low), _scalar(high)
        value = _scalar(word)
        return self._context.expand(value) if expand and isinstance(value, str) else value


def _scalar(text: str) -> Any:
    text = text.strip()
    if text in ("true", "false"):
        return text == "true"
    if _NUMBER.match(text):
        if len(text) > MOST_DIGITS:
            raise BadRequestData(f"In q, {text[:40]}… is longer than a number of {MOST_DIGITS} digits.")
        return float(text) if any(c in text for c in ".eE") else int(text)
    return text


def parse(*, text: str, context: Context, expand_values: frozenset[str] = frozenset()) -> Node:
    """The query as a tree; BadRequestData says what is wrong with it."""
    if not text.strip():
        raise BadRequestData("q is empty.")
    if len(text) > 16_384:
        raise BadRequestData("q is longer than 16 KiB.")
    return _Parser(text, context, expand_values).whole()


def names(*, node: Node) -> Iterator[str]:
    """Every attribute that a query names."""
    if isinstance(node, Group):
        for part in node.parts:
            yield from names(node=part)
    else:
        yield node.path[0]


type Lookup = Callable[[str], Json | None]


def _nowhere(_: str) -> None:
    return None


def holds(*, node: Node, entity: Json, lookup: Lookup = _nowhere) -> bool:
    """Whether a stored entity satisfies the query; ``lookup`` finds the entities that relationships lead to."""
    if isinstance(node, Group):
        judge = all if node.every else any
        return judge(holds(node=part, entity=entity, lookup=lookup) for part in node.parts)
    targets = list(_targets(node, entity))
    if node.linked is not None:
        return any(_follows(node.linked, target, lookup) for target in targets) is not node.negated
    if not node.op:
        return bool(targets) is not node.negated
    if node.op in ("!=", "!~="):
        return bool(targets) and all(_matches(node, target) for target in targets)
    if node.op != "==" and _related(node, entity):
        return False
    return any(_matches(node, target) for target in targets)


def _follows(linked: tuple[frozenset[str], Node], target: Any, lookup: Lookup) -> bool:
    hints, node = linked
    found = lookup(target) if isinstance(target, str) else None
    if found is None or (hints and not hints & set(found["type"])):
        return False
    return holds(node=node, entity=found, lookup=lookup)


def _related(term: Term, entity: Json) -> bool:
    """Whether a one-step path ends in a relationship, which only == and != can compare (4.9)."""
    instances = entity["attrs"].get(term.path[0], []) if len(term.path) == 1 else []
    return any(i["type"] in ("Relationship", "ListRelationship") for i in instances)


def _targets(term: Term, entity: Json) -> Iterator[Any]:
    """Every value that the path of a term reaches; lists are reached as a whole and by element."""
    if len(term.path) == 1 and term.path[0] in (*SYSTEM, "id"):
        if term.path[0] in entity:
            yield entity[term.path[0]]
        return
    instances = entity["attrs"].get(term.path[0], [])
    for position, name in enumerate(term.path[1:], 1):
        if name in SYSTEM or name in ("observedAt", "unitCode"):
            if position == len(term.path) - 1:
                yield from (i[name] for i in instances if name in i)
            return
        instances = [s for i in instances for s in i.get("subs", {}).get(name, [])] or list(_meta(instances, name))
    for instance in instances:
        if not isinstance(instance, dict) or "type" not in instance:
            yield instance
            continue
        value = instance.get(VALUE_OF[instance["type"]])
        if instance["type"] == "LanguageProperty":
            yield from _language(value, term.member)
        else:
            yield from _inside(value, term.member)


def _meta(instances: list[Json], iri: str) -> Iterator[Any]:
    """Unreified members such as unitCode, whose expanded name ends in their own."""
    member = iri.rsplit("/", 1)[-1]
    if member in ("unitCode", "datasetId", "observedAt"):
        yield from (i[member] for i in instances if member in i)


def _language(value: Any, member: tuple[str, ...]) -> Iterator[Any]:
    if not isinstance(value, dict):
        return
    tags = value if not member or member[0] == "*" else [member[0]]
    for tag in tags:
        found = value.get(tag)
        if isinstance(found, list):
            yield from found
        elif found is not None:
            yield found


def reached(*, instance: Json) -> Iterator[Any]:
    """Every value that the bare name of an attribute reaches in one instance: what an index must hold of it."""
    value = instance.get(VALUE_OF[instance["type"]])
    yield from _language(value, ()) if instance["type"] == "LanguageProperty" else _inside(value, ())


def _inside(value: Any, member: tuple[str, ...]) -> Iterator[Any]:
    for name in member:
        if not isinstance(value, dict) or name not in value:
            return
        value = value[name]
    if isinstance(value, list):
        for part in value:
            yield part.get("object", part) if isinstance(part, dict) else part
    else:
        yield value.get("@value", value) if isinstance(value, dict) else value


def _matches(term: Term, target: Any) -> bool:
    if term.op in ("~=", "!~="):
        found = isinstance(target, str) and term.values[0].found_in(target)
        return found is (term.op == "~=")
    if term.span is not None:
        low, high = (_aligned(v, target) for v in term.span)
        inside = _comparable(low, target) and _comparable(high, target) and low <= _own(target) <= high
        return inside is (term.op == "==")
    if term.op in ("==", "!="):
        equal = any(_equal(value, target) for value in term.values)
        return equal is (term.op == "==")
    value = _aligned(term.values[0], target)
    return _comparable(value, target) and _ordered(term.op, _own(target), value)


def _ordered(op: str, left: Any, right: Any) -> bool:
    if op == ">":
        return bool(left > right)
    if op == "<":
        return bool(left < right)
    return bool(left >= right) if op == ">=" else bool(left <= right)


def _own(target: Any) -> Any:
    return canonical_time(target) if isinstance(target, str) and _TIME.match(target) else target


def _aligned(value: Any, target: Any) -> Any:
    return canonical_time(value) if isinstance(value, str) and _TIME.match(value) else value


def _comparable(value: Any, target: Any) -> bool:
    numbers = isinstance(value, int | float) and isinstance(target, int | float)
    booleans = isinstance(value, bool) or isinstance(target, bool)
    return (numbers and not booleans) or (isinstance(value, str) and isinstance(target, str))


def _equal(value: Any, target: Any) -> bool:
    if isinstance(value, bool) or isinstance(target, bool):
        return value is target
    if isinstance(value, str) and isinstance(target, str):
        return value == target or (bool(_TIME.match(value)) and canonical_time(value) == canonical_time(target))
    return bool(value == target)
