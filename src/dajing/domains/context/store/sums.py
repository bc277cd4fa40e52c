"""Aggregations of numbers straight from the index of history, for the common case; the rules decide all others.

The index (entity, attribute, time, value, dataset) holds everything that is needed, so no instance is decoded.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from dajing.domains.context.ngsi.evolution import MOST_BUCKETS, Aggregate, Span, bounds, brief
from dajing.domains.context.ngsi.terms import micros
from dajing.domains.context.store.reader import Reader

_SUMS = (
    "count(*), count(value) - count(dataset), sum(value), min(value), max(value), sum((value-:shift)*(value-:shift)), "
    "sum(value-:shift), sum(value*value), min(observed), max(observed)"
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def aggregated(*, reader: Reader, key: int, attr: int, span: Span, aggregate: Aggregate) -> dict[str, Any] | None:
    """``{"type": "Property", method: [[value, start, end], …]}``, or None where the instances must be looked at.

    That is where periods have months, another time than ``observedAt`` counts, values are no numbers, there are several
    datasets, distinct values are counted, or part of the history is archived.
    """
    if (
        span.timeproperty != "observedAt" or not span.relation or span.last or "distinctCount" in aggregate.methods
        or (aggregate.period is not None and aggregate.period[0])
    ):  # fmt: skip
        return None
    run = reader.connection.execute
    if run("SELECT 1 FROM cold WHERE k=? AND attr=?", (key, attr)).get:
        return None
    where, values = _where(key, attr, span)
    first = run(f"SELECT observed, value FROM instance WHERE {where} ORDER BY observed LIMIT 1", values).get
    if first is None or not isinstance(first[1], float):
        return None
    low, end = bounds(samples=[(first[1], EPOCH + timedelta(microseconds=first[0]))], span=span)
    step = aggregate.period[1] // timedelta(microseconds=1) if aggregate.period else 0
    bucket = f"(observed-{micros(low.isoformat())})/{step}" if step else "0"
    sql = f"SELECT {bucket} AS b, {_SUMS} FROM instance WHERE {where} GROUP BY b ORDER BY b LIMIT {MOST_BUCKETS + 1}"
    rows = list(run(sql, {**values, "shift": first[1]}))
    if len(rows) > MOST_BUCKETS or any(total != numbers for _, total, numbers, *_ in rows):
        return None
    found: dict[str, Any] = {"type": "Property", **{method: [] for method in aggregate.methods}}
    for b, count, _, *sums, _, latest in rows:
        begin = low + timedelta(microseconds=b * step)
        until = begin + timedelta(microseconds=step) if step else end or EPOCH + timedelta(microseconds=latest)
        for method in aggregate.methods:
            found[method].append([_value(method, count, *sums), brief(begin), brief(until)])
    return found


def _where(key: int, attr: int, span: Span) -> tuple[str, dict[str, Any]]:
    values: dict[str, Any] = {"k": key, "attr": attr, "at": micros(span.at)}
    where = "k=:k AND attr=:attr AND observed"
    if span.relation == "before":
        return f"{where} < :at", values
    if span.relation == "after":
        return f"{where} >= :at", values
    return f"{where} >= :at AND observed < :end", {**values, "end": micros(span.end)}


def _value(
    method: str, count: int, total: float, least: float, most: float, squares: float, moved: float, sumsq: float
) -> float:
    """One method; the deviation is computed around a shift, so that large values lose no digits."""
    mean = moved / count
    found = {
        "totalCount": count, "sum": total, "avg": total / count, "min": least, "max": most, "sumsq": sumsq,
        "stddev": math.sqrt(max(0.0, squares / count - mean * mean)),
    }  # fmt: skip
    return found[method]
