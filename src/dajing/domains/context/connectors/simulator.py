"""A seeded simulator of city sensors: ten Smart Data Models types in every unit, all of it synthetic.

The state at a minute is a function of seed, entity and minute alone, so two runs agree and a restart changes nothing.
Each type reports on its own beat, each entity at its own minute of that beat. Units are UN/CEFACT codes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import msgspec

from dajing.domains.context.ngsi.terms import iso
from dajing.kernel.text import Text

type Json = dict[str, Any]
type Position = tuple[float, float]
SOURCE = "https://uri.dajing.city/synthetic"  # the mark that every entity of this connector carries


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Seed, the minute asked for, the positions of each unit's sensors, and how far back a report may lie."""

    seed: int
    at: datetime
    places: Mapping[str, Sequence[Position]]
    since: datetime | None = None


class Kind(msgspec.Struct, frozen=True):
    """One entity type: its beat in minutes and the attributes at an hour of the day."""

    name: str
    beat: int
    state: Callable[[Random, float], Json]


def check(*, options: Options) -> list[Text]:
    """What stands in the way, in words; empty when nothing does."""
    short = [code for code, places in options.places.items() if len(places) < len(KINDS)]
    return [
        Text(zh=f"{code} 的位置不足 {len(KINDS)} 个", en=f"{code} has fewer than {len(KINDS)} positions")
        for code in short
    ]


def pull(*, options: Options) -> Iterator[Json]:
    """Entities that reported after ``since`` (or the latest report of each) up to ``at``, in concise form."""
    minute = int(options.at.timestamp()) // 60
    first = int(options.since.timestamp()) // 60 if options.since else None
    for unit, places in options.places.items():
        for kind, place in zip(KINDS, places, strict=False):
            identifier = f"urn:ngsi-ld:{kind.name}:synthetic:{unit}"
            phase = Random(f"{options.seed}:{identifier}").randrange(kind.beat)  # noqa: S311
            reported = minute - (minute - phase) % kind.beat
            if first is None or reported > first:
                yield _entity(options.seed, kind, identifier, unit, place, reported)


def day(*, options: Options) -> Iterator[Json]:
    """What the day before ``at`` was like, each report once and in the order of time, up to the latest of each."""
    step = timedelta(minutes=5)  # the quickest beat: no report falls between two steps
    at = options.at - timedelta(days=1)
    while at < options.at:
        following = min(at + step, options.at)
        yield from pull(options=msgspec.structs.replace(options, at=following, since=at))
        at = following


def _entity(seed: int, kind: Kind, identifier: str, unit: str, place: Position, minute: int) -> Json:
    at = datetime.fromtimestamp(minute * 60, UTC)
    rng = Random(f"{seed}:{identifier}:{minute}")  # noqa: S311 - repeatable is what is wanted
    hour = (at + timedelta(hours=8)).hour + at.minute / 60  # Beijing time: people's days, not UTC's
    entity: Json = {
        "id": identifier, "type": kind.name, "scope": f"/unit{unit}", "source": SOURCE,
        "location": {"type": "Point", "coordinates": list(place)}, "areaServed": unit,
    }  # fmt: skip
    for name, value in kind.state(rng, hour).items():
        number, unit_code = value if isinstance(value, tuple) else (value, "")
        entity[name] = {"value": number, "observedAt": iso(at)} | ({"unitCode": unit_code} if unit_code else {})
    return entity


def _daily(hour: float, *, low: float, high: float, peak: float) -> float:
    """A day's smooth rise and fall with its maximum at ``peak``."""
    return low + (high - low) * (1 + math.cos((hour - peak) / 24 * math.tau)) / 2


def _air(rng: Random, hour: float) -> Json:
    fine = max(3.0, _daily(hour, low=18, high=45, peak=8) * rng.uniform(0.7, 1.4))
    return {
        "pm25": (round(fine, 1), "GQ"), "pm10": (round(fine * rng.uniform(1.4, 2.2), 1), "GQ"),
        "no2": (round(_daily(hour, low=12, high=48, peak=19) * rng.uniform(0.8, 1.2), 1), "GQ"),
        "o3": (round(_daily(hour, low=30, high=120, peak=15) * rng.uniform(0.8, 1.2), 1), "GQ"),
    }  # fmt: skip


def _weather(rng: Random, hour: float) -> Json:
    warm = _daily(hour, low=-9, high=6, peak=14) + rng.gauss(0, 1)
    return {
        "temperature": (round(warm, 1), "CEL"), "relativeHumidity": (round(rng.uniform(0.25, 0.6), 2), "C62"),
        "windSpeed": (round(rng.gammavariate(2, 1.4), 1), "MTS"), "windDirection": (rng.randrange(360), "DD"),
    }  # fmt: skip


def _noise(rng: Random, hour: float) -> Json:
    return {"LAeq": (round(_daily(hour, low=44, high=66, peak=13) + rng.gauss(0, 2), 1), "2N")}


def _water(rng: Random, _hour: float) -> Json:
    return {
        "pH": (round(rng.gauss(7.6, 0.15), 2), "Q30"), "temperature": (round(rng.gauss(6, 0.5), 1), "CEL"),
        "conductivity": (round(rng.gauss(0.052, 0.0025), 4), "D10"),
    }  # fmt: skip


def _traffic(rng: Random, hour: float) -> Json:
    share = max(_daily(hour, low=0.05, high=1, peak=8), _daily(hour, low=0.05, high=1, peak=18))
    return {
        "intensity": round(900 * share * rng.uniform(0.8, 1.2)),
        "averageVehicleSpeed": (round(62 - 30 * share + rng.gauss(0, 3), 1), "KMH"),
        "occupancy": (round(min(1.0, 0.35 * share * rng.uniform(0.8, 1.2)), 3), "C62"),
    }


def _parking(rng: Random, hour: float) -> Json:
    total = 240
    return {
        "totalSpotNumber": total,
        "availableSpotNumber": round(total * (1 - _daily(hour, low=0.2, high=0.9, peak=14) * rng.uniform(0.9, 1.05))),
    }


def _lamp(rng: Random, hour: float) -> Json:
    lit = hour < 6.5 or hour >= 17.5
    broken = rng.random() < 0.02
    return {"powerState": "on" if lit and not broken else "off", "status": "defectiveLamp" if broken else "ok"}


def _bin(rng: Random, hour: float) -> Json:
    return {"fillingLevel": (round(min(1.0, hour / 24 + rng.uniform(0, 0.2)), 2), "C62")}


def _crowd(rng: Random, hour: float) -> Json:
    return {"peopleCount": (round(_daily(hour, low=5, high=400, peak=17) * rng.uniform(0.6, 1.4)), "C62")}


def _device(rng: Random, _hour: float) -> Json:
    return {"batteryLevel": (round(rng.uniform(0.4, 1.0), 2), "C62"), "rssi": (round(rng.gauss(-78, 6)), "DBM")}


KINDS = (
    Kind("AirQualityObserved", 60, _air), Kind("WeatherObserved", 10, _weather), Kind("NoiseLevelObserved", 5, _noise),
    Kind("WaterQualityObserved", 60, _water), Kind("TrafficFlowObserved", 5, _traffic),
    Kind("OffStreetParking", 5, _parking), Kind("Streetlight", 15, _lamp), Kind("WasteContainer", 30, _bin),
    Kind("CrowdFlowObserved", 5, _crowd), Kind("Device", 30, _device),
)  # fmt: skip
