"""The pages of the live city over a store that a broker filled."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import Client

from dajing.domains.context import api
from dajing.domains.context.broker.app import ROUTES, Application
from dajing.domains.context.broker.state import Broker
from dajing.domains.context.connectors import simulator
from dajing.domains.context.viewing import console, contents, interface
from dajing.kernel.areas.api import units
from dajing.kernel.identity.models import Person
from dajing.kernel.settings import settings

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
TRAFFIC = "urn:ngsi-ld:TrafficFlowObserved:synthetic:130702"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data directory whose live.db holds an hour of the simulated city."""
    data = tmp_path_factory.mktemp("live-city")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAJING_DATA", str(data))
        settings.cache_clear()
        asyncio.run(_fill(data))
        yield data
    settings.cache_clear()


async def _fill(data: Path) -> None:
    broker = Broker(path=data / "live.db", clock=lambda: datetime.now(UTC))
    await broker.start()
    places = {unit.code: [(114.9, 40.8)] * 10 for unit in units(hierarchy="reporting")}
    transport = httpx.ASGITransport(app=Application(broker=broker))
    async with httpx.AsyncClient(transport=transport, base_url="http://broker/ngsi-ld/v1") as client:
        for minutes in (60, 30, 0):
            options = simulator.Options(seed=1, at=NOW - timedelta(minutes=minutes), places=places)
            body = list(simulator.pull(options=options))
            answer = await client.post("/entityOperations/upsert", params={"options": "update"}, json=body)
            assert answer.status_code in (201, 204)
    await broker.stop()


@pytest.fixture
def officer(client: Client) -> Client:
    client.force_login(Person.objects.create_user("li", None, name="李四"))
    return client


def _text(client: Client, path: str, language: str = "zh") -> str:
    answer = client.get(path, headers={"accept-language": language})
    assert answer.status_code == 200
    return answer.content.decode()


def test_everyone_sees_what_there_is_but_no_positions(client: Client, filled: Path) -> None:
    html = _text(client, "/context/?type=Streetlight")
    assert "路灯" in html and ">190<" in html
    assert "示意方格，不是地图" in html and '<circle class="spot"' not in html
    assert html.count('class="area') == 19


def test_whoever_is_signed_in_sees_where_entities_stand_on_an_unreviewed_map(officer: Client, filled: Path) -> None:
    html = _text(officer, "/context/?type=Streetlight")
    assert "未经审图，仅供演示" in html
    assert html.count('<circle class="spot"') == 19


def test_a_type_is_listed_by_unit_and_an_entity_shows_its_history_and_that_it_is_synthetic(
    officer: Client, filled: Path
) -> None:
    listed = _text(officer, "/context/type/TrafficFlowObserved/?area=130702", "en")
    assert TRAFFIC in listed and "130703" not in listed.partition("<table")[2]
    shown = _text(officer, f"/context/entity/?id={TRAFFIC}&attribute=averageVehicleSpeed", "en")
    assert "kind-synthetic" in shown and "km/h" in shown
    assert '<svg class="chart"' in shown and "3 observations" in shown


def test_records_are_for_people_who_signed_in_and_unknown_ones_are_not_found(client: Client, filled: Path) -> None:
    assert client.get("/context/type/Streetlight/").status_code == 302
    assert client.get(f"/context/entity/?id={TRAFFIC}").status_code == 302
    assert client.get("/context/console/").status_code == 302


def test_what_is_not_there_is_not_found(officer: Client, filled: Path) -> None:
    assert officer.get("/context/entity/?id=urn:x:none").status_code == 404
    assert officer.get("/context/type/Unicorn/").status_code == 404


def test_counts_by_unit_are_those_of_a_look_at_every_entity(filled: Path) -> None:
    found: dict[str, int] = {}
    after = 0
    while True:
        page, after = api.items(kind="WasteContainer", after=after, limit=7)
        for item in page:
            found[item.area] = found.get(item.area, 0) + 1
        if not after:
            break
    assert found == api.by_unit(kind="WasteContainer")
    assert len(found) == 19


