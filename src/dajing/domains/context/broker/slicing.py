"""Temporal answers of bounded size (clause 6.3.10): cut at a time, the same for all attributes, and said so.

What is beyond the cut is asked for with the time that Content-Range ends with.
"""

from __future__ import annotations

from typing import Any

from dajing.domains.context.broker.exchange import Answer
from dajing.domains.context.ngsi.evolution import Span, brief
from dajing.domains.context.ngsi.terms import canonical_time, parse_time

type Json = dict[str, Any]
type Attributes = dict[str, list[Json]]


def time_of(instance: Json, name: str) -> str:
    """The time that counts for an instance, comparable as text."""
    return canonical_time(str(instance.get(name) or instance.get("modifiedAt") or instance.get("deletedAt") or ""))


def cut(*, entities: list[Attributes], span: Span, most: int) -> tuple[list[Attributes], str | None]:
    """The entities' attributes within the bound, and the Content-Range of a cut answer (None: it is whole).

    Without ``lastN`` the earliest instances are kept, with it the latest. Instances of one time stay together, so an
    answer may hold somewhat more than ``most``.
    """
    name = span.timeproperty
    times = sorted(time_of(i, name) for attrs in entities for instances in attrs.values() for i in instances)
    if len(times) <= most:
        return entities, None
    edge = times[-most] if span.last else times[most - 1]

    def kept(instance: Json) -> bool:
        return time_of(instance, name) >= edge if span.last else time_of(instance, name) <= edge

    bounded = [{iri: [i for i in found if kept(i)] for iri, found in attrs.items()} for attrs in entities]
    return bounded, _range(span, first=times[0], newest=times[-1], edge=edge)


def _range(span: Span, *, first: str, newest: str, edge: str) -> str:
    """``date-time START-END/SIZE``; with ``lastN`` time runs backwards from its newest side."""
    if span.last:
        start = {"before": span.at, "between": span.end}.get(span.relation) or newest
        return f"date-time {_shown(start)}-{_shown(edge)}/{span.last}"
    start = span.at if span.relation in ("after", "between") else first
    return f"date-time {_shown(start)}-{_shown(edge)}/*"


def _shown(text: str) -> str:
    found = parse_time(text)
    return brief(found) if found else text


def partial(answer: Answer, content_range: str | None) -> Answer:
    """206 with its Content-Range where the answer was cut."""
    if content_range is None:
        return answer
    answer.status = 206
    return answer.add("Content-Range", content_range)
