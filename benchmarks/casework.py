"""The work queue, durable steps, clocks that turn and a rebuild at many cases, each beside the shortest honest program.

    python benchmarks/casework.py [--cases 1000000] [--kinds 200] [--steps 300] [--clocks 50000] [--rows URL|embedded]

Peers, in the same process and interleaved: the bare indexed query that returns the same lines; one durable transaction
of raw SQL that writes the same rows without rules. Goals: queue p95 < 100 ms and <= 3 x the bare query; steps >= 0.5 x
the bare transaction or >= 200/s over HTTP (uvicorn as the centre runs it, 8 clients at once); user acts during 50,000
due clocks keep their p95 within 3 x; the rebuild's memory is bounded.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import HTTPConnection
from itertools import batched
from typing import Any

AT = datetime(2018, 9, 28, 2, tzinfo=UTC)
DEPARTMENTS = 60
CLIENTS = 8
PAGE = 50
LINES = 20_000  # log lines per transaction while loading


def p95(seconds: list[float]) -> float:
    """The 95th percentile in milliseconds."""
    return sorted(seconds)[int(len(seconds) * 0.95) - 1] * 1000


def timed(work: Callable[[], Any]) -> float:
    """Seconds that ``work`` takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def load(cases: int, kinds: int) -> None:
    """One log line for each case, over kinds, departments, areas and days; projections are left to a rebuild."""
    import msgspec
    from django.db import transaction

    from dajing.kernel.casework import store
    from dajing.kernel.casework.models import CaseEvent
    from dajing.kernel.casework.tests.orders import KIND
    from dajing.kernel.rows import plain

    digests = [store.keep_kind(kind=msgspec.structs.replace(KIND, id=f"kind{n:03}")) for n in range(kinds)]

    def line(n: int) -> dict[str, Any]:
        data = {
            "kind_version": digests[n % kinds], "title": f"case {n}", "text": "", "area": f"1307{n % 19:02}",
            "subject": "", "fields": {}, "to": {"department": f"d{n % DEPARTMENTS}"}, "from": "office",
            "place": None, "parties": [],
        }  # fmt: skip
        at = AT - timedelta(minutes=n % 43_200)
        named = {"case": f"c-{n:07}", "seq": 1, "verb": "open", "at": at, "by": "person:1", "post": ""}
        return named | {"data": data, "sealed": None, "key": f"k{n}"}

    for numbers in batched(range(cases), LINES):
        with transaction.atomic():
            plain.add(into=CaseEvent, rows=[line(n) for n in numbers])


def queue(runs: int) -> None:
    """The first page of an ordinary user's department, whole and of one kind, beside the bare query."""
    from django.db import connection

    from dajing.kernel.casework.queue import Filter, Line, page
    from dajing.kernel.identity.actor import Actor

    columns = ", ".join(f'"{name}"' for name in Line.__struct_fields__)
    for kind in ("", "kind005"):
        ours, bare = [], []
        where = ' AND "kind" = %s' if kind else ""
        rest = f'"department" = %s{where} ORDER BY "due", "case" LIMIT {PAGE}'
        sql = f"SELECT {columns} FROM casework_queuerow WHERE {rest}"
        for n in range(runs):
            by = Actor(id="person:2", name="x", department=f"d{n % DEPARTMENTS}")
            wanted = Filter(at=AT, kind=kind)
            ours.append(timed(lambda by=by, wanted=wanted: page(by=by, whose="department", wanted=wanted)))
            given = [by.department, kind] if kind else [by.department]

            def asked(sql: str = sql, given: list[Any] = given) -> None:
                with connection.cursor() as cursor:
                    cursor.execute(sql, given)
                    cursor.fetchall()

            bare.append(timed(asked))
        print(
            f"queue{' of one kind' if kind else '':12}  p95 {p95(ours):7.2f} ms, bare query {p95(bare):7.2f} ms, "
            f"ratio {p95(ours) / p95(bare):.2f}, of medians {statistics.median(ours) / statistics.median(bare):.2f}; "
            "goal p95 < 100 ms and <= 3"
        )


def insert(cursor: Any, table: str, **row: Any) -> None:
    """One row in bare SQL."""
    names, marks = ", ".join(f'"{name}"' for name in row), ", ".join(["%s"] * len(row))
    cursor.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values()))


