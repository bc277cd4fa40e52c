"""Append to the fact tail beside raw SQLite, and aggregates over history beside DuckDB on the same Parquet files.

    python benchmarks/history.py [--rows 2000000] [--facts 200000] [--runs 5]

Peers, in the same run and interleaved: (a) ``executemany`` of the same typed rows into an indexless table through the
same SQLite with the same pragmas and the same number of durable commits, from the same list of dicts; (b) DuckDB SQL
over the same Parquet files, same version, same thread and memory settings, its result fetched as Arrow like ours.
Goals: append >= 0.3 x the peer's rate; each aggregate <= 1.3 x the peer's time.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

COLUMNS = {"sensor": "int32", "attribute": "string", "observed_at": "timestamp", "value": "float64"}
START = datetime(2018, 1, 1, tzinfo=UTC)
COMMIT = 10_000  # facts per durable commit, for both
ATTRIBUTES = ("pm25", "pm10", "noise", "temperature")


def facts(first: int, count: int) -> list[dict[str, Any]]:
    """Synthetic observations, one a minute for each of 1,000 sensors, values at random to one decimal."""
    chance = random.Random(first)
    return [
        {
            "sensor": n % 1000,
            "attribute": ATTRIBUTES[n % 4],
            "observed_at": START + timedelta(minutes=n // 1000),
            "value": round(chance.gauss(50, 15), 1),
        }
        for n in range(first, first + count)
    ]


def timed(work: Callable[[], Any]) -> float:
    """Seconds that ``work`` takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def interleaved(runs: int, ours: Callable[[], Any], peer: Callable[[], Any]) -> tuple[float, float]:
    """Medians of ``runs`` alternating runs of both, after one warm-up each."""
    ours(), peer()
    pairs = [(timed(ours), timed(peer)) for _ in range(runs)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def raw_tail(folder: Path, rows: list[dict[str, Any]]) -> Callable[[], None]:
    """The shortest honest durable insert of the same facts."""
    from pysqlite3 import dbapi2

    from dajing.kernel.rows.location import PRAGMAS

    connection = dbapi2.connect(str(folder / "raw.db"), isolation_level=None)
    connection.executescript(PRAGMAS)
    connection.execute("CREATE TABLE tail (sensor INT, attribute TEXT, observed_at INT, value REAL, known_at INT)")
    known = int(START.timestamp() * 1e6)

    def insert() -> None:
        for start in range(0, len(rows), COMMIT):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT INTO tail VALUES (?, ?, ?, ?, ?)",
                (
                    (f["sensor"], f["attribute"], int(f["observed_at"].timestamp() * 1e6), f["value"], known)
                    for f in rows[start : start + COMMIT]
                ),
            )
            connection.execute("COMMIT")

    return insert


def our_tail(rows: list[dict[str, Any]]) -> Callable[[], None]:
    """The same facts through ``append``."""
    from django.db import transaction

    from dajing.kernel.series.api import append

    def insert() -> None:
        for start in range(0, len(rows), COMMIT):
            with transaction.atomic():
                append(stream="bench.append", facts=rows[start : start + COMMIT], known_at=START)

    return insert


def load(total: int) -> list[str]:
    """``total`` observations in history, in files of a million; their paths."""
    from dajing.kernel.series.api import append
    from dajing.kernel.series.flushing import flush
    from dajing.kernel.series.history import moved

    for first in range(0, total, 1_000_000):
        count = min(1_000_000, total - first)
        for start in range(first, first + count, 200_000):
            append(stream="bench.history", facts=facts(start, min(200_000, first + count - start)), known_at=START)
        flush(stream="bench.history", at=START)
    return [path.removeprefix("file://") for path in moved(stream="bench.history").paths]


def aggregate(unit: str) -> Callable[[], Any]:
    """Mean and count per attribute and hour or month, through the catalogue, as of a time."""
    from dajing.kernel.catalog.api import relation

    def run() -> Any:
        table = relation(stream="bench.history", as_of=START)
        by = table.group_by(table["attribute"], at=table["observed_at"].truncate(unit))
        return by.agg(mean=table["value"].mean(), n=table.count()).to_pyarrow()

    return run


def plain(unit: str, paths: list[str], folder: Path) -> Callable[[], Any]:
    """The same in DuckDB's own SQL."""
    import duckdb

    from dajing.engines.duck import MEMORY

    connection = duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": str(folder / "spill")})
    connection.execute("SET TimeZone = 'UTC'")
    word = {"h": "hour", "M": "month"}[unit]
    sql = (
        f"SELECT attribute, date_trunc('{word}', observed_at) AS at, avg(value), count(*) "
        "FROM read_parquet(?) WHERE known_at <= ? GROUP BY ALL"
    )
    return lambda: connection.execute(sql, [paths, START]).to_arrow_table()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=2_000_000, help="observations in history")
    parser.add_argument("--facts", type=int, default=200_000, help="facts appended per run")
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dajing-bench-") as name:
        os.environ["DAJING_DATA"] = name
        measure(Path(name), given.rows, given.facts, given.runs)


def measure(folder: Path, rows: int, count: int, runs: int) -> None:
    """Both comparisons."""
    from dajing.kernel.web.start import start

    start()
    from django.core.management import call_command

    from dajing.kernel.series.api import declare

    call_command("migrate", verbosity=0)
    declare(stream="bench.append", columns=COLUMNS)
    declare(stream="bench.history", columns=COLUMNS)
    batch = facts(0, count)
    ours, peer = interleaved(runs, our_tail(batch), raw_tail(folder, batch))
    rates = f"{count / ours:>12,.0f} facts/s   raw SQLite {count / peer:>12,.0f}"
    print(f"append       {rates}   ratio {peer / ours:.2f} (goal >= 0.3)")
    begin = time.perf_counter()
    paths = load(rows)
    size = sum(Path(path).stat().st_size for path in paths)
    rate = rows / (time.perf_counter() - begin)
    print(f"load + flush {rate:>12,.0f} facts/s   {size / rows:.2f} B/observation, {len(paths)} files")
    for word, unit in (("hourly", "h"), ("monthly", "M")):
        ours, peer = interleaved(runs, aggregate(unit), plain(unit, paths, folder))
        print(f"{word:<12} {ours:>12.3f} s over {rows:,}   DuckDB {peer:.3f} s   ratio {ours / peer:.2f} (goal <= 1.3)")


if __name__ == "__main__":
    main()
