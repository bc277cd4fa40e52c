"""Synthetic registers as an operator's files would be. Nothing here stands for a real station, cable or venue."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np
import shapely

from dajing.domains.network.demand.layer import Layer
from dajing.domains.network.demand.rules import KM_PER_DEGREE, Inside, around, draws
from dajing.domains.network.standards import standards
from dajing.kernel.areas.api import areas
from dajing.kernel.areas.boundaries import boundaries

FIRST, LAST = 2015, 2020
A, B, C = OPERATORS = ("演示运营商甲", "演示运营商乙", "演示运营商丙")
OWNER = "演示铁塔公司"
BANDS = {A: (900, 1880), B: (850, 1820), C: (950, 1840)}  # MHz in the country, in town
SHARE = {A: 1.0, B: 0.5, C: 0.35}  # of the masts that an operator uses
VENUES = (("park", "产业园", 400, 3000), ("library", "图书馆", 60, 400), ("mall", "商场", 90, 1500),
          ("hub", "客运枢纽", 120, 2500), ("tourist", "景区", 700, 2000), ("culture", "文化馆", 60, 300))  # fmt: skip
Rows = list[dict[str, object]]


def _city() -> shapely.geometry.base.BaseGeometry:
    whole = shapely.union_all([boundary.polygon for boundary in boundaries().values()])
    shapely.prepare(whole)
    return whole


def _inside_of(unit: str) -> Inside:
    """Whether a point lies in a unit; of a management area, in the divisions it lies in."""
    polygons = [boundaries()[code].polygon for code in areas()[unit].territory or (unit,)]
    return lambda spot: any(bool(shapely.contains_xy(polygon, spot[0], spot[1])) for polygon in polygons)


def _year(key: str, *, early: float) -> int:
    """The year in which something was built; ``early`` is the share that stood at the start."""
    (u,) = draws(key=f"year {key}", count=1)
    return FIRST - 1 if u < early else FIRST + int((u - early) / (1 - early) * (LAST - FIRST + 1))


def registers(*, layer: Layer) -> dict[str, Rows]:
    """Every register's rows, in the order in which they can be loaded."""
    whole = _city()

    def inside(spot: tuple[float, float]) -> bool:
        return bool(shapely.contains_xy(whole, spot[0], spot[1]))

    towns: dict[str, list[int]] = {}
    for at, code in enumerate(layer.township):
        towns.setdefault(code, []).append(at)
    sites = _sites(layer, towns, inside)
    nodes, spans = _fibre(layer, towns, inside)
    venues = _venues(layer, _inside_of)
    return {
        "site": sites,
        "sector": _sectors(sites),
        "transmitter": _transmitters(layer, inside),
        "venue": venues,
        "hotspot": _hotspots(venues, inside),
        "fibre_node": nodes,
        "fibre_span": spans,
    }


def _largest(layer: Layer, members: Iterable[int]) -> int:
    return max(members, key=lambda at: (int(layer.people[at]), layer.code[at]))


def _point(layer: Layer, at: int) -> tuple[float, float]:
    return float(layer.longitude[at]), float(layer.latitude[at])


def _placed(spot: tuple[float, float]) -> dict[str, object]:
    return {"longitude": round(spot[0], 6), "latitude": round(spot[1], 6)}


def _sites(layer: Layer, towns: Mapping[str, list[int]], inside: Inside) -> Rows:
    rows: Rows = []
    for code, members in sorted(towns.items()):
        built, shared = draws(key=f"site {code}", count=2)
        if built > 0.72:
            continue
        spot = around(key=f"site {code}", centre=_point(layer, _largest(layer, members)), sigma_km=0.8, inside=inside)
        rows.append({
            "id": f"ZJ-{code}", "name": f"演示站 {code[-6:]}", **_placed(spot), "owner": OWNER,
            "shared": "是" if shared < 0.5 else "否", "valid_from": f"{_year(code, early=0.55)}-01-01",
        })  # fmt: skip
    return rows


