"""Scope over time: what history says of an entity's scopes, and temporal queries by scope (4.5.6, 4.18, 5.7.4.4)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dajing.domains.context.broker.slicing import Attributes, time_of
from dajing.domains.context.ngsi import merge
from dajing.domains.context.ngsi.evolution import Span
from dajing.domains.context.ngsi.scope import (
    SCOPE,
    ScopeQuery,
    scope_instance,
    scopes_of,
    set_at,
    validity,
)
from dajing.domains.context.ngsi.terms import canonical_time, micros
from dajing.domains.context.store.history import History
from dajing.domains.context.store.transaction import Transaction

type Json = dict[str, Any]


def evolution_of(*, history: History, key: int, head: Json) -> list[Json]:
    """Every instance of an entity's scope in the order of time, removals among them."""
    attr = history.term(key=key, iri=SCOPE)
    if attr is None:  # a file of an earlier version kept the scope in the head
        return [scope_instance(scopes=head["scope"], at=head["createdAt"])] if head.get("scope") else []
    found = history.instances(key=key, attr=attr, span=Span())
    found += history.instances(key=key, attr=attr, span=Span(timeproperty="deletedAt"))
    return sorted(found, key=set_at)


def carried(*, instances: list[Json], shown: list[Json], span: Span) -> list[Json]:
    """What an answer shows of a scope: the one that is valid at the beginning of the time asked for (C.5.16), then
    those set within it."""
    if span.relation not in ("after", "between"):
        # what an earlier version kept has no row of its own
        return shown or [i for i in instances if "instanceId" not in i and span.timeproperty in i]
    start = canonical_time(span.at)
    before = [i for i in instances if set_at(i, timeproperty=span.timeproperty) < start]
    if not before or not scopes_of(before[-1]):
        return shown
    return [*shown, before[-1]] if span.last else [before[-1], *shown]


def within_scope(*, instances: list[Json], attrs: Attributes, wanted: ScopeQuery, span: Span) -> Attributes:
    """The instances of attributes whose time lies where the scopes of the entity satisfied the query (5.7.4.4)."""
    periods = [
        (start, end)
        for start, end, scopes in validity(instances=instances, timeproperty=span.timeproperty)
        if wanted.matches(scopes=scopes)
    ]

    def inside(instance: Json) -> bool:
        at = time_of(instance, span.timeproperty)
        return any(start <= at < end for start, end in periods)

    kept = {iri: [i for i in found if inside(i)] for iri, found in attrs.items()}
    if span.last:  # the latest of those that lie within, newest first
        kept = {iri: found[-span.last :][::-1] for iri, found in kept.items()}
    return {iri: found for iri, found in kept.items() if found}


def unlimited(*, span: Span, scoped: bool) -> Span:
    """The span to read: how many of the latest count is decided after the scope has chosen."""
    return replace(span, last=None) if scoped else span


def stamped(*, instance: Json, at: str) -> Json:
    """An instance that a client wrote, with its system times; one without a time of its own is set now."""
    found = merge.stamp(instance, at=at)
    return found if "observedAt" in found else {**found, "observedAt": at}


def current(*, tx: Transaction, tenant: str, key: int, present: list[str]) -> list[str]:
    """The scopes that the newest instance of history sets; the ``present`` ones where that is archived already."""
    found = sorted((i for _, i in tx.chronicle.instances(tenant, key, SCOPE)), key=set_at)
    if not found or micros(set_at(found[-1])) < tx.chronicle.archived(tenant, key, SCOPE):
        return present
    return scopes_of(found[-1])
