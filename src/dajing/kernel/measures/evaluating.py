"""Measures over a stream, all uses, areas and periods at once, as Ibis expressions that every engine can run.

The stream has at least the columns ``record_id, field, area, period, value, kind, known_at`` and, where rows are
revised, ``revision``. The valid row of (field, area, period) is the one with the greatest (known_at, revision).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import msgspec

from dajing.kernel.catalog.api import latest, relation, rows
from dajing.kernel.measures.reading import Kind
from dajing.kernel.measures.registry import Inputs, Measure, Params, find

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

STRENGTH = {kind: rank for rank, kind in enumerate(Kind)}
KEYS = ["field", "area", "period"]
GROUP = ["use", "area", "period"]


COLUMNS = {
    "use": "string",
    "area": "string",
    "period": "string",
    "numerator": "float64",
    "denominator": "float64",
    "value": "float64",
    "completeness": "float64",
    "units": "int64",
    "rank": "int64",
    "watermark": "timestamp('UTC', 6)",
    "roles": "array<string>",
    "records": "array<string>",
}


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """One use of a measure: ``id`` comes back with every row; ``over`` says how ``top`` comes from the units.

    ``weighted`` divides the sum of numerators by the sum of denominators, ``sum`` adds, None computes no ``top``.
    """

    id: str
    measure: Measure
    params: Params
    over: Literal["weighted", "sum"] | None = "weighted"


def use(
    *, id: str, measure: str, params: dict[str, object], over: Literal["weighted", "sum"] | None = "weighted"
) -> Use:
    """A use with its measure found and its parameters checked. Raises ``MeasureUnknown``, ``ParametersInvalid``."""
    found = find(id=measure)
    return Use(id=id, measure=found, params=found.parse(params), over=over)


def evaluate(
    *,
    stream: str,
    uses: Sequence[Use],
    units: Sequence[str],
    top: str,
    as_of: datetime | None = None,
    url: str | None = None,
    periods: Sequence[str] | None = None,
) -> pa.Table:
    """All uses for every unit and period that has records (of ``periods``, if given), and for ``top`` over the units.

    One row per (use, area, period): ``numerator``, ``denominator``, ``value`` (null: not computable), ``completeness``,
    ``units`` (how many were added up; null for a unit's own row), ``rank`` (weakest kind), ``watermark``, ``roles``
    and ``records`` (roles that had a value, and the ids of their records; empty for ``top``: those of its units).
    ``as_of`` is what was known; ``url`` another engine than the one set. Raises ``StreamUnknown``, ``TimeNaive``.
    """
    facts = relation(stream=stream, as_of=as_of, url=url)
    if periods is not None:
        facts = facts.filter(facts["period"].isin(list(periods)))
    return evaluate_facts(facts=facts, uses=uses, units=units, top=top, url=url)


def evaluate_facts(
    *, facts: ir.Table, uses: Sequence[Use], units: Sequence[str], top: str, url: str | None = None
) -> pa.Table:
    """``evaluate`` over a relation of the engine at ``url``."""
    import pyarrow as pa

    parts = []
    for per in ("field", "record"):
        mine = [u for u in uses if u.measure.per == per]
        if mine:
            inputs = valid(
                facts=facts, fields=sorted({f for u in mine for f in u.params.fields().values()}), per=per, url=url
            )
            held = rows(name=f"valid_{per}", table=inputs.to_pyarrow(), url=url) if per == "field" else inputs
            parts += [_of_measure(held, group, units, top, url).to_pyarrow() for group in _by_measure(mine)]
    return pa.concat_tables(parts, promote_options="permissive")


def valid(*, facts: ir.Table, fields: Sequence[str], per: str, url: str | None = None) -> ir.Table:
    """The valid rows of ``fields``: one per (field, area, period), or one per record.

    The newest ``known_at`` per key is found first and joined back, before versions of the same moment are ranked: on
    millions of rows this is many times cheaper than ranking all of them. It is a query of its own, because as a part of
    one query the engine would keep a copy of every row for its second use.
    """
    keys = [*KEYS, "record_id"] if per == "record" else KEYS
    import pyarrow as pa
    import pyarrow.compute as pc

    asked = facts.filter(facts["field"].isin(list(fields))) if per == "record" else facts
    times = asked.group_by(keys).agg(newest=asked["known_at"].max()).to_pyarrow()
    # Picking the fields from the few groups is cheaper than comparing every row's text with a list of names.
    newest = rows(name=f"newest_{per}", table=times.filter(pc.is_in(times["field"], pa.array(fields))), url=url)
    columns = [*keys, *(c for c in ("record_id", "value", "kind", "known_at", "revision") if c in facts.columns)]
    same = [*((key, key) for key in keys), ("known_at", "newest")]
    candidates = facts[list(dict.fromkeys(columns))].semi_join(newest, same)
    return latest(candidates, keys=keys)[[*KEYS, "record_id", "value", "kind", "known_at"]]


def _by_measure(uses: Sequence[Use]) -> list[list[Use]]:
    ids = sorted({u.measure.id for u in uses})
    return [[u for u in uses if u.measure.id == id] for id in ids]


def _uses_table(uses: Sequence[Use]) -> pa.Table:
    """One row per use and role, with its numeric parameters."""
    import pyarrow as pa

    found = [
        {
            "use": u.id,
            "role": role,
            "wanted": field,
            "divided": int(u.params.divides()),
            "over": u.over or "",
            "expected": len(u.params.fields()),
            **{f"number_{name}": number for name, number in u.params.numbers().items()},
        }
        for u in uses
        for role, field in u.params.fields().items()
    ]
    return pa.Table.from_pylist(found)


def _of_measure(inputs: ir.Table, uses: Sequence[Use], units: Sequence[str], top: str, url: str | None) -> ir.Table:
    measure = uses[0].measure
    wanted = rows(name=f"uses_{measure.id}", table=_uses_table(uses), url=url)
    joined = inputs.join(wanted, inputs["field"] == wanted["wanted"])
    terms = _terms(joined, measure)
    own = terms.mutate(completeness=terms["found"] / terms["expected"], units=_null("int64"))
    return _shaped(own).union(_shaped(_top(terms, units, top)))


def _terms(joined: ir.Table, measure: Measure) -> ir.Table:
    """Numerator, denominator, value, evidence per (use, area, period)."""
    import ibis

    asked = measure.terms(Inputs(rows=joined))
    present = joined["value"].notnull()
    rank = ibis.cases(*((joined["kind"] == kind.value, rank) for kind, rank in STRENGTH.items()), else_=len(STRENGTH))
    grouped = joined.group_by(GROUP).agg(
        numerator=asked.numerator,
        denominator=_null("float64") if asked.denominator is None else asked.denominator,
        scale=ibis.literal(asked.scale, "float64") if isinstance(asked.scale, float) else asked.scale,
        own=_null("float64") if asked.value is None else asked.value,
        divided=joined["divided"].max(),
        over=joined["over"].max(),
        expected=joined["expected"].max(),
        rank=rank.cast("int64").max(where=present),
        watermark=joined["known_at"].max(),
        found=joined["role"].nunique(where=present),
        roles=joined["role"].collect(where=present),
        records=joined["record_id"].collect(where=present),
    )
    quotient = grouped["scale"] * grouped["numerator"] / grouped["denominator"].nullif(0)
    amount = grouped["scale"] * grouped["numerator"]
    computed = (grouped["divided"] == 1).ifelse(quotient, amount)
    return grouped.mutate(value=grouped["own"].coalesce(computed))


def _top(terms: ir.Table, units: Sequence[str], top: str) -> ir.Table:
    """The units added up: what is there, and how much of the usual whole that is.

    A unit's usual weight is the mean of its denominators (of its amounts where there is none) over all its periods; one
    that never reported counts with the mean weight of the others. ``completeness`` is the share of the usual weight
    that was added up; 1 exactly when every unit is there.
    """
    divided = terms["divided"] == 1
    there = terms["numerator"].notnull() & (terms["denominator"].notnull() | ~divided)
    parts = terms.filter(terms["area"].isin(list(units)) & (terms["over"] != "") & there)
    weight = (parts["divided"] == 1).ifelse(parts["denominator"], parts["numerator"].abs())
    parts = parts.mutate(weight=weight)
    usual = parts.group_by("use", "area").agg(usual=parts["weight"].mean())
    mean = usual.group_by("use").agg(mean=usual["usual"].mean())
    weighed = parts.inner_join(usual, ["use", "area"])
    sums = weighed.group_by("use", "period").agg(
        numerator=weighed["numerator"].sum(),
        denominator=weighed["denominator"].sum(),
        scale=weighed["scale"].max(),
        divided=weighed["divided"].max(),
        rank=weighed["rank"].max(),
        watermark=weighed["watermark"].max(),
        units=weighed.count(),
        there=weighed["usual"].sum(),
    )
    whole = sums.inner_join(mean, "use")
    quotient = whole["scale"] * whole["numerator"] / whole["denominator"].nullif(0)
    share = (whole["there"] / (whole["mean"] * len(units)).nullif(0)).coalesce(whole["units"] / len(units))
    return whole.mutate(
        area=_text(top),
        value=(whole["divided"] == 1).ifelse(quotient, whole["scale"] * whole["numerator"]),
        completeness=(whole["units"] == len(units)).ifelse(1.0, share),
        roles=_null("array<string>"),
        records=_null("array<string>"),
    )


def _text(value: str) -> ir.StringScalar:
    import ibis

    return ibis.literal(value, "string")


def _null(kind: str) -> ir.Scalar:
    import ibis

    return ibis.null(kind)


def _shaped(table: ir.Table) -> ir.Table:
    return table.select(**{name: table[name].cast(kind) for name, kind in COLUMNS.items()})
