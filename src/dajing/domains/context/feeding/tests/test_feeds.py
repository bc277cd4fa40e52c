"""The demo's feeds: synthetic and marked, the same for one seed, sent through the door with a token."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import uvicorn

from dajing.domains.context.broker.app import Application
from dajing.domains.context.broker.state import Broker
from dajing.domains.context.broker.tokens import Tokens
from dajing.domains.context.connectors import simulator
from dajing.domains.context.feeding import credentials
from dajing.domains.context.feeding.pack import read_feeds
from dajing.domains.context.feeding.sending import BrokerUnreachable, send
from dajing.domains.context.replaying import FileUnreadable, bench, entities, replay
from dajing.domains.context.tests.test_tokens import _rows
from dajing.kernel.packs.problem import Problems
from dajing.kernel.settings import settings

AT = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def test_the_city_pack_names_its_feeds_and_a_missing_file_is_named_with_its_line(tmp_path: Path) -> None:
    problems = Problems(root=tmp_path)
    shipped = read_feeds(folder=settings().cities_dir / "zhangjiakou", problems=problems)
    assert [feed.id for feed in shipped] == ["airquality-2020", "simulator"]
    assert not problems.found
    (tmp_path / "feeds.toml").write_text(
        '[[feeds]]\nid = "a"\nconnector = "airquality"\ntitle = { zh = "一", en = "one" }\n'
        'every = "once"\nsource = "s"\nfile = "gone.csv"\n'
    )
    assert read_feeds(folder=tmp_path, problems=problems)
    assert [(problem.line, "gone.csv" in problem.message.en) for problem in problems.found] == [(7, True)]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[int]:
    """A broker that demands tokens, on a port of its own."""
    _rows(tmp_path / "rows.db", feeder=("", ["context.read", "context.write"], 100))
    broker = Broker(path=tmp_path / "live.db", clock=lambda: datetime.now(UTC))
    broker.auth = Tokens(rows=tmp_path / "rows.db", clock=broker.clock)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = uvicorn.Config(Application(broker=broker), host="127.0.0.1", port=port, log_config=None, lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 60
    while not server.started:
        assert time.monotonic() < until, "the broker did not start"
        time.sleep(0.02)
    yield port
    server.should_exit = True
    thread.join(30)


def test_the_simulated_city_arrives_through_the_door_and_only_with_a_token(served: int) -> None:
    places = {f"1307{n:02d}": [(114.8, 40.8)] * 10 for n in range(19)}
    entities = list(simulator.pull(options=simulator.Options(seed=135, at=AT, places=places)))
    with pytest.raises(BrokerUnreachable, match="401"):
        send(entities=entities, host="127.0.0.1", port=served, token="guessed")
    assert send(entities=entities, host="127.0.0.1", port=served, token="feeder") == 190
    assert send(entities=entities, host="127.0.0.1", port=served, token="feeder") == 190
    url = f"http://127.0.0.1:{served}/ngsi-ld/v1/entities"
    headers = {"Authorization": "Bearer feeder"}
    found = httpx.get(url, params={"type": "Streetlight", "count": "true", "limit": 1}, headers=headers)
    assert found.headers["ngsild-results-count"] == "19"
    assert httpx.get(f"http://127.0.0.1:{served}/health").json() == {"status": "ok"}


@pytest.mark.django_db
def test_the_feeds_keep_one_good_token_in_a_file_for_its_owner_alone(tmp_path: Path) -> None:
    from dajing.kernel.identity.loading import load
    from dajing.kernel.identity.models import ApiToken

    load()
    credentials.keep(data=tmp_path, at=AT)
    first = credentials.token(data=tmp_path)
    assert first and (tmp_path / credentials.FILE).stat().st_mode & 0o777 == 0o600
    credentials.keep(data=tmp_path, at=AT + timedelta(days=300))
    assert credentials.token(data=tmp_path) == first
    credentials.keep(data=tmp_path, at=AT + timedelta(days=390))
    assert credentials.token(data=tmp_path) != first
    assert ApiToken.objects.count() == 2
    assert set(json.loads(json.dumps(ApiToken.objects.first().scopes))) == {"context.read", "context.write"}


def test_a_file_is_replayed_and_a_line_that_is_no_entity_is_named(served: int, tmp_path: Path) -> None:
    path = tmp_path / "lamps.jsonl"
    lamps = [{"id": f"urn:x:{n}", "type": "Lamp", "power": n} for n in range(650)]
    path.write_text("\n".join(json.dumps(lamp) for lamp in lamps) + "\n\n")
    assert replay(path=path, host="127.0.0.1", port=served, token="feeder") == 650
    whole = tmp_path / "lamps.json"
    whole.write_text(json.dumps(lamps[:3]))
    assert [entity["id"] for entity in entities(path=whole)] == ["urn:x:0", "urn:x:1", "urn:x:2"]
    path.write_text('{"id": "urn:x:1", "type": "Lamp"}\n{broken\n')
    with pytest.raises(FileUnreadable, match="Line 2|第 2 行"):
        replay(path=path, host="127.0.0.1", port=served, token="feeder")


def test_a_bench_leaves_nothing_behind(served: int) -> None:
    found = bench(host="127.0.0.1", port=served, token="feeder", requests=5)
    assert [measured.count for measured in found] == [5] * 4
    headers = {"Authorization": "Bearer feeder"}
    assert httpx.get(f"http://127.0.0.1:{served}/ngsi-ld/v1/types", headers=headers).json()["typeList"] == []


@pytest.mark.parametrize("words", [["bench", "--requests", "2"], ["replay"]])
def test_the_commands_start_by_themselves_and_say_so_where_no_broker_answers(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "one.jsonl").write_text('{"id": "urn:x:1", "type": "T"}\n')
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        command = [sys.executable, "-m", "dajing", "context", *words, "--port", str(closed.getsockname()[1])]
        command += [str(tmp_path / "one.jsonl")] if words == ["replay"] else []
        environment = {**os.environ, "DAJING_DATA": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
        environment.pop("DJANGO_SETTINGS_MODULE", None)  # a command starts without it
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr[-2000:]
    assert "dajing doctor" in done.stderr
