"""The city's real station-hours through the API: what was not measured stays absent."""

from __future__ import annotations

import csv
from pathlib import Path

import httpx
import pytest

from dajing.domains.context.connectors.airquality import Options, check, entities_of, pull

FILE = "data/zhangjiakou/airquality/zjk_stations_hourly_2020.csv"


async def test_missing_cells_of_the_station_hours_stay_missing(shared: Path, city: httpx.AsyncClient) -> None:
    path = shared / FILE
    if not path.exists():
        pytest.skip("the air-quality file is not there")
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))[:600]
    columns = ("PM2.5", "PM10", "CO", "NO2", "O3_1h", "SO2")
    present = sum(row[c] not in ("", "NaN") for row in rows for c in columns)
    batch = list(entities_of(rows=rows, city="zjk"))
    answer = await city.post("/entityOperations/upsert", json=batch[:300])
    assert answer.status_code == 201
    await city.post("/entityOperations/upsert", json=batch[300:])
    params = {"type": "AirQualityObserved", "options": "keyValues", "limit": 1000}
    found = (await city.get("/entities", params=params)).json()
    names = ("pm25", "pm10", "co", "no2", "o3", "so2")
    assert sum(n in entity for entity in found for n in names) == present
    assert not any(entity[n] is None for entity in found for n in names if n in entity)


def test_a_file_that_is_absent_or_lacks_a_column_is_named_with_the_cure(tmp_path: Path) -> None:
    absent = check(options=Options(path=tmp_path / "gone.csv", city="zjk"))
    assert "gone.csv" in absent[0].zh
    short = tmp_path / "short.csv"
    short.write_text("Date,Hour\n20200326,19\n", encoding="utf-8-sig")
    assert "WatchPoint" in check(options=Options(path=short, city="zjk"))[0].en


def test_each_station_hour_becomes_one_entity_of_its_city(tmp_path: Path) -> None:
    source = tmp_path / "hours.csv"
    source.write_text("Date,Hour,WatchPoint,PM2.5,AQI\n20200326,19,北泵房,28,\n", encoding="utf-8-sig")
    options = Options(path=source, city="zjk")
    assert check(options=options) == []
    (entity,) = pull(options=options)
    assert entity["id"].startswith("urn:ngsi-ld:AirQualityObserved:zjk:")
    assert entity["pm25"] == {"value": 28.0, "unitCode": "GQ", "observedAt": "2020-03-26T11:00:00.000Z"}
    assert "airQualityIndex" not in entity