def _sectors(sites: Rows) -> Rows:
    rows: Rows = []
    for site in sites:
        id, start = str(site["id"]), str(site["valid_from"])
        street = int(id[-3:]) < 100
        for operator in OPERATORS:
            used, height, turn, later = draws(key=f"{operator} {id}", count=4)
            if used > SHARE[operator]:
                continue
            common = {"site": id, "operator": operator, "height_m": 25 + round(20 * height), "valid_from": start}
            for n in range(3):
                azimuth = (int(turn * 120) + 120 * n) % 360
                rows.append({**common, "id": f"{id}-{OPERATORS.index(operator)}-{n}", "technology": "4G",
                             "frequency_mhz": BANDS[operator][street], "bandwidth_mhz": 20, "azimuth": azimuth,
                             "tilt": 6 if street else 3, "power_dbm": 46, "gain_dbi": 17})  # fmt: skip
                if street and later < 0.5 or id.startswith("ZJ-130709"):
                    rows.append({**common, "id": f"{id}-{OPERATORS.index(operator)}-{n}N", "technology": "5G",
                                 "frequency_mhz": 3500, "bandwidth_mhz": 100, "azimuth": azimuth, "tilt": 6,
                                 "power_dbm": 53, "gain_dbi": 24, "valid_from": max(start, "2019-09-01")})  # fmt: skip
    return rows


def _seats(layer: Layer) -> dict[str, int]:
    found: dict[str, list[int]] = {}
    for at, unit in enumerate(layer.unit):
        found.setdefault(unit, []).append(at)
    return {unit: _largest(layer, members) for unit, members in sorted(found.items())}


def _transmitters(layer: Layer, inside: Inside) -> Rows:
    rows: Rows = []
    for number, (unit, seat) in enumerate(list(_seats(layer).items())[::3]):
        spot = around(key=f"mast {unit}", centre=_point(layer, seat), sigma_km=3.0, inside=inside)
        for service, frequency in (("电视", 530 + 8 * number), ("广播", 90 + number)):
            rows.append({
                "id": f"TX-{unit}-{'T' if service == '电视' else 'R'}", "name": f"演示发射台 {unit}",
                "service": service, **_placed(spot), "frequency_mhz": frequency, "erp_w": 5000, "height_m": 120,
                "valid_from": "2010-01-01",
            })  # fmt: skip
    return rows


def _ring(key: str, centre: tuple[float, float], km: float, inside: Inside) -> tuple[float, float]:
    """A point at ``km`` from the centre in the first of many directions that stays inside, else nearer."""
    for shrink in (1.0, 0.6, 0.3):
        for turn in draws(key=key, count=24):
            reach = shrink * km / KM_PER_DEGREE
            spot = (
                centre[0] + reach * math.cos(2 * math.pi * turn) / math.cos(math.radians(centre[1])),
                centre[1] + reach * math.sin(2 * math.pi * turn),
            )
            if inside(spot):
                return spot
    return centre


def _venues(layer: Layer, inside_of: Callable[[str], Inside]) -> Rows:
    rows: Rows = []
    for unit, seat in _seats(layer).items():
        for number, (kind, word, radius, people) in enumerate(VENUES):
            size, busy = draws(key=f"venue {unit} {kind}", count=2)
            spot = _ring(f"venue {unit} {kind}", _point(layer, seat), 1.5 + number, inside_of(unit))
            rows.append({
                "id": f"V-{unit}-{kind}", "name": f"演示{word} {unit}", "kind": kind, **_placed(spot),
                "radius_m": round(radius * (0.6 + 0.8 * size)), "people": round(people * (0.5 + busy)), "area": unit,
                "valid_from": "2014-01-01",
            })  # fmt: skip
    return [*rows, *_named(_seats(layer), layer, inside_of)]


