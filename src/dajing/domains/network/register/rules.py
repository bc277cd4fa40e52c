"""From rows of cells to sound objects, or to faults that name row, column and cure. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec

from dajing.domains.network.register.datum import Datum, Point, likely, metres, to_wgs84
from dajing.domains.network.register.kinds import ALIASES, KINDS, Thing
from dajing.kernel.text import Text

Cells = Mapping[str, object]
Inside = Callable[[Point], bool]

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
SAME_PLACE = 5.0  # metres; two sites nearer than this are one
OVERLAP = 0.8  # share of the smaller venue's circle inside the other from which both count the same people


class Fault(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One thing wrong with a file: ``row`` as the sheet counts it, 0 for the file as a whole."""

    row: int
    column: str
    message: Text
    cure: Text


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """What rows are checked against: the city's outline, codes, what the registers hold already on that day."""

    inside: Inside
    of_area: Callable[[str], Inside | None]
    known: Mapping[str, Mapping[str, Thing]]
    places: Collection[str] = ()


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """Sound objects with their rows, or faults; a file with one fault is not loaded at all."""

    things: tuple[tuple[int, Thing], ...]
    faults: tuple[Fault, ...]


def columns(*, kind: str, headings: Sequence[str]) -> dict[str, str]:
    """Heading → field for those headings that the kind knows, whatever their case and spacing."""
    fields = {info.name for info in msgspec.structs.fields(KINDS[kind].struct)}
    names = {_bare(name): field for field in fields for name in (field, *ALIASES.get(field, ()))}
    return {heading: names[_bare(heading)] for heading in headings if _bare(heading) in names}


def _bare(text: str) -> str:
    return "".join(str(text).split()).lower().replace("（", "(").replace("）", ")")


def check(*, kind: str, rows: Sequence[tuple[int, Cells]], ground: Ground, datum: Datum = "wgs84") -> Checked:
    """Every row as an object of ``kind`` with WGS-84 coordinates, and everything that is wrong with the file."""
    things: list[tuple[int, Thing]] = []
    faults = _missing(kind, rows)
    if faults:
        return Checked(things=(), faults=tuple(faults))
    mapping = columns(kind=kind, headings=list(rows[0][1]))
    for line, cells in rows:
        thing, found = _decode(kind, line, {mapping[h]: v for h, v in cells.items() if h in mapping and v is not None})
        faults += found
        if thing is not None:
            things.append((line, _converted(thing, datum)))
    faults += [fault for line, thing in things for fault in _ranges(kind, line, thing)]
    faults += _datum(things, ground, datum)
    faults += [fault for line, thing in things for fault in _placed(line, thing, ground)]
    faults += _twice(kind, things)
    faults += _references(kind, things, ground)
    return Checked(things=tuple(things), faults=tuple(sorted(faults)))


def _missing(kind: str, rows: Sequence[tuple[int, Cells]]) -> list[Fault]:
    if not rows:
        return [_fault(0, "", "文件没有数据行", "the file has no rows", "补上数据", "add rows")]
    there = set(columns(kind=kind, headings=list(rows[0][1])).values())
    needed = [info for info in msgspec.structs.fields(KINDS[kind].struct) if info.required and info.name not in there]
    return [
        _fault(
            0,
            info.name,
            f"缺少列“{_title(info.name)}”",
            f"the column “{info.name}” is missing",
            f"补上该列；可写作：{'、'.join((info.name, *ALIASES.get(info.name, ())))}",
            f"add it, under one of: {', '.join((info.name, *ALIASES.get(info.name, ())))}",
        )
        for info in needed
    ]


def _title(field: str) -> str:
    return next(iter(ALIASES.get(field, ())), field)


LONGEST_ID, LONGEST = 80, 200  # characters of an id and of any other text


def _decode(kind: str, line: int, cells: dict[str, object]) -> tuple[Thing | None, list[Fault]]:
    """One row as its structure; every cell that cannot be read is a fault of its own."""
    struct = KINDS[kind].struct
    faults: list[Fault] = []
    values: dict[str, Any] = {}
    for info in msgspec.structs.fields(struct):
        given = cells.get(info.name)
        if given is None or str(given).strip() == "":
            if info.required:
                faults.append(_fault(line, info.name, "单元格为空", "the cell is empty", "补上", "fill it in"))
            continue
        try:
            values[info.name] = msgspec.convert(_plain(given), info.type, strict=False)
        except msgspec.ValidationError:
            accepted = ", ".join(getattr(info.type, "__args__", ())) if not isinstance(info.type, type) else ""
            faults.append(
                _fault(
                    line,
                    info.name,
                    f"“{given}”读不成该列的值",
                    f"“{given}” cannot be read here",
                    f"改为该列的格式{'：' + accepted if accepted else ''}",
                    f"write a value of this column{': ' + accepted if accepted else ''}",
                )
            )
        longest = LONGEST_ID if info.name in ("id", "site") else LONGEST
        if isinstance(value := values.get(info.name), str) and (len(value) > longest or not value.isprintable()):
            faults.append(
                _fault(
                    line,
                    info.name,
                    f"超过 {longest} 字或含控制字符",
                    f"over {longest} characters, or control characters",
                    "缩短并删去换行等字符",
                    "shorten it; take out line breaks and the like",
                )
            )
    if faults:
        return None, faults
    return struct(**values), []


