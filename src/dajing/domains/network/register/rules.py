"""From rows of cells to sound objects, or to faults that name row, column and cure. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import shapely

from dajing.domains.network.register.cells import Cells, Fault, columns, decode, fault, of_headings
from dajing.domains.network.register.datum import Datum
from dajing.domains.network.register.kinds import KINDS, FibreSpan, Thing
from dajing.domains.network.register.overlaps import (
    away_from_venue,
    people_of_units,
    same_place,
    twice,
    venues_over_another,
)
from dajing.domains.network.register.placing import Ground, converted, placed, shifted
from dajing.kernel.text import Text

# What can be at all; beyond it a unit was mixed up or a digit slipped. (P.1812-8 covers 30 MHz to 6 GHz.)
RANGES: dict[tuple[str, str], tuple[float, float, Text]] = {
    ("sector", "height_m"): (2, 200, Text(zh="挂高以米为单位，通常 15–60", en="height in metres, usually 15 to 60")),
    ("sector", "power_dbm"): (0, 60, Text(zh="功率以 dBm 为单位：20 W 写 43", en="power in dBm: 20 W is 43")),
    ("sector", "gain_dbi"): (-5, 36, Text(zh="增益以 dBi 为单位", en="gain in dBi")),
    ("sector", "frequency_mhz"): (400, 6000, Text(zh="频率以 MHz 为单位", en="frequency in MHz")),
    ("sector", "bandwidth_mhz"): (1.4, 400, Text(zh="带宽以 MHz 为单位", en="bandwidth in MHz")),
    ("sector", "azimuth"): (0, 360, Text(zh="方位角从正北顺时针 0–360 度", en="degrees from north, 0 to 360")),
    ("sector", "tilt"): (-20, 45, Text(zh="下倾为正，单位度", en="degrees, positive downwards")),
    ("sector", "beamwidth"): (5, 360, Text(zh="水平半功率波束宽度，单位度", en="half-power beamwidth in degrees")),
    ("hotspot", "radius_m"): (5, 500, Text(zh="热点覆盖半径以米为单位", en="reach in metres")),
    ("hotspot", "access_points"): (1, 5000, Text(zh="AP 数为正整数", en="a positive number of access points")),
    ("transmitter", "erp_w"): (0.1, 1e6, Text(zh="有效辐射功率以瓦为单位", en="effective radiated power in watts")),
    ("transmitter", "height_m"): (5, 600, Text(zh="天线离地高度以米为单位", en="metres above ground")),
    ("transmitter", "frequency_mhz"): (47, 900, Text(zh="频率以 MHz 为单位", en="frequency in MHz")),
    ("fibre_span", "length_km"): (0, 2000, Text(zh="长度以公里为单位", en="length in km")),
    ("fibre_span", "fibre_count"): (1, 10000, Text(zh="芯数为正整数", en="a positive number of fibres")),
    ("venue", "radius_m"): (10, 10000, Text(zh="半径以米为单位", en="radius in metres")),
    ("venue", "people"): (1, 1_000_000, Text(zh="高峰时在场人数", en="people at a busy hour")),
    ("place", "people"): (0, 1_000_000, Text(zh="常住人口数", en="residents")),
}


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """Sound objects with their rows, or faults; a file with one fault is not loaded at all."""

    things: tuple[tuple[int, Thing], ...]
    faults: tuple[Fault, ...]


def check(*, kind: str, rows: Sequence[tuple[int, Cells]], ground: Ground, datum: Datum = "wgs84") -> Checked:
    """Every row as an object of ``kind`` with WGS-84 coordinates, and everything that is wrong with the file."""
    things: list[tuple[int, Thing]] = []
    faults = of_headings(kind=kind, rows=rows)
    if faults:
        return Checked(things=(), faults=tuple(faults))
    mapping = columns(kind=kind, headings=list(rows[0][1]))
    for line, cells in rows:
        thing, found = decode(kind=kind, line=line, cells=cells, mapping=mapping)
        faults += found
        if thing is not None:
            things.append((line, converted(thing, datum)))
    for line, thing in things:
        faults += _ranges(kind, line, thing) + placed(line, thing, ground)
    faults += shifted(things, ground) + twice(things) + _references(kind, things, ground)
    if kind == "site":
        faults += same_place(things, ground)
    elif kind == "venue":
        faults += venues_over_another(things, ground)
    elif kind == "hotspot":
        faults += away_from_venue(things, ground)
    elif kind == "place":
        faults += people_of_units(things, ground)
    return Checked(
        things=tuple(things), faults=tuple(sorted(faults, key=lambda one: (one.row, one.column, one.message.en)))
    )


def _ranges(kind: str, line: int, thing: Thing) -> list[Fault]:
    faults = []
    for (of, field), (low, high, cure) in RANGES.items():
        value = getattr(thing, field, None) if of == kind else None
        if value is not None and not low <= value <= high:
            message = Text(zh=f"{value:g} 不可能（{low:g}–{high:g}）", en=f"{value:g} cannot be ({low:g} to {high:g})")
            faults.append(Fault(row=line, column=field, message=message, cure=cure))
    if thing.valid_from and thing.valid_to and thing.valid_to <= thing.valid_from:
        faults.append(
            fault(
                line,
                "valid_to",
                "停用日期不晚于启用日期",
                "it ends before it begins",
                "核对两个日期",
                "check both dates",
            )
        )
    if isinstance(thing, FibreSpan) and thing.route and not _is_route(thing.route):
        faults.append(
            fault(
                line,
                "route",
                "不是 WKT 线",
                "no line in WKT",
                "写成 LINESTRING (114.9 40.8, 115.0 40.9)，或留空",
                "write LINESTRING (114.9 40.8, 115.0 40.9), or leave it empty",
            )
        )
    return faults


def _is_route(text: str) -> bool:
    try:
        return bool(shapely.from_wkt(text).geom_type in {"LineString", "MultiLineString"})
    except shapely.errors.ShapelyError:
        return False


REFERS = {
    ("sector", "site"): "site",
    ("fibre_span", "start"): "fibre_node",
    ("fibre_span", "end"): "fibre_node",
    ("hotspot", "venue"): "venue",
}


def _references(kind: str, things: Sequence[tuple[int, Thing]], ground: Ground) -> list[Fault]:
    faults = []
    for (of, field), target in REFERS.items():
        known = ground.known.get(target, {})
        for line, thing in things if of == kind else ():
            named = getattr(thing, field)
            if named and named not in known:
                faults.append(
                    fault(
                        line,
                        field,
                        f"{KINDS[target].title.zh}里没有 {named}",
                        f"{named} is not in {KINDS[target].title.en}",
                        f"先导入{KINDS[target].title.zh}，或改正编号",
                        "load that register first, or correct the id",
                    )
                )
    if kind == "place":
        for line, thing in things:
            if thing.id not in ground.places:
                faults.append(
                    fault(
                        line,
                        "id",
                        f"没有统计代码 {thing.id}",
                        f"no village or community has code {thing.id}",
                        "填 12 位统计代码",
                        "write the 12-digit code",
                    )
                )
    return faults
