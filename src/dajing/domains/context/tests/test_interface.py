"""The interface in words: every route says what it does and where the standard defines it."""

from __future__ import annotations

import re

from dajing.domains.context.broker.app import ROUTES
from dajing.domains.context.viewing.interface import document, groups
from dajing.domains.context.viewing.operations import OPERATIONS


def test_every_route_has_its_words_and_its_clause_and_nothing_else_has() -> None:
    routes = {f"{verb} {'/'.join(segments)}" for segments, verbs in ROUTES.items() for verb in verbs}
    assert routes == set(OPERATIONS)
    assert all(re.fullmatch(r"5\.\d+\.\d+(, 5\.7\.\d+)?", told.clause) for told in OPERATIONS.values())


def test_page_and_document_tell_the_same_operations() -> None:
    shown = {(verb.lower(), path) for _, rows in groups() for verb, path, _ in rows}
    described = {(verb, path) for path, item in document()["paths"].items() for verb in item if verb != "parameters"}
    assert shown == described