_WORDS = {
    "是": True,
    "否": False,
    "yes": True,
    "no": False,
    "广播": "radio",
    "电视": "television",
    "园区": "park",
    "图书馆": "library",
    "商场": "mall",
    "枢纽": "hub",
    "景区": "tourist",
    "文化场馆": "culture",
    "奥运场馆": "olympic",
}


def _plain(given: object) -> object:
    """A cell as people write it: full-width digits, words for choices, whole numbers that a sheet made floats."""
    if isinstance(given, float) and given.is_integer():
        return int(given)
    if isinstance(given, str):
        text = given.strip().translate({0xFF0E: ".", 0xFF0D: "-", **{0xFF10 + n: str(n) for n in range(10)}})
        return _WORDS.get(text.lower(), text.lower() if text.upper() in {"4G", "5G"} else text)
    if isinstance(given, int | float | bool):
        return given
    return str(given)[:10]  # a date cell


def _converted(thing: Thing, datum: Datum) -> Thing:
    point = point_of(thing)
    if point is None or datum == "wgs84" or not _on_earth(point):
        return thing
    longitude, latitude = to_wgs84(point, datum=datum)
    return msgspec.structs.replace(thing, longitude=round(longitude, 7), latitude=round(latitude, 7))


def point_of(thing: Thing) -> Point | None:
    """Where an object stands, longitude and latitude in degrees; None for those without a place of their own."""
    longitude, latitude = getattr(thing, "longitude", None), getattr(thing, "latitude", None)
    return None if longitude is None or latitude is None else (longitude, latitude)


def _on_earth(point: Point) -> bool:
    return all(map(math.isfinite, point)) and abs(point[0]) <= 180 and abs(point[1]) <= 90


def _ranges(kind: str, line: int, thing: Thing) -> list[Fault]:
    faults = []
    for (of, field), (low, high, cure) in RANGES.items():
        value = getattr(thing, field, None) if of == kind else None
        if value is not None and not low <= value <= high:
            message = Text(zh=f"{value:g} 不可能（{low:g}–{high:g}）", en=f"{value:g} cannot be ({low:g} to {high:g})")
            faults.append(Fault(row=line, column=field, message=message, cure=cure))
    if thing.valid_from and thing.valid_to and thing.valid_to <= thing.valid_from:
        faults.append(
            _fault(
                line,
                "valid_to",
                "停用日期不晚于启用日期",
                "it ends before it begins",
                "核对两个日期",
                "check both dates",
            )
        )
    return faults


def _placed(line: int, thing: Thing, ground: Ground) -> list[Fault]:
    point = point_of(thing)
    if point is None:
        return []
    if (
        _on_earth((point[1], point[0]))
        and not (_on_earth(point) and ground.inside(point))
        and ground.inside((point[1], point[0]))
    ):
        return [
            _fault(
                line,
                "longitude",
                "经度和纬度写反了",
                "longitude and latitude are exchanged",
                "对调两列",
                "exchange the two columns",
            )
        ]
    if not _on_earth(point):
        return [
            _fault(
                line,
                "longitude",
                "不是经纬度",
                "no longitude and latitude",
                "以度为单位填写，如 114.885、40.768",
                "write degrees, such as 114.885 and 40.768",
            )
        ]
    if ground.inside(point):
        area = getattr(thing, "area", None)
        return _in_area(line, area, point, ground) if area else []
    return [
        _fault(
            line,
            "longitude",
            f"{point[0]:.4f}, {point[1]:.4f} 在本市之外",
            "the place is outside the city",
            "核对坐标；若来自高德/腾讯选 gcj02，百度选 bd09",
            "check it; if from a map service, choose its datum",
        )
    ]


def _in_area(line: int, area: str, point: Point, ground: Ground) -> list[Fault]:
    inside = ground.of_area(area)
    if inside is None:
        return [_fault(line, "area", f"没有区划代码 {area}", f"there is no area {area}", "核对代码", "check the code")]
    if inside(point):
        return []
    for datum in ("gcj02", "bd09"):
        if inside(to_wgs84(point, datum=datum)):
            return [
                _fault(
                    line,
                    "longitude",
                    f"不在 {area} 内，按 {datum} 换算后在内",
                    f"outside {area}, inside from {datum}",
                    f"坐标疑为 {datum}：以 --datum {datum} 重新导入",
                    f"it seems to be {datum}: load it with --datum {datum}",
                )
            ]
    return [
        _fault(
            line, "area", f"坐标不在 {area} 内", f"the place is not in {area}", "核对坐标或代码", "check place or code"
        )
    ]