def steps(count: int) -> None:
    """Durable steps one after another, beside one transaction of raw SQL with the same rows."""
    from django.db import connection, transaction

    from dajing.kernel.casework import service, store
    from dajing.kernel.identity.actor import Actor

    roles = frozenset({"order.handle", "order.verify"})
    body = store.Case.objects.values_list("body", flat=True).first()

    def step(n: int) -> None:
        by = Actor(id="person:2", name="x", department=f"d{n % DEPARTMENTS}", roles=roles)
        service.act(
            case=f"c-{n:07}",
            verb="report",
            by=by,
            at=AT + timedelta(days=1),
            seq=1,
            key=f"s{n}",
            evidence={"photo": "objects/1"},
        )

    def raw(n: int) -> None:
        case, at = f"c-{n + count:07}", AT.isoformat()
        held = {"department": "d1", "post": "", "person": "", "state": "done", "waiting": False, "due": at, "seq": 2}
        with transaction.atomic(), connection.cursor() as cursor:
            line = {"verb": "report", "at": at, "by": "person:2", "post": "", "data": "{}", "key": f"r{n}", "seq": 2}
            insert(cursor, "casework_caseevent", case=case, **line)
            cursor.execute("UPDATE casework_case SET state = 'done', seq = 2, body = %s WHERE id = %s", [body, case])
            cursor.execute('DELETE FROM casework_queuerow WHERE "case" = %s', [case])
            insert(cursor, "casework_queuerow", case=case, kind="kind", title="case", area="130700", **held)
            cursor.execute('UPDATE casework_clockrow SET stopped = %s WHERE "case" = %s', [at, case])
            entry = {"by": "person:2", "subject": case, "at": at, "body": b"{}", "private": False, "sealed": False}
            insert(cursor, "ledger_entry", act="casework.case.report", **entry)
            insert(cursor, "bus_event", topic="none", payload="{}", at=at)
            insert(cursor, "series_batch", stream="none", known_at=at, count=1, body=b"x")

    ours: list[float] = []
    bare: list[float] = []
    for numbers in batched(range(count), 20):
        ours += [timed(partial(step, n)) for n in numbers]
        bare += [timed(partial(raw, n)) for n in numbers]
    own, peer = len(ours) / sum(ours), len(bare) / sum(bare)
    print(
        f"steps              {own:7.0f}/s durable, bare transaction {peer:7.0f}/s, ratio {own / peer:.2f} (goal >= 0.5)"
    )


def over_http(count: int, first: int) -> None:
    """Durable steps over HTTP by ``CLIENTS`` clients at once, each on the API with a department's token."""
    from concurrent.futures import ThreadPoolExecutor

    secrets = tokens()
    with served() as port, ThreadPoolExecutor(CLIENTS) as pool:
        waiting = [partial(step_over_http, port, secrets, n) for n in range(first, first + count)]
        pool.submit(waiting[0]).result()
        begin = time.perf_counter()
        seconds = list(pool.map(timed, waiting[1:]))
        took = time.perf_counter() - begin
    print(f"steps over HTTP    {len(seconds) / took:7.0f}/s, p95 {p95(seconds):.1f} ms; goal >= 200/s")


def tokens() -> dict[str, str]:
    """A token for each department that may handle orders."""
    from dajing.kernel.identity.models import ApiClient, ApiToken, Department
    from dajing.kernel.identity.tokens import digest

    made = {}
    for n in range(DEPARTMENTS):
        name, secret = f"d{n}", f"dj_{n}"
        office = Department.objects.create(
            pk=name, name_zh=name, name_en=name, kind="city", area="130700", valid_from="2015-01-01"
        )
        client = ApiClient.objects.create(pk=name, name=name, department=office)
        ApiToken.objects.create(
            client=client, digest=digest(secret), prefix=secret, scopes=["order.handle"], created_by="bench",
            created_at=AT, expires_at=datetime(2999, 1, 1, tzinfo=UTC),
        )  # fmt: skip
        made[name] = secret
    return made


