"""Where objects stand: on earth, in the city, in the area they name, in the datum that the file says. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import msgspec
import numpy as np

from dajing.domains.network.register.cells import Fault, fault
from dajing.domains.network.register.datum import DATUMS, Datum, Point, likely, metres, nearest, to_wgs84
from dajing.domains.network.register.kinds import KINDS, Hotspot, Thing, Venue

Inside = Callable[[Point], bool]
NEAR = 60.0  # metres within which two files may place one object
FEW = 3  # objects from which a common shift can be told from chance
BEYOND_KM = 3.0  # how far from its unit a village may lie: boundaries of maps are generalised by less


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """What rows are checked against: the city's outline, codes, what the registers hold already on that day.

    ``places`` gives the unit of each village's code, ``people`` the census of each unit, ``beyond`` how many km a point
    lies outside a unit (None where its outline is not known). ``complete`` says that the file lists everything.
    """

    inside: Inside
    of_area: Callable[[str], Inside | None]
    known: Mapping[str, Mapping[str, Thing]]
    places: Mapping[str, str] = {}
    people: Mapping[str, int] = {}
    beyond: Callable[[str, Point], float | None] = lambda unit, point: None
    complete: bool = False


def point_of(thing: Thing) -> Point | None:
    """Where an object stands, longitude and latitude in degrees; None for those without a place of their own."""
    longitude, latitude = getattr(thing, "longitude", None), getattr(thing, "latitude", None)
    return None if longitude is None or latitude is None else (longitude, latitude)


def on_earth(point: Point) -> bool:
    """Whether these are degrees at all."""
    return all(map(math.isfinite, point)) and abs(point[0]) <= 180 and abs(point[1]) <= 90


def converted(thing: Thing, datum: Datum) -> Thing:
    """The object with WGS-84 coordinates."""
    point = point_of(thing)
    if point is None or datum == "wgs84" or not on_earth(point):
        return thing
    longitude, latitude = to_wgs84(point, datum=datum)
    return msgspec.structs.replace(thing, longitude=round(longitude, 7), latitude=round(latitude, 7))


def placed(line: int, thing: Thing, ground: Ground) -> list[Fault]:
    """What is wrong with where one object stands."""
    point = point_of(thing)
    if point is None:
        return []
    turned = (point[1], point[0])
    if on_earth(turned) and not (on_earth(point) and ground.inside(point)) and ground.inside(turned):
        return [
            fault(
                line,
                "longitude",
                "经度和纬度写反了",
                "longitude and latitude are exchanged",
                "对调两列",
                "exchange the two columns",
            )
        ]
    if not on_earth(point):
        return [
            fault(
                line,
                "longitude",
                "不是经纬度",
                "no longitude and latitude",
                "以度为单位填写，如 114.885、40.768",
                "write degrees, such as 114.885 and 40.768",
            )
        ]
    if not ground.inside(point):
        return [_outside(line, point)]
    area = getattr(thing, "area", None)
    return (_in_area(line, area, point, ground) if area else []) + _in_unit(line, thing, point, ground)


def _outside(line: int, point: Point) -> Fault:
    return fault(
        line,
        "longitude",
        f"{point[0]:.4f}, {point[1]:.4f} 在本市之外",
        f"{point[0]:.4f}, {point[1]:.4f} is outside the city",
        "核对坐标；若来自高德/腾讯选 gcj02，百度选 bd09",
        "check it; if from a map service, choose its datum",
    )


def _in_area(line: int, area: str, point: Point, ground: Ground) -> list[Fault]:
    inside = ground.of_area(area)
    if inside is None:
        return [fault(line, "area", f"没有区划代码 {area}", f"there is no area {area}", "核对代码", "check the code")]
    if inside(point):
        return []
    for datum in ("gcj02", "bd09"):
        if inside(to_wgs84(point, datum=datum)):
            return [
                fault(
                    line,
                    "longitude",
                    f"不在 {area} 内，按 {datum} 换算后在内",
                    f"outside {area}, inside from {datum}",
                    f"坐标疑为 {datum}：以 --datum {datum} 重新导入",
                    f"it seems to be {datum}: load it with --datum {datum}",
                )
            ]
    return [
        fault(
            line, "area", f"坐标不在 {area} 内", f"the place is not in {area}", "核对坐标或代码", "check place or code"
        )
    ]


def _in_unit(line: int, thing: Thing, point: Point, ground: Ground) -> list[Fault]:
    """A village far outside the unit that its code belongs to: its people would be covered in another county."""
    unit = ground.places.get(thing.id)
    km = ground.beyond(unit, point) if unit else None
    if km is None or km <= BEYOND_KM:
        return []
    return [
        fault(
            line,
            "longitude",
            f"在所属县区 {unit} 之外 {km:.1f} 公里",
            f"{km:.1f} km outside {unit}, the unit of its code",
            "核对坐标，或核对统计代码",
            "check the coordinates, or the code",
        )
    ]


def shifted(things: Sequence[tuple[int, Thing]], ground: Ground) -> list[Fault]:
    """A common shift by a map service: told by the same ids, by venues, else by objects that stand close by."""
    pairs = _pairs(things, ground)
    if len(pairs) >= FEW:
        found = likely(given=[g for g, _, _ in pairs], known=[k for _, k, _ in pairs], near=[n for _, _, n in pairs])
        if found in (None, "wgs84"):
            return []
        return [_shift(found or "", [metres(g, k) for g, k, _ in pairs])]
    return _by_neighbours(things, ground)


def _pairs(things: Sequence[tuple[int, Thing]], ground: Ground) -> list[tuple[Point, Point, float]]:
    """Where the file has an object, where it should be, and within how many metres."""
    found = []
    for _line, thing in things:
        here = point_of(thing)
        old: Thing | None = ground.known.get(_kind(thing), {}).get(thing.id)
        near = NEAR
        if old is None and isinstance(thing, Hotspot) and thing.venue:
            old = ground.known.get("venue", {}).get(thing.venue)
            near = thing.radius_m + old.radius_m if isinstance(old, Venue) else NEAR
        there = point_of(old) if old else None
        if here and there and on_earth(here):
            found.append((here, there, near))
    return found


def _kind(thing: Thing) -> str:
    return next((id for id, kind in KINDS.items() if kind.struct is type(thing)), "")


def _by_neighbours(things: Sequence[tuple[int, Thing]], ground: Ground) -> list[Fault]:
    """Masts shared by operators have another id in each one's list, but one place."""
    given = [point for _, thing in things if (point := point_of(thing)) and on_earth(point)]
    kind = _kind(things[0][1]) if things else ""
    known = [point for thing in ground.known.get(kind, {}).values() if (point := point_of(thing))]
    if len(given) < FEW or not known:
        return []
    away = {d: nearest(given=[to_wgs84(p, datum=d) for p in given], known=known) for d in DATUMS}
    hits = {datum: float((distance <= NEAR).mean()) for datum, distance in away.items()}
    best = max(DATUMS, key=lambda datum: hits[datum])
    if best == "wgs84" or hits[best] < 0.75 or hits["wgs84"] > 0.25:
        return []
    return [_shift(best, [float(np.median(away["wgs84"]))] * len(given))]


def _shift(datum: str, shifts: list[float]) -> Fault:
    middle = sorted(shifts)[len(shifts) // 2]
    return fault(
        0,
        "longitude",
        f"{len(shifts)} 个对象相对已知位置整体偏移约 {middle:.0f} 米，与 {datum} 的偏移一致",
        f"{len(shifts)} known objects are shifted by about {middle:.0f} m, as {datum} is",
        f"坐标是 {datum}：选择该坐标系（--datum {datum}）重新导入",
        f"they are {datum}: load with --datum {datum}",
    )
