"""History moves to the archive and is asked as before: nothing twice, nothing lost, late and repeated by observedAt."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connection

from dajing.domains.context.archive.cold import Archive
from dajing.domains.context.archive.sealing import seal
from dajing.domains.context.broker.app import Application
from dajing.domains.context.broker.state import Broker
from dajing.domains.context.models import Sealed
from dajing.domains.context.streams import OBSERVATIONS
from dajing.kernel.series.flushing import flush
from dajing.kernel.settings import settings

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ID = "urn:x:station"


class City:
    """A broker with its archive, driven step by step."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.runner = asyncio.Runner()
        archive = Archive(rows=Path(connection.settings_dict["NAME"]))
        self.broker = Broker(path=path, clock=lambda: datetime.now(UTC), keep="observed", archive=archive)
        self.runner.run(self.broker.start())
        transport = httpx.ASGITransport(app=Application(broker=self.broker))
        self.client = httpx.AsyncClient(transport=transport, base_url="http://broker/ngsi-ld/v1")

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self.runner.run(self.client.request(method, path, **more))

    def observe(self, minute: int, value: float) -> None:
        at = (NOW + timedelta(minutes=minute)).isoformat().replace("+00:00", "Z")
        body = [{"id": ID, "type": "Station", "pm25": {"value": value, "observedAt": at}}]
        answer = self.ask("POST", "/entityOperations/upsert", params={"options": "update"}, json=body)
        assert answer.status_code in (201, 204)

    def archive(self) -> int:
        """Seal, flush to Iceberg and trim everything that there is."""
        self.runner.run(self.broker.archived(hot=timedelta(seconds=-60)))
        sealed = seal(path=self.path, at=datetime.now(UTC))
        flush(stream=OBSERVATIONS, at=datetime.now(UTC))
        assert self.runner.run(self.broker.archived(hot=timedelta(seconds=-60))) == sealed
        return sealed

    def values(self, **parameters: Any) -> list[float]:
        given = {"options": "temporalValues", "attrs": "pm25", **parameters}
        answer = self.ask("GET", f"/temporal/entities/{ID}", params=given)
        assert answer.status_code == 200, answer.text
        return [value for value, _ in answer.json()["pm25"]["values"]]

    def hot(self) -> int:
        return int(self.broker.reader.connection.execute("SELECT count(*) FROM instance").get)


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[City]:
    monkeypatch.setenv("DAJING_DATA", str(tmp_path))
    settings.cache_clear()
    made = City(tmp_path / "live.db")
    yield made
    made.runner.run(made.broker.stop())
    made.runner.close()
    monkeypatch.undo()
    settings.cache_clear()


def test_history_is_one_series_whether_it_lies_in_the_tail_or_in_the_archive(town: City) -> None:
    for minute in range(10):
        town.observe(minute, minute)
    assert town.archive() == 10
    assert town.hot() == 0
    for minute in range(10, 13):
        town.observe(minute, minute)
    assert town.values() == list(range(13))
    assert town.values(lastN=5) == [12, 11, 10, 9, 8]
    since = (NOW + timedelta(minutes=8)).isoformat().replace("+00:00", "Z")
    assert town.values(timerel="after", timeAt=since) == [8, 9, 10, 11, 12]
    until = (NOW + timedelta(minutes=11)).isoformat().replace("+00:00", "Z")
    assert town.values(timerel="between", timeAt=since, endTimeAt=until) == [8, 9, 10]
    assert town.values(timerel="before", timeAt=since) == list(range(8))


def test_a_late_or_repeated_observation_takes_its_place_by_observed_at(town: City) -> None:
    for minute in (0, 2, 4):
        town.observe(minute, minute)
    town.archive()
    town.observe(1, 1)  # late
    town.observe(2, 22)  # repeated with another value, after the first was archived
    town.observe(4, 44)
    town.observe(4, 45)  # repeated within the tail
    assert town.values() == [0, 1, 22, 45]
    town.archive()
    assert town.hot() == 0
    assert town.values() == [0, 1, 22, 45]


def test_what_was_sealed_is_not_sealed_again_and_a_killed_run_goes_on(town: City) -> None:
    for minute in range(3):
        town.observe(minute, minute)
    town.runner.run(town.broker.archived(hot=timedelta(days=2)))
    assert seal(path=town.path, at=NOW) == 3
    assert seal(path=town.path, at=NOW) == 0
    # the trim comes later or never: nothing is seen twice
    assert town.values() == [0, 1, 2]
    assert Sealed.objects.get().position == 3
    town.observe(3, 3)
    assert seal(path=town.path, at=NOW) == 0  # not offered yet
    town.runner.run(town.broker.archived(hot=timedelta(days=2)))
    assert seal(path=town.path, at=NOW) == 1


def test_history_that_was_deleted_does_not_come_back_from_the_archive(town: City) -> None:
    for minute in range(3):
        town.observe(minute, minute)
    town.archive()
    assert town.ask("DELETE", f"/temporal/entities/{ID}/attrs/pm25").status_code == 204
    assert town.ask("GET", f"/temporal/entities/{ID}", params={"attrs": "pm25"}).status_code == 404
    town.observe(5, 5)
    assert town.values() == [5]
    assert town.ask("DELETE", f"/temporal/entities/{ID}").status_code == 204
    town.observe(6, 6)
    assert town.values() == [6]


def test_the_latest_n_are_n_however_often_the_newest_was_repeated_or_deleted(town: City) -> None:
    for minute in range(8):
        town.observe(minute, minute)
    town.archive()
    for value in (70, 71, 72, 73):  # the newest four times more, each archived by itself
        town.observe(7, value)
        town.archive()
    assert town.values(lastN=3) == [73, 6, 5]
    assert town.values() == [0, 1, 2, 3, 4, 5, 6, 73]
    town.observe(8, 8)
    assert town.values(lastN=3) == [8, 73, 6]


def test_an_answer_that_is_cut_begins_with_the_earliest_also_in_the_archive(
    town: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    for minute in range(8):
        town.observe(minute, minute)
    town.archive()
    town.observe(8, 8)
    monkeypatch.setattr("dajing.domains.context.store.history.MOST", 5)
    monkeypatch.setattr("dajing.domains.context.broker.temporal.MOST", 5)
    assert town.values() == [0, 1, 2, 3, 4]
    query = {"options": "aggregatedValues", "aggrMethods": "sum", "aggrPeriodDuration": "P1M"}
    answer = town.ask("GET", f"/temporal/entities/{ID}", params=query)
    assert (answer.status_code, answer.json()["title"]) == (403, "Too many results")


@pytest.mark.parametrize("period", ["PT0S", "PT2M", "P1M"])
def test_aggregates_are_the_same_before_and_after_archiving(town: City, period: str) -> None:
    for minute in (0, 1, 2, 5, 9):
        town.observe(minute, minute + 0.5)
    query = {
        "options": "aggregatedValues", "aggrMethods": "sum,avg,min,max,stddev,sumsq,totalCount,distinctCount",
        "aggrPeriodDuration": period, "timerel": "after", "timeAt": NOW.isoformat().replace("+00:00", "Z"),
        "attrs": "pm25",
    }  # fmt: skip
    before = town.ask("GET", f"/temporal/entities/{ID}", params=query).json()
    town.archive()
    assert town.hot() == 0
    assert town.ask("GET", f"/temporal/entities/{ID}", params=query).json() == before
