"""The city's real station-hours through the API: what was not measured stays absent."""

from __future__ import annotations

import csv
from pathlib import Path

import httpx
import pytest

from dajing.domains.context.connectors.airquality import entities_of

FILE = "data/zhangjiakou/airquality/zjk_stations_hourly_2020.csv"


async def test_missing_cells_of_the_station_hours_stay_missing(shared: Path, city: httpx.AsyncClient) -> None:
    path = shared / FILE
    if not path.exists():
        pytest.skip("the air-quality file is not there")
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))[:600]
    columns = ("PM2.5", "PM10", "CO", "NO2", "O3_1h", "SO2")
    present = sum(row[c] not in ("", "NaN") for row in rows for c in columns)
    batch = list(entities_of(rows=rows))
    answer = await city.post("/entityOperations/upsert", json=batch[:300])
    assert answer.status_code == 201
    await city.post("/entityOperations/upsert", json=batch[300:])
    params = {"type": "AirQualityObserved", "options": "keyValues", "limit": 1000}
    found = (await city.get("/entities", params=params)).json()
    names = ("pm25", "pm10", "co", "no2", "o3", "so2")
    assert sum(n in entity for entity in found for n in names) == present
    assert not any(entity[n] is None for entity in found for n in names if n in entity)
