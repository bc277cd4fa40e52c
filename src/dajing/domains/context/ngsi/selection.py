"""Entity type selection (clause 4.17): ``Building,(Parking;Public)``, ``*`` for every type."""

from __future__ import annotations

import re
from collections.abc import Collection

from dajing.domains.context.ngsi.context import Context
from dajing.domains.context.ngsi.errors import BadRequestData
from dajing.domains.context.ngsi.terms import need_name

type Types = tuple[frozenset[str], ...]

_TOKEN = re.compile(r"[();,|]|[^();,|]+")


def parse(*, text: str, context: Context) -> Types:
    """Alternatives of conjunctions of type IRIs; an empty tuple selects every type."""
    if text.strip() == "*":
        return ()
    tokens = _TOKEN.findall(text)
    found, rest = _either(tokens, context, 0)
    if rest or not found:
        raise BadRequestData(f"{text[:120]!r} is no selection of entity types.")
    return tuple(found)


def _either(tokens: list[str], context: Context, depth: int) -> tuple[list[frozenset[str]], list[str]]:
    found, tokens = _both(tokens, context, depth)
    while tokens and tokens[0] in ",|":
        more, tokens = _both(tokens[1:], context, depth)
        found = found + more
    return found, tokens


def _both(tokens: list[str], context: Context, depth: int) -> tuple[list[frozenset[str]], list[str]]:
    found, tokens = _one(tokens, context, depth)
    while tokens and tokens[0] == ";":
        more, tokens = _one(tokens[1:], context, depth)
        found = [a | b for a in found for b in more]
        if len(found) > 256:
            raise BadRequestData("The type selection has more than 256 alternatives.")
    return found, tokens


def _one(tokens: list[str], context: Context, depth: int) -> tuple[list[frozenset[str]], list[str]]:
    if not tokens or depth > 20:
        raise BadRequestData("The type selection ends too early or is nested too deep.")
    if tokens[0] == "(":
        found, rest = _either(tokens[1:], context, depth + 1)
        if not rest or rest[0] != ")":
            raise BadRequestData("The type selection lacks a closing parenthesis.")
        return found, rest[1:]
    return [frozenset([context.expand(need_name(tokens[0].strip(), what="The entity type"))])], tokens[1:]


def matches(*, types: Types, entity: Collection[str]) -> bool:
    """Whether an entity of these types is selected."""
    return not types or any(all(t in entity for t in wanted) for wanted in types)
