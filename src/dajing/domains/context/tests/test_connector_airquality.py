"""The city's real station-hours through the API: what was not measured stays absent."""

from __future__ import annotations

import csv
from pathlib import Path

import httpx

from dajing.domains.context.connectors.airquality import Options, check, entities_of, pull
from dajing.kernel.settings import settings

COLUMNS = {
    "PM2.5": "pm25", "PM10": "pm10", "CO": "co", "NO2": "no2", "O3_1h": "o3", "O3_8h": "o38h", "SO2": "so2",
    "AQI": "airQualityIndex",
}  # fmt: skip


async def test_missing_cells_of_the_station_hours_stay_missing(city: httpx.AsyncClient) -> None:
    path = settings().cities_dir / "zhangjiakou" / "facts" / "airquality_2020.csv"
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    batch = list(entities_of(rows=rows, city="zjk"))
    for first in range(0, len(batch), 300):
        answer = await city.post("/entityOperations/upsert", json=batch[first : first + 300])
        assert answer.status_code == 201
    params = {"type": "AirQualityObserved", "options": "keyValues", "limit": 1000}
    found = (await city.get("/entities", params=params)).json()
    for column, name in COLUMNS.items():
        assert sum(name in entity for entity in found) == sum(row[column] not in ("", "NaN") for row in rows), name
    # as counted in the published file: 168 of 930 hours without PM2.5, 155 of them at one dead station
    without = [entity["stationName"] for entity in found if "pm25" not in entity]
    assert (len(found), len(without), without.count("探机厂")) == (930, 168, 155)
    assert not any(value is None for entity in found for value in entity.values())


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