@contextmanager
def served() -> Iterator[int]:
    """The people's port in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    options = ["--port", str(port), "--log-level", "error", "--no-access-log"]
    command = [sys.executable, "-m", "uvicorn", "dajing.kernel.web.asgi:application", *options]
    process = subprocess.Popen(command, env=os.environ | {"DAJING_LOG": "json"}, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait(30)


_links = threading.local()


def step_over_http(port: int, secrets: dict[str, str], n: int) -> None:
    """One step on the thread's own connection. Raises ``RuntimeError`` where it is not done."""
    if not hasattr(_links, "link"):
        _links.link = HTTPConnection("127.0.0.1", port, timeout=60)
        _links.link.connect()
        _links.link.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    body = json.dumps({"verb": "report", "seq": 1, "evidence": {"photo": "objects/1"}})
    headers = {"Authorization": f"Bearer {secrets[f'd{n % DEPARTMENTS}']}", "Idempotency-Key": f"h{n}",
               "Content-Type": "application/json"}  # fmt: skip
    _links.link.request("POST", f"/api/v1/casework/cases/c-{n:07}/acts", body, headers)
    answer = _links.link.getresponse()
    text = answer.read()
    if answer.status != 200:
        raise RuntimeError(text.decode()[:300])


def clocks(count: int, acts: int, first: int) -> None:
    """``count`` clocks due at once, worked off while a user acts; the acts' p95 beside that in quiet."""
    from django.db import connection

    from dajing.kernel.casework import handing, ticking
    from dajing.kernel.casework.models import ClockRow
    from dajing.kernel.identity.actor import Actor

    due = list(ClockRow.objects.filter(stopped=None).order_by("pk").values_list("pk", flat=True)[:count])
    for part in batched(due, 5_000):
        ClockRow.objects.filter(pk__in=part).update(next_at=AT, level=0)
    ClockRow.objects.exclude(pk__gte=due[0], pk__lte=due[-1]).update(next_at=None)

    def user(n: int) -> None:
        by = Actor(id="person:2", name="x", department=f"d{n % DEPARTMENTS}")
        handing.note(case=f"c-{n:07}", words="x", evidence=(), by=by, at=AT + timedelta(days=1), seq=1, key=f"n{n}")

    quiet = [timed(lambda n=n: user(n)) for n in range(first, first + acts)]
    took: list[float] = []

    def work() -> None:
        took.append(timed(lambda: ticking.tick(at=AT + timedelta(seconds=1))))
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    busy, n = [], first + acts
    while worker.is_alive():
        busy.append(timed(lambda n=n: user(n)))
        n += 1
    worker.join()
    print(
        f"clocks             {len(due):,} due at once worked off in {took[0]:.1f} s; acts meanwhile {len(busy)}: "
        f"p95 {p95(busy):.1f} ms, in quiet {p95(quiet):.1f} ms, ratio {p95(busy) / p95(quiet):.2f}; goal <= 3"
    )


def main() -> None:
    """Load, rebuild, then measure; everything in a data directory of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, number in (("cases", 1_000_000), ("kinds", 200), ("steps", 300), ("clocks", 50_000), ("runs", 300)):
        parser.add_argument(f"--{name}", type=int, default=number)
    parser.add_argument("--rows", default="", help="PostgreSQL by URL, or embedded for one of its own; else SQLite")
    given = parser.parse_args()
    with ExitStack() as held:
        folder = held.enter_context(tempfile.TemporaryDirectory())
        if given.rows == "embedded":
            from dajing.kernel.commands.testing import postgresql

            given.rows = held.enter_context(postgresql())
        os.environ |= {"DAJING_DATA": folder, "DAJING_ROWS": given.rows}
        from dajing.kernel.web.start import start

        start()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        measured(given)


def measured(given: argparse.Namespace) -> None:
    """Every figure, printed as it comes."""
    from dajing.kernel.casework import store

    loaded = timed(lambda: load(given.cases, given.kinds))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    took = timed(store.rebuild)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"log                {given.cases:,} lines of {given.kinds} kinds in {loaded:.0f} s")
    print(
        f"rebuild            {given.cases / took:7.0f} cases/s, {took:.0f} s; peak {peak:.0f} MB, {before:.0f} before"
    )
    queue(given.runs)
    steps(given.steps)
    over_http(given.steps, 2 * given.steps)
    clocks(min(given.clocks, given.cases), 100, 3 * given.steps)


if __name__ == "__main__":
    main()
