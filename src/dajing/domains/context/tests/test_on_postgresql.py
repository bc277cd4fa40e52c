"""What only PostgreSQL can do to the live store: a second writer, a lost connection, an error inside a transaction."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import apsw
import httpx
import psycopg
import pytest

from dajing.domains.context.broker.state import Broker
from dajing.domains.context.store import postgresql
from dajing.domains.context.store.postgresql import AnotherWriter, Connection, translated
from dajing.domains.context.store.schema import TABLES, Location, begun, connect
from dajing.domains.context.store.transaction import Transaction
from dajing.kernel.settings import REPOSITORY

pytestmark = pytest.mark.store
LAMP = {"id": "urn:ngsi-ld:Lamp:1", "type": "Lamp", "power": {"value": 3}, "name": {"value": "a\0b"}}


def test_statements_are_said_in_postgresqls_words() -> None:
    assert translated("SELECT a FROM t WHERE k=? AND b=:name LIMIT 5") == (
        "SELECT a FROM t WHERE k=%s AND b=%(name)s LIMIT 5"
    )
    assert translated("BEGIN IMMEDIATE") == "BEGIN"


async def test_two_brokers_never_write_into_one_database(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(broker.path, str)
    monkeypatch.setattr(postgresql, "WAITS", 0.2)
    second = Broker(path=broker.path, clock=lambda: datetime.now(UTC))
    with pytest.raises(AnotherWriter):
        await second.start()


def test_the_lock_of_a_killed_writer_is_free_for_the_next(store: Location) -> None:
    code = (
        "import sys, time\nfrom dajing.domains.context.store.schema import connect\n"
        "connect(path=sys.argv[1], write=True)\nprint('open', flush=True)\ntime.sleep(600)"
    )
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "src")}
    first = subprocess.Popen([sys.executable, "-c", code, str(store)], stdout=subprocess.PIPE, env=environment)
    assert first.stdout is not None and first.stdout.readline() == b"open\n"
    first.send_signal(signal.SIGKILL)
    first.wait()
    Connection(url=str(store), write=True).close()
    first.stdout.close()


async def test_an_act_that_the_database_refuses_undoes_only_itself(broker: Broker) -> None:
    def twice(tx: Transaction) -> None:
        tx._connection.execute("INSERT INTO tenant VALUES ('x')")
        tx._connection.execute("INSERT INTO tenant VALUES ('x')")

    first, second = broker.write(lambda tx: tx.begin_tenant("before")), broker.write(twice)
    third = broker.write(lambda tx: tx.begin_tenant("after"))
    with pytest.raises(apsw.ConstraintError):
        await second
    await asyncio.gather(first, third)
    assert broker.reader.tenants() == {"before", "after"}


async def test_a_connection_that_the_server_ends_is_opened_again_and_nothing_acknowledged_is_lost(
    broker: Broker, city: httpx.AsyncClient
) -> None:
    assert (await city.post("/entities", json=LAMP)).status_code == 201
    with psycopg.connect(str(broker.path), autocommit=True) as server:
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s"
        assert len(server.execute(ended, (postgresql.NAME,)).fetchall()) >= 2
    found = []
    for value in range(5):
        answer = await city.patch(f"/entities/{LAMP['id']}/attrs", json={"power": {"value": value}})
        found.append(answer.status_code)
    assert found[-1] == 204 and set(found) <= {204, 503, 507}
    shown = (await city.get(f"/entities/{LAMP['id']}", params={"options": "keyValues"})).json()
    assert (shown["power"], shown["name"]) == (4, "a\0b")


def test_tables_are_made_once_and_stay(store: Location) -> None:
    for _ in range(2):
        made = Connection(url=str(store), write=True)
        made.prepare(tables=TABLES)
        made.execute("INSERT INTO tenant VALUES (?) ON CONFLICT DO NOTHING", ("kept",))
        made.close()
    reader = Connection(url=str(store))
    assert reader.execute("SELECT count(*) FROM tenant").get == 1
    with pytest.raises(apsw.Error):
        reader.execute("DELETE FROM tenant")
    reader.close()


async def test_a_server_that_is_away_is_said_so_and_nobody_waits_for_ever(
    broker: Broker, city: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await city.post("/entities", json=LAMP)).status_code == 201
    writer: Any = broker.writer._connection
    monkeypatch.setattr(writer, "_url", "postgresql://127.0.0.1:1/nowhere")
    writer._db.close()
    answer = await asyncio.wait_for(city.patch(f"/entities/{LAMP['id']}/attrs", json={"power": {"value": 7}}), 30)
    assert answer.status_code in (503, 507)
    monkeypatch.setattr(writer, "_url", broker.path)
    assert (await city.patch(f"/entities/{LAMP['id']}/attrs", json={"power": {"value": 8}})).status_code == 204


async def test_an_id_that_no_index_can_hold_is_refused_and_the_other_writes_go_on(city: httpx.AsyncClient) -> None:
    # noise, since PostgreSQL compresses what it can before it measures
    long = "urn:x:" + "".join(f"{(n * 2654435761) % 2**32:08x}" for n in range(500))
    refused, taken = await asyncio.gather(
        city.post("/entities", json={"id": long, "type": "Lamp"}), city.post("/entities", json=LAMP)
    )
    assert (refused.status_code, taken.status_code) == (400, 201)
    assert "longer" in refused.json()["detail"]


def test_a_store_is_there_once_a_broker_made_it(store: Location) -> None:
    assert not begun(path=store)
    connect(path=store, write=True).close()
    assert begun(path=store)


async def test_a_page_of_many_entities_is_read_in_steps(city: httpx.AsyncClient) -> None:
    await city.post("/entityOperations/upsert", json=[{**LAMP, "id": f"urn:x:{n}", "power": n} for n in range(300)])
    page = await city.get("/entities", params={"type": "Lamp", "limit": 3, "offset": 250, "options": "keyValues"})
    assert [e["power"] for e in page.json()] == [250, 251, 252]
    counted = await city.get("/entities", params={"type": "Lamp", "q": "power>=290", "count": "true"})
    assert counted.headers["NGSILD-Results-Count"] == "10"
