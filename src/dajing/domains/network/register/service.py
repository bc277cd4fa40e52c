"""Loading a register as a whole or not at all, and reading it as of any day and any knowledge."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import msgspec
import shapely
from django.db import transaction
from django.db.models import Max

from dajing.domains.network.demand.rules import CENSUS
from dajing.domains.network.models import Load, Version
from dajing.domains.network.register.cells import Cells
from dajing.domains.network.register.datum import Datum, Point, metres
from dajing.domains.network.register.kinds import KINDS, Kind, Thing
from dajing.domains.network.register.placing import Ground, Inside
from dajing.domains.network.register.refusals import LoadedBackdated, RegisterRefused, RegisterUnknown
from dajing.domains.network.register.rules import Checked, check
from dajing.kernel.areas.api import areas, census, townships, villages
from dajing.kernel.areas.boundaries import boundaries
from dajing.kernel.identity.actor import Actor
from dajing.kernel.ledger.api import record
from dajing.kernel.measures.reading import Kind as Provenance
from dajing.kernel.settings import settings

ALWAYS = date(1900, 1, 1)  # an object without a starting day has always been there
BATCH = 500


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a load: rows read, versions appended (0: everything was known already), objects withdrawn."""

    register: str
    rows: int
    appended: int
    withdrawn: int


def kind_of(*, id: str) -> Kind:
    """The register ``id``. Raises ``RegisterUnknown``."""
    if id not in KINDS:
        raise RegisterUnknown(id=id, known=", ".join(KINDS))
    return KINDS[id]


def load(
    *, register: str, name: str, body: bytes, rows: Sequence[tuple[int, Cells]], by: Actor, at: datetime,
    datum: Datum = "wgs84", provenance: Provenance = Provenance.REPORTED, complete: bool = False,
) -> Receipt:  # fmt: skip
    """Append a version for every object of ``rows`` that is new or differs; with one fault nothing is loaded.

    ``body`` is the original file (its digest is kept), ``complete`` says that the file lists everything: objects that
    it lacks are withdrawn from the day of ``at``. Raises ``RegisterUnknown``, ``RegisterRefused``, ``LoadedBackdated``.
    """
    kind_of(id=register)
    checked = checked_rows(register=register, rows=rows, on=at.date(), datum=datum, complete=complete)
    if checked.faults:
        raise RegisterRefused(file=name, faults=checked.faults)
    with transaction.atomic():
        last = Version.objects.filter(register=register).aggregate(at=Max("known_from"))["at"]
        if last is not None and at <= last:
            raise LoadedBackdated(known=last.isoformat())
        kept = Load.objects.create(
            register=register, name=name[:200], sha256=hashlib.sha256(body).hexdigest(), rows=len(checked.things),
            appended=0, datum=datum, provenance=str(provenance), at=at, by=by.id,
        )  # fmt: skip
        fresh = _fresh(register, [thing for _, thing in checked.things], kept, at)
        gone = _gone(register, {thing.id for _, thing in checked.things}, kept, at) if complete else []
        Version.objects.bulk_create(fresh + gone, batch_size=BATCH)
        kept.appended = len(fresh) + len(gone)
        kept.save(update_fields=["appended"])
        detail = {"file": name, "sha256": kept.sha256, "rows": kept.rows, "appended": kept.appended, "datum": datum,
                  "provenance": str(provenance)}  # fmt: skip
        record(act="network.register.loaded", by=by, at=at, subject=f"network:{register}", detail=detail)
    return Receipt(register=register, rows=kept.rows, appended=kept.appended, withdrawn=len(gone))


def checked_rows(
    *, register: str, rows: Sequence[tuple[int, Cells]], on: date, datum: Datum, complete: bool = False
) -> Checked:
    """The rows against the city and what the registers hold; changes nothing. ``complete`` as in ``load``."""
    known = {id: things(register=id, on=None) for id in ("site", "fibre_node", "venue", register)}
    ground = Ground(
        inside=_city(settings().city_dir), of_area=_of_area, known=known, complete=complete,
        places=_units_of_places() if register == "place" else {}, people=_census() if register == "place" else {},
        beyond=_beyond,
    )  # fmt: skip
    return check(kind=register, rows=rows, ground=ground, datum=datum)


