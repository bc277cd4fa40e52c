"""All indicators of the plan over 20 areas and 72 months from 10 million report rows, beside plain DuckDB.

    python benchmarks/readings.py [--rows 10000000] [--runs 5]

Both read the same Parquet file with the same memory limit and give, for every indicator and companion, area and month:
numerator, denominator, value, completeness, weakest kind, watermark, and the ids of the records behind it. Runs are
interleaved; the medians' ratio decides (goal: 1.5). The answers are asserted equal. ``structs`` is what forming the
final readings with statuses, reasons and evidence digests adds in Python; the SQL has no counterpart to it.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from dajing.domains.plan.loading import plan
from dajing.domains.plan.pack import Plan
from dajing.domains.plan.readings.computing import compute, eras, fields_of, partition
from dajing.domains.plan.readings.forming import Frame
from dajing.domains.plan.readings.uses import uses_of
from dajing.kernel.areas.api import areas
from dajing.kernel.catalog.engine import analytic_engine
from dajing.kernel.measures.evaluating import Use, evaluate_facts
from dajing.kernel.web.start import start

MONTHS = 72
GOAL = 1.5

# The same aggregation by hand: the valid row per field, area and month; one pass over the inputs of all indicators for
# the units; their sums for the city, with the share of the usual weight that was there.
SQL = """
with newest as (
    select field, area, period, max(known_at) as known_at from read_parquet($file) group by all
), valid as (
    select r.field, r.area, r.period, r.record_id, r.value, r.kind, r.known_at
    from read_parquet($file) r join newest using (field, area, period, known_at)
    qualify row_number() over (partition by r.field, r.area, r.period order by r.revision desc) = 1
), terms as materialized (
    select use, area, period,
        max(value) filter (role in ('numerator', 'field'))
            * if(any_value(weighted), max(value) filter (role = 'weight'), 1) as numerator,
        max(value) filter (role in ('denominator', 'weight')) as denominator,
        max(value) filter (role = 'field') as own,
        any_value(scale) as scale, any_value(divided) as divided, any_value(over) as over,
        count(distinct role) filter (value is not null) / any_value(expected) as completeness,
        max(case kind when 'measured' then 0 when 'reported' then 1 when 'estimated' then 2 when 'synthetic' then 3
            else 4 end) filter (value is not null) as rank,
        max(known_at) as watermark,
        list(role) filter (value is not null) as roles,
        list(record_id) filter (value is not null) as records
    from valid join uses on field = wanted group by use, area, period
), parts as (
    select *, abs(if(divided, denominator, numerator)) as weight from terms
    where list_contains($units, area) and over <> '' and numerator is not null
        and (denominator is not null or not divided)
), usual as (
    select use, area, avg(weight) as usual from parts group by all
), whole as (
    select use, avg(usual) * len($units) as whole from usual group by all
), city as (
    select use, period, sum(numerator) as numerator, sum(denominator) as denominator, max(scale) as scale,
        bool_or(divided) as divided, sum(usual) as there, count(*) as units, max(rank) as rank,
        max(watermark) as watermark
    from parts join usual using (use, area) group by all
)
select use, area, period, numerator, denominator,
    coalesce(own, scale * numerator / if(divided, nullif(denominator, 0), 1)) as value,
    completeness, null as units, rank, watermark, roles, records
from terms
union all
select use, $top, period, numerator, denominator,
    scale * numerator / if(divided, nullif(denominator, 0), 1),
    if(units = len($units), 1, coalesce(there / nullif(whole, 0), units / len($units))), units, rank, watermark,
    null, null