def _datum(things: Sequence[tuple[int, Thing]], ground: Ground, datum: Datum) -> list[Fault]:
    """Compared with objects whose place is known (same id): a shift by a map service's offset is found."""
    given, known = [], []
    for _line, thing in things:
        kind = next((id for id, k in KINDS.items() if k.struct is type(thing)), "")
        here = point_of(thing)
        there = point_of(old) if (old := ground.known.get(kind, {}).get(thing.id)) else None
        if here and there and _on_earth(here):
            given.append(here)
            known.append(there)
    found = likely(given=given, known=known)
    if found is None or found == "wgs84":
        return []
    shift = sorted(metres(g, k) for g, k in zip(given, known, strict=True))[len(given) // 2]
    return [
        _fault(
            0,
            "longitude",
            f"{len(given)} 个已知对象整体偏移约 {shift:.0f} 米，与 {found} 的偏移一致",
            f"{len(given)} known objects are shifted by about {shift:.0f} m, as {found} is",
            f"坐标是 {found}：以 --datum {found} 重新导入",
            f"they are {found}: load with --datum {found}",
        )
    ]


def _twice(kind: str, things: Sequence[tuple[int, Thing]]) -> list[Fault]:
    """The same id on two rows, two sites in one place, venues that overlap."""
    counts = Counter((thing.id, thing.valid_from) for _, thing in things)
    faults = [
        _fault(
            line,
            "id",
            f"编号 {thing.id} 出现 {counts[thing.id, thing.valid_from]} 次",
            "the id appears twice",
            "合并或改号",
            "merge the rows or change the id",
        )
        for line, thing in things
        if counts[thing.id, thing.valid_from] > 1
    ]
    if kind in {"site", "transmitter"}:
        faults += [
            _fault(
                line,
                "longitude",
                f"与 {other.id} 在同一位置（{SAME_PLACE:g} 米内）",
                f"the same place as {other.id}",
                "一处站址只登记一次；各运营商写在扇区里",
                "register a mast once; operators are in its sectors",
            )
            for line, thing, other in near(things, SAME_PLACE)
            if kind == "site"
        ]
    if kind == "venue":
        faults += [
            _fault(
                line,
                "radius_m",
                f"与 {other.id} 重叠，人数会重复计",
                f"overlaps {other.id}: people counted twice",
                "缩小半径或合并",
                "reduce the radius or merge them",
            )
            for line, thing, other in near(things, 20_000.0)
            if _overlap(thing, other) > OVERLAP
        ]
    return faults


def near(things: Sequence[tuple[int, Thing]], limit: float) -> list[tuple[int, Thing, Thing]]:
    """Each object with an earlier one of another id within ``limit`` metres; sorted by latitude, so not all pairs."""
    placed = sorted(
        ((point, line, thing) for line, thing in things if (point := point_of(thing)) and _on_earth(point)),
        key=lambda item: item[0][1],
    )
    found = []
    for at, (point, line, thing) in enumerate(placed):
        for other_point, _line, other in reversed(placed[:at]):
            if (point[1] - other_point[1]) * 111_195.0 > limit:
                break
            if thing.id != other.id and metres(point, other_point) <= limit:
                found.append((line, thing, other))
                break
    return found


def _overlap(a: Thing, b: Thing) -> float:
    """Share of the smaller circle that lies in the other."""
    pa, pb, ra, rb = point_of(a), point_of(b), a.radius_m, b.radius_m  # type: ignore[attr-defined]
    if pa is None or pb is None:
        return 0.0
    d, small = metres(pa, pb), min(ra, rb)
    if d >= ra + rb:
        return 0.0
    if d <= abs(ra - rb):
        return 1.0
    one = ra * ra * math.acos((d * d + ra * ra - rb * rb) / (2 * d * ra))
    two = rb * rb * math.acos((d * d + rb * rb - ra * ra) / (2 * d * rb))
    kite = 0.5 * math.sqrt((-d + ra + rb) * (d + ra - rb) * (d - ra + rb) * (d + ra + rb))
    return float((one + two - kite) / (math.pi * small * small))


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
                    _fault(
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
                    _fault(
                        line,
                        "id",
                        f"没有统计代码 {thing.id}",
                        f"no village or community has code {thing.id}",
                        "填 12 位统计代码",
                        "write the 12-digit code",
                    )
                )
    return faults


def _fault(row: int, column: str, zh: str, en: str, cure_zh: str, cure_en: str) -> Fault:
    return Fault(row=row, column=column, message=Text(zh=zh, en=en), cure=Text(zh=cure_zh, en=cure_en))
