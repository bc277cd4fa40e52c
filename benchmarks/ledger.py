"""Durable acts through the ledger beside the same rows inserted bare, and the time of a proof.

    python benchmarks/ledger.py [--entries 100000] [--batch 1000] [--acts 20000] [--runs 5]

Peer, in the same run and interleaved: ``executemany`` of the same finished rows into an equal, indexed table through
the same SQLite with the same pragmas and the same number of durable commits. "recorded" is what the acting transaction
pays; "sealed" adds chain, tree and signature, which a worker does afterwards. Goals: >= 5,000 durable acts/s recorded
and sealed; a proof < 10 ms.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

AT = datetime(2018, 6, 30, 8, tzinfo=UTC)
TABLE = (
    "CREATE TABLE bare (id INTEGER PRIMARY KEY AUTOINCREMENT, act TEXT, by TEXT, subject TEXT, at TEXT, body BLOB, "
    "private BOOL, sealed BOOL); CREATE INDEX bare_subject ON bare (subject); "
    "CREATE INDEX bare_unsealed ON bare (id) WHERE NOT sealed;"
)


def timed(work: Callable[[], Any]) -> float:
    """Seconds that ``work`` takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def recorder(count: int, batch: int) -> Callable[[], None]:
    """``count`` acts in durable commits of ``batch``."""
    from django.db import transaction

    from dajing.kernel.identity.actor import system
    from dajing.kernel.ledger.api import Act, record_many

    by = system("benchmark")
    acts = [Act(act="bench.report.locked", subject=f"report:{n}", detail={"n": n, "v": n / 7}) for n in range(count)]

    def run() -> None:
        for start in range(0, count, batch):
            with transaction.atomic():
                record_many(acts=acts[start : start + batch], by=by, at=AT)

    return run


def bare(folder: Path, count: int, batch: int) -> Callable[[], None]:
    """The shortest honest durable insert of the same finished rows."""
    from pysqlite3 import dbapi2

    from dajing.kernel.ledger.proof import canonical
    from dajing.kernel.ledger.sealing import stamp
    from dajing.kernel.rows.location import PRAGMAS

    connection = dbapi2.connect(str(folder / "bare.db"), isolation_level=None)
    connection.executescript(PRAGMAS + TABLE)
    rows = [
        ("bench.report.locked", "system:benchmark", f"report:{n}", stamp(AT), canonical({"n": n, "v": n / 7}), 0, 0)
        for n in range(count)
    ]
    insert = "INSERT INTO bare (act, by, subject, at, body, private, sealed) VALUES (?, ?, ?, ?, ?, ?, ?)"

    def run() -> None:
        for start in range(0, count, batch):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(insert, rows[start : start + batch])
            connection.execute("COMMIT")

    return run


def appending(folder: Path, count: int, batch: int, runs: int) -> None:
    """Rates of recording and sealing, medians of interleaved runs after one warm-up of each."""
    from dajing.kernel.ledger.api import seal

    ours, peer = recorder(count, batch), bare(folder, count, batch)
    ours(), peer(), seal(at=AT)
    times = [(timed(ours), timed(lambda: seal(at=AT)), timed(peer)) for _ in range(runs)]
    recorded, sealing, plain = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"recorded           {count / recorded:>10,.0f} acts/s   bare rows {count / plain:>10,.0f}", end="   ")
    print(f"ratio {plain / recorded:.2f}   ({batch:,} acts per durable commit)")
    both = recorded + sealing
    print(f"recorded + sealed  {count / both:>10,.0f} acts/s   ratio {plain / both:.2f} (goal >= 5,000 acts/s)")


def proving(entries: int) -> None:
    """Time of a proof and of its check without Django's store, over ``entries`` sealed entries."""
    from dajing.kernel.ledger.api import prove, seal
    from dajing.kernel.ledger.models import Entry, Leaf
    from dajing.kernel.ledger.proof import faults as faults_of

    while (lacking := entries - Leaf.objects.count()) > 0:
        recorder(min(lacking, 50_000), 5_000)()
        seal(at=AT)
    first, last = Entry.objects.order_by("pk").first(), Entry.objects.order_by("-pk").first()
    assert first is not None and last is not None
    chance = random.Random(7)
    asked = [chance.randint(first.pk, last.pk) for _ in range(200)]
    prove(entry=asked[0])
    times = sorted(timed(lambda entry=entry: prove(entry=entry)) for entry in asked)
    proof = prove(entry=asked[1])
    faults = faults_of(proof)
    assert not faults, faults
    checked = statistics.median(timed(lambda: faults_of(proof)) for _ in range(50))
    print(f"proof of one in {Leaf.objects.count():,}: median {times[100] * 1000:.2f} ms, ", end="")
    print(f"99 % within {times[197] * 1000:.2f} ms (goal < 10 ms); checked in {checked * 1000:.2f} ms")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--entries", type=int, default=100_000, help="entries in the ledger when proofs are timed")
    parser.add_argument("--acts", type=int, default=20_000, help="acts per run")
    parser.add_argument("--batch", type=int, default=1_000, help="acts per durable commit")
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dajing-bench-") as name:
        os.environ["DAJING_DATA"] = name
        from dajing.kernel.web.start import start

        start()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        appending(Path(name), given.acts, given.batch, given.runs)
        proving(given.entries)


if __name__ == "__main__":
    main()
