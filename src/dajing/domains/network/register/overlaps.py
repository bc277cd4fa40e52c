"""What would count twice: an id on two rows, a mast registered again, venues over one another, too many people."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from dajing.domains.network.register.cells import Fault, fault
from dajing.domains.network.register.datum import METRES_PER_DEGREE, Point, metres
from dajing.domains.network.register.kinds import Hotspot, Place, Site, Thing, Venue
from dajing.domains.network.register.placing import Ground, on_earth, point_of

Rows = Sequence[tuple[int, Thing]]
SAME_PLACE = 5.0  # metres; two sites nearer than this are one
OVERLAP = 0.8  # share of the smaller venue's circle inside the other from which both count the same people
CROWDED = 4  # objects remembered per cell of 5 m: more of them are faults already
APART = 0.1  # how far a unit's surveyed people may be from its census before one of the two is taken to be wrong


def twice(things: Rows) -> list[Fault]:
    """The same id from the same day on two rows."""
    counts = Counter((thing.id, thing.valid_from) for _, thing in things)
    return [
        fault(
            line,
            "id",
            f"编号 {thing.id} 出现 {counts[thing.id, thing.valid_from]} 次",
            f"the id {thing.id} appears {counts[thing.id, thing.valid_from]} times",
            "合并或改号",
            "merge the rows or change the id",
        )
        for line, thing in things
        if counts[thing.id, thing.valid_from] > 1
    ]


def standing(kind: str, things: Rows, ground: Ground) -> list[Thing]:
    """Objects of the register that the file does not speak of and that stay as they are."""
    mine = {thing.id for _, thing in things}
    known = {} if ground.complete else ground.known.get(kind, {})
    return [thing for id, thing in known.items() if id not in mine and thing.valid_to is None]


def same_place(things: Rows, ground: Ground) -> list[Fault]:
    """Two sites in one place, in the file or in the register."""
    cells: dict[tuple[int, int], list[tuple[Point, str]]] = {}
    faults = []
    for thing in standing("site", things, ground):
        _neighbour(cells, thing)
    for line, thing in things:
        other = _neighbour(cells, thing) if isinstance(thing, Site) else None
        if other:
            faults.append(
                fault(
                    line,
                    "longitude",
                    f"与 {other} 在同一位置（{SAME_PLACE:g} 米内）",
                    f"the same place as {other}",
                    "一处站址只登记一次，各运营商写在扇区里；改了编号的，用完整清单导入",
                    "register a mast once, operators are in its sectors; with new ids load the complete list",
                )
            )
    return faults


def _neighbour(cells: dict[tuple[int, int], list[tuple[Point, str]]], thing: Thing) -> str | None:
    """The id of another object within 5 m seen before, if any; the object is remembered."""
    point = point_of(thing)
    if point is None or not on_earth(point):
        return None
    side = SAME_PLACE / METRES_PER_DEGREE
    east, north = math.floor(point[0] * math.cos(math.radians(point[1])) / side), math.floor(point[1] / side)
    around = [(east + x, north + y) for x in (0, -1, 1) for y in (0, -1, 1)]
    found = next(
        (
            id
            for key in around
            for there, id in cells.get(key, ())
            if id != thing.id and metres(point, there) <= SAME_PLACE
        ),
        None,
    )
    here = cells.setdefault((east, north), [])
    if len(here) < CROWDED:
        here.append((point, thing.id))
    return found


def venues_over_another(things: Rows, ground: Ground) -> list[Fault]:
    """Venues whose circles hold the same people, in the file or in the register."""
    rows = [(line, thing) for line, thing in things if isinstance(thing, Venue) and on_earth(_at(thing))]
    known = [(0, thing) for thing in standing("venue", things, ground) if isinstance(thing, Venue)]
    listed = [*known, *rows]
    if not rows:
        return []
    x, y = (np.array([_at(venue)[axis] for _, venue in listed]) for axis in (0, 1))
    radius = np.array([venue.radius_m for _, venue in listed])
    faults = []
    for at in range(len(known), len(listed)):
        line, venue = listed[at]
        east = (x[:at] - x[at]) * math.cos(math.radians(y[at]))
        away = np.hypot(east, y[:at] - y[at]) * METRES_PER_DEGREE
        touching = np.flatnonzero(away < radius[:at] + radius[at])
        other = next((o for n in touching if (o := listed[n][1]).id != venue.id and _overlap(venue, o) > OVERLAP), None)
        if other:
            faults.append(
                fault(
                    line,
                    "radius_m",
                    f"与 {other.id} 重叠，人数会重复计",
                    f"overlaps {other.id}: people counted twice",
                    "缩小半径或合并",
                    "reduce the radius or merge them",
                )
            )
    return faults


def _at(venue: Venue) -> Point:
    return venue.longitude, venue.latitude


def _overlap(a: Venue, b: Venue) -> float:
    """Share of the smaller circle that lies in the other."""
    ra, rb = a.radius_m, b.radius_m
    d, small = metres(_at(a), _at(b)), min(ra, rb)
    if not d < ra + rb:
        return 0.0
    if d <= abs(ra - rb):
        return 1.0
    one = ra * ra * math.acos((d * d + ra * ra - rb * rb) / (2 * d * ra))
    two = rb * rb * math.acos((d * d + rb * rb - ra * ra) / (2 * d * rb))
    kite = 0.5 * math.sqrt((-d + ra + rb) * (d + ra - rb) * (d - ra + rb) * (d + ra + rb))
    return float((one + two - kite) / (math.pi * small * small))


def away_from_venue(things: Rows, ground: Ground) -> list[Fault]:
    """Hotspots that reach nothing of the venue they name."""
    faults = []
    for line, thing in things:
        venue = ground.known.get("venue", {}).get(thing.venue or "") if isinstance(thing, Hotspot) else None
        if not isinstance(thing, Hotspot) or not isinstance(venue, Venue):
            continue
        if not on_earth((thing.longitude, thing.latitude)):
            continue
        away = metres((thing.longitude, thing.latitude), _at(venue))
        if away > thing.radius_m + venue.radius_m:
            faults.append(
                fault(
                    line,
                    "venue",
                    f"离场所 {venue.id} 有 {away:.0f} 米，覆盖不到它",
                    f"{away:.0f} m from the venue {venue.id}, out of reach of it",
                    "核对坐标、坐标系或场所编号",
                    "check the coordinates, their datum, or the venue's id",
                )
            )
    return faults


def people_of_units(things: Rows, ground: Ground) -> list[Fault]:
    """Surveyed people of a unit against its census: more than there are, or, with every village named, too few."""
    found: dict[str, list[tuple[int, int]]] = {}
    for line, thing in things:
        unit = ground.places.get(thing.id)
        if isinstance(thing, Place) and thing.people is not None and unit:
            found.setdefault(unit, []).append((line, thing.people))
    sizes = Counter(ground.places.values())
    faults = []
    for unit, rows in sorted(found.items()):
        total, census = sum(people for _, people in rows), ground.people.get(unit, 0)
        whole = len(rows) == sizes[unit]
        if census and (total > census * (1 + APART) or (whole and total < census * (1 - APART))):
            faults.append(
                fault(
                    rows[0][0],
                    "people",
                    f"县区 {unit} 共 {len(rows)} 行合计 {total:,} 人，普查为 {census:,} 人，相差超过一成",
                    f"{len(rows)} rows of unit {unit} add up to {total:,} people, its census to {census:,}",
                    "核对人数（是否多写一位、含流动人口或重复）；人数不明就留空",
                    "check them (a digit too many, people counted twice); leave what is not known empty",
                )
            )
    return faults