from city join whole using (use)
"""


def generate(*, file: Path, rows: int, fields: list[str], codes: list[str]) -> None:
    """Reports of every field, area and month, revised until there are ``rows``; some withdrawn, some never sent."""
    connection = duckdb.connect(config={"memory_limit": "2GB"})
    connection.execute("set TimeZone = 'UTC'")
    connection.execute(
        """
        copy (
            select 'r' || i as record_id, 'form' as form, $fields[1 + i % len($fields)] as field,
                $codes[1 + (i // len($fields)) % len($codes)] as area,
                strftime(date '2015-01-01' + to_months(((i // (len($fields) * len($codes))) % $months)::int), '%Y-%m')
                    as period,
                if(hash(i) % 97 = 0, null, (1 + hash(i * 7) % 1000000) / 8) as value,
                ['reported', 'measured', 'synthetic'][(1 + hash(i * 3) % 3)::int] as kind, 'office' as department,
                (1 + i // (len($fields) * len($codes) * $months))::int as revision, null::varchar as document,
                timestamptz '2015-02-10' + to_days((i // (len($fields) * len($codes) * $months))::int // 2) as known_at
            from range($rows) t(i) where hash(i // len($fields)) % 31 <> 0
        ) to '"""
        + str(file)
        + "' (format parquet)",
        {"fields": fields, "codes": codes, "months": MONTHS, "rows": rows},
    )
    connection.close()


def uses_rows(uses: list[Use]) -> pa.Table:
    """The parameters for the SQL: one row per use and role."""
    made = []
    for use in uses:
        wanted = use.params.fields()
        for role, field in wanted.items():
            made.append(
                {
                    "use": use.id,
                    "role": role,
                    "wanted": field,
                    "weighted": "weight" in wanted,
                    "divided": use.params.divides(),
                    "scale": use.params.numbers().get("scale", 1.0),
                    "over": use.over or "",
                    "expected": len(wanted),
                }
            )
    return pa.Table.from_pylist(made)


def by_hand(*, file: Path, uses: list[Use], codes: list[str], top: str) -> pa.Table:
    """The plain SQL, on a fresh connection as ours has."""
    connection = duckdb.connect(config={"memory_limit": "1GB"})
    connection.execute("set TimeZone = 'UTC'")
    connection.register("uses", uses_rows(uses))
    return connection.execute(SQL, {"file": str(file), "units": codes, "top": top}).to_arrow_table()


def ours(*, file: Path, uses: list[Use], codes: list[str], top: str) -> pa.Table:
    """The measures of the product over the same file."""
    facts = analytic_engine().files(name="bench_reports", paths=[str(file)])
    return evaluate_facts(facts=facts, uses=uses, units=codes, top=top)


def assert_equal(left: pa.Table, right: pa.Table) -> int:
    """Every row of both; how many."""
    tables = [{(r["use"], r["area"], r["period"]): r for r in table.to_pylist()} for table in (left, right)]
    assert tables[0].keys() == tables[1].keys()
    for key, one in tables[0].items():
        other = tables[1][key]
        for name in ("numerator", "denominator", "value", "completeness"):
            a, b = one[name], other[name]
            assert (a is None) == (b is None), (key, name, a, b)
            assert a is None or math.isclose(a, b, rel_tol=1e-9), (key, name, a, b)
        assert all(one[name] == other[name] for name in ("units", "rank", "watermark")), (key, one, other)
        assert all(sorted(one[n] or []) == sorted(other[n] or []) for n in ("roles", "records")), key
    return len(tables[0])


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """How long, and what came of it."""
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def structs(*, chosen: Plan, uses: list[Use], codes: list[str], table: pa.Table) -> int:
    """Form every reading with status, reasons and evidence digest; how many."""
    found = {(row["use"], row["area"], row["period"]): row for row in table.to_pylist()}
    frame = Frame(
        top=chosen.area,
        partitions=dict.fromkeys((period for _, within in eras(plan=chosen) for period in within), tuple(codes)),
        names={code: area.name for code, area in areas().items()},
        fields=fields_of(plan=chosen),
        uses={use.id: use for use in uses_of(plan=chosen)},
        rows=found,
    )
    return len(compute(plan=chosen, frame=frame, on=date(2021, 1, 1)))


def main() -> None:
    """Generate, run both by turns, compare, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    os.environ["DAJING_DATA"] = tempfile.mkdtemp(prefix="dajing-bench-")
    start()
    chosen = plan()
    uses = [use for use in uses_of(plan=chosen) if use.measure.stream is None]
    codes = [unit.code for unit in partition(period=f"{chosen.last_year}-12")]
    fields = sorted({field for use in uses for field in use.params.fields().values()})
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "reports.parquet"
        generate(file=file, rows=options.rows, fields=fields, codes=[*codes, chosen.area])
        print(f"{options.rows:,} rows, {file.stat().st_size / 1e6:.0f} MB, {len(uses)} uses, {len(codes) + 1} areas")
        given = {"file": file, "uses": uses, "codes": codes, "top": chosen.area}
        count = assert_equal(ours(**given), by_hand(**given))  # also warms both
        times: dict[str, list[float]] = {"dajing": [], "duckdb": []}
        for _ in range(options.runs):
            for name, work in (("dajing", ours), ("duckdb", by_hand)):
                taken, table = seconds(partial(work, **given))
                times[name].append(taken)
                if name == "dajing":
                    last = table
        taken, formed = seconds(lambda: structs(chosen=chosen, uses=uses, codes=codes, table=last))
    medians = {name: statistics.median(found) for name, found in times.items()}
    for name, found in times.items():
        print(f"{name:7} median {medians[name]:.2f} s  ({', '.join(f'{t:.2f}' for t in found)})")
    ratio = medians["dajing"] / medians["duckdb"]
    print(f"{count:,} equal rows; ratio {ratio:.2f} (goal ≤ {GOAL}); structs: {formed:,} readings in {taken:.2f} s")


if __name__ == "__main__":
    main()
