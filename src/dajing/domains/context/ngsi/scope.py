"""Scopes (clause 4.18) and scope queries (clause 4.19)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from dajing.domains.context.ngsi.errors import BadRequestData
from dajing.domains.context.ngsi.terms import NULL

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
