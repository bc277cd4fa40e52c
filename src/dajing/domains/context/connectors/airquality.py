"""Station-hours of air quality as Smart Data Models ``AirQualityObserved``, one entity per station and hour.

Concentrations are µg/m³ (UN/CEFACT unit GQ), CO is mg/m³ (GP), as HJ 633-2012 reports them. An empty or NaN cell was
not measured: the entity has no such attribute.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from dajing.domains.context.ngsi.terms import iso

type Json = dict[str, Any]

# column of the file -> attribute, UN/CEFACT unit code
FACTORS = {
    "PM2.5": ("pm25", "GQ"), "PM10": ("pm10", "GQ"), "CO": ("co", "GP"), "NO2": ("no2", "GQ"),
    "O3_1h": ("o3", "GQ"), "O3_8h": ("o38h", "GQ"), "SO2": ("so2", "GQ"), "AQI": ("airQualityIndex", "C62"),
}  # fmt: skip
SHANGHAI = ZoneInfo("Asia/Shanghai")


def entities_of(*, rows: Iterable[Mapping[str, str]]) -> Iterator[Json]:
    """Concise entities of rows with Date (yyyymmdd), Hour (0–24, Beijing time), WatchPoint and the factors."""
    for row in rows:
        hour = datetime.strptime(row["Date"], "%Y%m%d").replace(tzinfo=SHANGHAI) + timedelta(hours=int(row["Hour"]))
        at = iso(hour)
        station = row["WatchPoint"]
        entity: Json = {
            "id": f"urn:ngsi-ld:AirQualityObserved:zjk:{quote(station)}:{row['Date']}T{int(row['Hour']):02d}",
            "type": "AirQualityObserved",
            "stationName": station,
            "dateObserved": {"type": "Property", "value": {"@type": "DateTime", "@value": at}},
        }
        for column, (name, unit) in FACTORS.items():
            value = _number(row.get(column, ""))
            if value is not None:
                entity[name] = {"value": value, "unitCode": unit, "observedAt": at}
        yield entity


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
