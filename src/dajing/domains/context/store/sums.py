"""Aggregations of numbers straight from the index of history, for the common case; the rules decide all others.

The index (entity, attribute, time, value, dataset) holds everything that is needed, so no instance is decoded.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import apsw

from dajing.domains.context.ngsi.evolution import MOST_BUCKETS, Aggregate, Span, bounds, brief
from dajing.domains.context.ngsi.evolution import step as following
from dajing.domains.context.ngsi.terms import micros
from dajing.domains.context.store.reader import Reader

# what a method needs of a period; the deviation is computed around a shift, so that large values lose no digits
_NEEDS = {
    "sum(value)": {"sum", "avg"},
    "min(value)": {"min"},
    "max(value)": {"max"},
    "sum((value-:shift)*(value-:shift))": {"stddev"},
    "sum(value-:shift)": {"stddev"},
    "sum(value*value)": {"sumsq"},
}
# each period is one range of the index, and the next one begins where the next observation lies: nothing is sorted,
# and one row comes back, since every further one would wait for the interpreter (17 digits keep each double exactly)
_RANGE = "k=:k AND attr=:attr AND observed >= :low + b.n * :step AND observed < min(:low + (b.n + 1) * :step, :until)"
_LATER = "k=:k AND attr=:attr AND observed >= :low + (b.n + 1) * :step AND observed < :until"
_PERIODS = (
    "WITH RECURSIVE b(n) AS (SELECT (:first - :low) / :step UNION ALL "
    f"SELECT (SELECT (min(observed) - :low) / :step FROM instance WHERE {_LATER}) FROM b WHERE b.n IS NOT NULL "
    f"LIMIT {MOST_BUCKETS + 2}) SELECT json_group_array(json((SELECT json_array(b.n, count(*), "
    "{plain}, {latest}, {sums}) FROM instance "
    f"WHERE {_RANGE}))) FROM b WHERE b.n IS NOT NULL"
)
# the same by grouping, where an answer of many rows costs no more than one row
_GROUPED = (
    "SELECT (observed - :low) / :step AS b, count(*), {plain}, {latest}, {sums} "
    "FROM instance WHERE k=:k AND attr=:attr AND observed >= :first AND observed < :until "
    f"GROUP BY 1 ORDER BY 1 LIMIT {MOST_BUCKETS + 1}"
)
_PLAIN = "count(CASE WHEN dataset IS NULL THEN value END)"  # numbers of the default instance; of each row one step less
_ENDLESS = 2**62
_ALL = 10**17  # microseconds: one period that holds every time there is
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def aggregated(*, reader: Reader, key: int, attr: int, span: Span, aggregate: Aggregate) -> dict[str, Any] | None:
    """``{"type": "Property", method: [[value, start, end], …]}``, or None where the instances must be looked at.

    That is where periods have months, another time than ``observedAt`` counts, values are no numbers, there are several
    datasets, distinct values are counted, or part of the history is archived.
    """
    if (
        span.timeproperty != "observedAt" or not span.relation or span.last
        or "distinctCount" in aggregate.methods or (aggregate.period is not None and aggregate.period[0])
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
    until = values.get("end", values["at"] if span.relation == "before" else _ENDLESS)
    limits = {"k": key, "attr": attr, "low": micros(low.isoformat()), "first": first[0], "until": until}
    rows = _periods(reader, set(aggregate.methods), {**limits, "step": step or _ALL, "shift": first[1]})
    if rows is None:
        return None
    found: dict[str, Any] = {"type": "Property", **{method: [] for method in aggregate.methods}}
    edge, text = None, ""  # where the period before ended, which is mostly where the next one begins
    for b, count, _, latest, *sums in rows:
        begin = low + timedelta(microseconds=b * step)
        until = (
            following(begin, (0, timedelta(microseconds=step)), 1)
            if step
            else end or EPOCH + timedelta(microseconds=latest)
        )
        first = text if begin == edge else brief(begin)
        edge, text = until, brief(until)
        for method in aggregate.methods:
            found[method].append([_value(method, count, *sums), first, text])
    return found


def _periods(reader: Reader, methods: set[str], values: dict[str, Any]) -> list[list[Any]] | None:
    """Number, count, numbers, last time and sums of every period that holds an observation, in order of time."""
    needed = [bool(methods & users) for users in _NEEDS.values()]
    columns = ", ".join(sql if need else "NULL" for sql, need in zip(_NEEDS, needed, strict=True))
    if "stddev" not in methods:
        values = {name: value for name, value in values.items() if name != "shift"}
    run = reader.connection.execute
    latest = "max(observed)" if values["step"] == _ALL else "NULL"  # the end of the one period that has no other
    rows: list[Any]
    if isinstance(reader.connection, apsw.Connection):
        rows = json.loads(run(_PERIODS.format(sums=columns, plain=_PLAIN, latest=latest), values).get)
    else:
        rows = run(_GROUPED.format(sums=columns, plain=_PLAIN, latest=latest), values).fetchall()
    if len(rows) > MOST_BUCKETS or any(total != numbers for _, total, numbers, *_ in rows):
        return None
    # infinities have no sum, and SQLite says NULL
    if any(
        need and (value is None or not math.isfinite(value))
        for row in rows
        for need, value in zip(needed, row[4:], strict=True)
    ):
        return None
    return rows


def _where(key: int, attr: int, span: Span) -> tuple[str, dict[str, Any]]:
    values: dict[str, Any] = {"k": key, "attr": attr, "at": micros(span.at)}
    where = "k=:k AND attr=:attr AND observed"
    if span.relation == "before":
        return f"{where} < :at", values
    if span.relation == "after":
        return f"{where} >= :at", values
    return f"{where} >= :at AND observed < :end", {**values, "end": micros(span.end)}


def _value(method: str, count: int, *sums: float) -> float:
    """One method from what it needs (see ``_NEEDS``)."""
    total, least, most, squares, moved, sumsq = sums
    if method == "avg":
        return total / count
    if method == "stddev":
        return math.sqrt(max(0.0, squares / count - (moved / count) ** 2))
    return {"totalCount": count, "sum": total, "min": least, "max": most, "sumsq": sumsq}[method]