def test_the_console_reads_as_the_person_signed_in_and_shows_the_command(officer: Client, filled: Path) -> None:
    path = "entities?type=Streetlight&limit=1&options=keyValues"
    html = officer.post("/context/console/", {"path": path}, headers={"accept-language": "en"}).content.decode()
    assert "urn:ngsi-ld:Streetlight:synthetic" in html and "<strong>200</strong>" in html
    assert "curl -g" in html and "Bearer $TOKEN" in html
    refused = officer.post("/context/console/", {"path": "entities"}).content.decode()
    assert "<strong>400</strong>" in refused
    away = officer.post("/context/console/", {"path": path, "token": "guessed"}).content.decode()
    assert "<strong>503</strong>" in away


def test_a_path_cannot_carry_a_second_header_or_leave_the_interface() -> None:
    asked = console.Asked(path="../../x?y=1 HTTP/1.1\r\nX-Evil: 1", token="", tenant="")
    assert asked.target.startswith("/ngsi-ld/v1/")
    assert not set(asked.target) & set(" \r\n")


def test_the_openapi_document_names_every_operation_of_the_broker_once(client: Client) -> None:
    document: dict[str, Any] = json.loads(client.get("/context/openapi.json").content)
    verbs = [(p, v) for p, found in document["paths"].items() for v in found if v != "parameters"]
    assert len(verbs) == sum(len(found) for found in ROUTES.values())
    ids = [document["paths"][p][v]["operationId"] for p, v in verbs]
    assert len(set(ids)) == len(ids)
    assert all(document["paths"][p][v]["summary"] for p, v in verbs)
    assert sum(len(rows) for _, rows in interface.groups()) == len(verbs)


def test_a_city_without_a_store_says_what_to_do(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAJING_DATA", str(tmp_path))
    settings.cache_clear()
    assert "签发令牌" in _text(client, "/context/")
    monkeypatch.undo()
    settings.cache_clear()


def test_an_entity_is_called_by_its_name_and_its_times_are_local() -> None:
    reading = {"unit": "", "observed_at": None, "number": None}
    station = api.Reading(name="stationName", value="五金库", **reading)
    when = api.Reading(name="dateObserved", value="2020-03-26T12:00:00.000Z", **reading)
    id = "urn:ngsi-ld:AirQualityObserved:zhangjiakou:%E4%BA%94%E9%87%91%E5%BA%93:20200326T20"
    rest: dict[str, Any] = {"key": 1, "area": "", "synthetic": False, "modified_at": None, "position": None}
    named = api.Item(id=id, types=("AirQualityObserved",), readings=(station, when), **rest)
    unnamed = api.Item(id=id, types=("AirQualityObserved",), readings=(when,), **rest)
    odd = api.Item(id="urn:x:%FF", types=("Other",), readings=(), **rest)
    assert contents.heading(named, "") == "五金库"
    assert contents.heading(unnamed, "") == "urn:ngsi-ld:AirQualityObserved:zhangjiakou:五金库:20200326T20"
    assert contents.heading(unnamed, "桥东区").endswith(" · 桥东区")
    assert contents.heading(odd, "") == "urn:x:%FF"
    assert contents.value(when) == "2020-03-26 20:00"


def test_a_history_opens_at_the_shortest_span_that_holds_an_observation(officer: Client, filled: Path) -> None:
    shown = _text(officer, f"/context/entity/?id={TRAFFIC}&attribute=averageVehicleSpeed", "en")
    assert '<option value="24h" selected' in shown
    late = contents.shortest(id=TRAFFIC, name="averageVehicleSpeed", at=NOW + timedelta(days=5))
    assert late == "7d"
    assert contents.shortest(id=TRAFFIC, name="averageVehicleSpeed", at=NOW + timedelta(days=50)) == "all"


def test_the_console_encodes_what_is_not_ascii_and_asks_exactly_that(officer: Client, filled: Path) -> None:
    path = 'entities?type=TrafficFlowObserved&q=name=="没有这条路"&limit=0&count=true'
    html = officer.post("/context/console/", {"path": path}).content.decode()
    assert "q=name==%22%E6%B2%A1%E6%9C%89" in html or "%E6%B2%A1%E6%9C%89" in html
    asked = console.Asked(path="entities/urn:x:路灯?options=keyValues", token="", tenant="")
    assert asked.target == "/ngsi-ld/v1/entities/urn:x:%E8%B7%AF%E7%81%AF?options=keyValues"


def test_a_page_number_that_is_no_key_is_the_first_page(officer: Client, filled: Path) -> None:
    for after in ("9" * 5_000, "9" * 30, "-1", "x", "²"):
        assert officer.get("/context/type/Device/", {"after": after}).status_code == 200