def _named(seats: Mapping[str, int], layer: Layer, inside_of: Callable[[str], Inside]) -> Iterator[dict[str, object]]:
    """The venues that the city names; where they lie is not known, so the position is synthetic and says so."""
    usual = {kind: (radius, people) for kind, _, radius, people in VENUES}
    for venue in standards().venues:
        radius, people = usual.get(venue.kind, (300, 2000))
        size, busy = draws(key=f"named {venue.id}", count=2)
        yield {
            "id": venue.id, "name": f"{venue.title.zh}（演示位置）", "kind": venue.kind,
            **_placed(_ring(f"named {venue.id}", _point(layer, seats[venue.area]), 3.0, inside_of(venue.area))),
            "radius_m": round(2 * radius * (0.6 + 0.8 * size)), "people": round(2 * people * (0.5 + busy)),
            "area": venue.area, "valid_from": "2014-01-01",
        }  # fmt: skip


def _hotspots(venues: Rows, inside: Inside) -> Rows:
    rows: Rows = []
    for venue in venues:
        id, radius = str(venue["id"]), float(str(venue["radius_m"]))
        has, many = draws(key=f"wifi {id}", count=2)
        if has > 0.75:
            continue
        for n in range(1 + int(many * 6)):
            u, v, w = draws(key=f"wifi {id} {n}", count=3)
            reach, turn = radius * np.sqrt(u), 2 * np.pi * v
            spot = (
                float(str(venue["longitude"])) + reach * np.cos(turn) / (111_195.0 * np.cos(np.radians(40.8))),
                float(str(venue["latitude"])) + reach * np.sin(turn) / 111_195.0,
            )
            if not inside(spot):
                continue
            rows.append({
                "id": f"W-{id}-{n}", "operator": OPERATORS[int(w * 3)], **_placed(spot), "venue": id,
                "radius_m": round(max(60.0, 0.45 * radius)), "access_points": 4 + int(20 * w),
                "valid_from": f"{_year(f'{id} {n}', early=0.2)}-06-01",
            })  # fmt: skip
    return rows


def _fibre(layer: Layer, towns: Mapping[str, list[int]], inside: Inside) -> tuple[Rows, Rows]:
    nodes: Rows = []
    spans: Rows = []
    for code, members in sorted(towns.items()):
        hub = _largest(layer, members)
        operator = A if draws(key=f"fibre {code}", count=1)[0] < 0.6 else B
        nodes.append({
            "id": f"N-{code}", "name": f"演示汇聚点 {code[-6:]}", "operator": operator, "access": "否", "iptv": "是",
            "types": "aggregationPoint", **_placed(_point(layer, hub)), "valid_from": "2013-01-01",
        })  # fmt: skip
        for at in members:
            village = layer.code[at]
            built, iptv = draws(key=f"node {village}", count=2)
            if built > (0.97 if layer.urban[at] else 0.35 + 0.4 * min(float(layer.people[at]) / 900.0, 1.0)):
                continue
            year = f"{_year(village, early=0.75 if layer.urban[at] else 0.3)}-03-01"
            spot = around(key=f"node {village}", centre=_point(layer, at), sigma_km=0.3, inside=inside)
            nodes.append({
                "id": f"N-{village}", "operator": operator, "access": "是", "iptv": "是" if iptv < 0.85 else "否",
                "types": "cabinet", **_placed(spot), "valid_from": year,
            })  # fmt: skip
            spans.append({
                "id": f"S-{village}", "operator": operator, "start": f"N-{code}", "end": f"N-{village}",
                "fibre_count": 24, "valid_from": year,
            })  # fmt: skip
    return nodes, spans


def as_csv(*, rows: Rows, until: int) -> bytes:
    """The rows that stood by the end of a year, as a file."""
    kept = [row for row in rows if int(str(row["valid_from"])[:4]) <= until]
    headings = list(dict.fromkeys(key for row in rows for key in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, headings)
    writer.writeheader()
    writer.writerows(kept)
    return text.getvalue().encode()
