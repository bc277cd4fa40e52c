"""Attribute projection: ``pick`` and ``omit`` with linked entities (clause 4.21)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from dajing.domains.context.ngsi.context import Context
from dajing.domains.context.ngsi.errors import BadRequestData
from dajing.domains.context.ngsi.terms import SYSTEM, need_name

CORE_MEMBERS = frozenset({"id", "type", "scope", *SYSTEM})
_TOKEN = re.compile(r"[{},|]|[^{},|]+")


@dataclass
class Tree:
    """Names with what is selected of the entities behind them (None: everything)."""

    names: dict[str, Tree | None] = field(default_factory=dict)

    @property
    def depth(self) -> int:
        """How many relationships the selection follows."""
        return max((1 + sub.depth for sub in self.names.values() if sub is not None), default=0)


def parse(*, text: str | Iterable[str], context: Context, what: str) -> Tree:
    """The tree of a ``pick`` or ``omit`` expression."""
    text = text if isinstance(text, str) else ",".join(text)
    tree, rest = _level(_TOKEN.findall(text), context, what, 0)
    if rest:
        raise BadRequestData(f"{what} has an unexpected {rest[0]!r}.")
    return tree


def _level(tokens: list[str], context: Context, what: str, depth: int) -> tuple[Tree, list[str]]:
    if depth > 11:
        raise BadRequestData(f"{what} follows too many linked entities.")
    tree = Tree()
    while True:
        if not tokens or tokens[0] in "{},|":
            raise BadRequestData(f"{what} expects a name before {tokens[0] if tokens else 'its end'!r}.")
        name = need_name(tokens[0].strip(), what=f"A name in {what}")
        key = name if name in CORE_MEMBERS else context.expand(name)
        tokens = tokens[1:]
        tree.names[key] = None
        if tokens and tokens[0] == "{":
            sub, tokens = _level(tokens[1:], context, what, depth + 1)
            if not tokens or tokens[0] != "}":
                raise BadRequestData(f"{what} lacks a closing brace.")
            tokens = tokens[1:]
            tree.names[key] = sub
        if not tokens or tokens[0] == "}":
            return tree, tokens
        if tokens[0] not in ",|":
            raise BadRequestData(f"{what} has an unexpected {tokens[0]!r}.")
        tokens = tokens[1:]