def _units_of_places() -> dict[str, str]:
    towns = {town.code: town.unit or "" for town in townships()}
    return {place.code: towns.get(place.township or "", "") for place in villages()}


def _census() -> dict[str, int]:
    return {unit: row.population for unit, row in census(CENSUS).items()}


def _fresh(register: str, listed: Sequence[Thing], kept: Load, at: datetime) -> list[Version]:
    """A version for each object that says something else than the last one known from the same day on."""
    last: dict[tuple[str, date], tuple[str, date | None]] = {}
    newest: dict[str, date] = {}
    for row in Version.objects.filter(register=register).order_by("known_from", "id"):
        last[row.key, row.valid_from] = (row.content, row.valid_to)
        newest[row.key] = row.valid_from
    found = []
    for thing in listed:
        content, start = msgspec.json.encode(thing).decode(), thing.valid_from or ALWAYS
        same = last.get((thing.id, start)) == (content, thing.valid_to) and newest.get(thing.id) == start
        if not same:
            found.append(Version(
                register=register, key=thing.id, valid_from=start, valid_to=thing.valid_to, known_from=at,
                content=content, load=kept,
            ))  # fmt: skip
    return found


def _gone(register: str, there: set[str], kept: Load, at: datetime) -> list[Version]:
    return [
        Version(register=register, key=key, valid_from=at.date(), known_from=at, content="", load=kept)
        for key in things(register=register, on=at.date())
        if key not in there
    ]


def things(*, register: str, on: date | None, as_of: datetime | None = None) -> dict[str, Thing]:
    """The register's objects by id that stand on a day, as known at ``as_of`` (None: now).

    ``on`` None gives every object's last version, ended ones too, but not withdrawn ones.
    """
    struct = kind_of(id=register).struct
    versions = Version.objects.filter(register=register)
    if as_of is not None:
        versions = versions.filter(known_from__lte=as_of)
    if on is not None:
        versions = versions.filter(valid_from__lte=on)
    latest = {v.key: v for v in versions.order_by("known_from", "valid_from", "id")}
    return {
        key: msgspec.json.decode(version.content, type=struct)
        for key, version in sorted(latest.items())
        if version.content and (on is None or version.valid_to is None or on < version.valid_to)
    }


def loads(*, limit: int = 50) -> list[Load]:
    """What was loaded, newest first."""
    return list(Load.objects.order_by("-at", "-id")[:limit])


def weakest(*, as_of: datetime | None = None) -> Provenance | None:
    """The weakest kind of record among everything loaded; None while the registers are empty."""
    found = Load.objects.filter(at__lte=as_of) if as_of else Load.objects.all()
    kinds = set(found.values_list("provenance", flat=True).distinct())
    return max((Provenance(kind) for kind in kinds), key=list(Provenance).index, default=None)


@functools.lru_cache(maxsize=4)
def _city(folder: Path) -> Inside:
    whole = shapely.union_all([boundary.polygon for boundary in boundaries().values()])
    shapely.prepare(whole)
    return lambda point: bool(shapely.contains_xy(whole, point[0], point[1]))


def _polygons(code: str) -> list[shapely.Geometry]:
    """The outline of a division, or those of the divisions that a management area lies in."""
    area = areas().get(code)
    codes = (area.territory or (code,)) if area else ()
    return [boundaries()[c].polygon for c in codes if c in boundaries()]


def _of_area(code: str) -> Inside | None:
    polygons = _polygons(code)
    if not polygons:
        return None
    return lambda point: any(bool(shapely.contains_xy(p, point[0], point[1])) for p in polygons)


def _beyond(code: str, point: Point) -> float | None:
    """Kilometres from a point to the unit's outline, 0 within; None for a unit without one."""
    polygons, spot = _polygons(code), shapely.Point(point)
    near = [shapely.get_coordinates(shapely.shortest_line(polygon, spot)).tolist() for polygon in polygons]
    return min((metres(tuple(a), tuple(b)) / 1000.0 for a, b in near), default=None)


def digest(*, found: Mapping[str, Thing]) -> str:
    """SHA-256 of a register's state."""
    return hashlib.sha256(msgspec.json.encode(sorted(found.items()), order="deterministic")).hexdigest()
