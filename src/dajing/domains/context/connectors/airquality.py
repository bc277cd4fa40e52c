"""Station-hours of air quality as Smart Data Models ``AirQualityObserved``, one entity per station and hour.

Concentrations are µg/m³ (UN/CEFACT unit GQ), CO is mg/m³ (GP), as HJ 633-2012 reports them. An empty or NaN cell was
not measured: the entity has no such attribute.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec

from dajing.domains.context.ngsi.terms import iso
from dajing.kernel.text import Text

type Json = dict[str, Any]

# column of the file -> attribute, UN/CEFACT unit code
FACTORS = {
    "PM2.5": ("pm25", "GQ"), "PM10": ("pm10", "GQ"), "CO": ("co", "GP"), "NO2": ("no2", "GQ"),
    "O3_1h": ("o3", "GQ"), "O3_8h": ("o38h", "GQ"), "SO2": ("so2", "GQ"), "AQI": ("airQualityIndex", "C62"),
}  # fmt: skip
SHANGHAI = ZoneInfo("Asia/Shanghai")
NEEDED = ("Date", "Hour", "WatchPoint")


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file of station-hours, and the part of the entities' ids that tells cities apart."""

    path: Path
    city: str


def check(*, options: Options) -> list[Text]:
    """What stands in the way of reading, in words; empty when nothing does. Changes nothing."""
    if not options.path.is_file():
        shown = options.path.name
        return [Text(zh=f"找不到文件 {shown}，请核对 path", en=f"the file {shown} is not there; check path")]
    with options.path.open(encoding="utf-8-sig", newline="") as file:
        columns = csv.DictReader(file).fieldnames or ()
    return [
        Text(zh=f"缺少列 {name}，请补上", en=f"the column {name} is missing; add it")
        for name in NEEDED
        if name not in columns
    ]


def pull(*, options: Options) -> Iterator[Json]:
    """Each station-hour of the file as an entity, in the file's order."""
    with options.path.open(encoding="utf-8-sig", newline="") as file:
        yield from entities_of(rows=csv.DictReader(file), city=options.city)


def entities_of(*, rows: Iterable[Mapping[str, str]], city: str) -> Iterator[Json]:
    """Concise entities of rows with Date (yyyymmdd), Hour (0–24, Beijing time), WatchPoint and the factors."""
    for row in rows:
        hour = datetime.strptime(row["Date"], "%Y%m%d").replace(tzinfo=SHANGHAI) + timedelta(hours=int(row["Hour"]))
        at = iso(hour)
        station = row["WatchPoint"]
        entity: Json = {
            "id": f"urn:ngsi-ld:AirQualityObserved:{city}:{quote(station)}:{row['Date']}T{int(row['Hour']):02d}",
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
