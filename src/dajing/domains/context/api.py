"""The door of the city context: the live state and its history, read-only; what writes goes through the broker."""

from __future__ import annotations

import functools
from datetime import UTC, datetime
from typing import Any

import msgspec

from dajing.domains.context.archive.cold import Archive
from dajing.domains.context.connectors.simulator import SOURCE
from dajing.domains.context.ngsi.context import core
from dajing.domains.context.ngsi.evolution import Span
from dajing.domains.context.ngsi.forms import LOCATION
from dajing.domains.context.ngsi.terms import VALUE_OF, iso, micros, parse_time
from dajing.domains.context.store.history import History
from dajing.domains.context.store.reader import Reader
from dajing.domains.context.store.schema import Location, begun, live_store
from dajing.kernel.settings import settings

__all__ = [
    "Item",
    "Kind",
    "Place",
    "Reading",
    "by_unit",
    "item",
    "items",
    "kinds",
    "latest",
    "places",
    "series",
    "store",
]

type Json = dict[str, Any]
LEAST_PAGE = 50


class Kind(msgspec.Struct, frozen=True):
    """One entity type with the number of its entities."""

    name: str
    count: int


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """The present value of one attribute; ``unit`` is a UN/CEFACT code, ``number`` the value where it is one."""

    name: str
    value: Any
    unit: str
    observed_at: datetime | None
    number: float | None


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One entity as people see it; ``area`` is the code of the unit it serves, empty where it says none."""

    key: int
    id: str
    types: tuple[str, ...]
    area: str
    synthetic: bool
    modified_at: datetime | None
    position: tuple[float, float] | None
    readings: tuple[Reading, ...]


class Place(msgspec.Struct, frozen=True):
    """Where one entity stands, WGS-84 degrees."""

    id: str
    east: float
    north: float


@functools.lru_cache(maxsize=4)
def _reader(path: Location) -> Reader:
    return Reader(path=path)


def store() -> Reader | None:
    """The live store of this installation, or None before anything was sent to it."""
    path = live_store(settings=settings())
    return _reader(path) if begun(path=path) else None


def _iri(name: str) -> str:
    return core().expand(name)


def kinds() -> list[Kind]:
    """Every entity type of the city's own tenant, the most numerous first."""
    reader = store()
    found = [Kind(core().compact(iri), count) for iri, count in reader.types(tenant="")] if reader else []
    return sorted(found, key=lambda kind: (-kind.count, kind.name))


def latest() -> datetime | None:
    """When the observation that came last was made; None before the first."""
    reader = store()
    if reader is None:
        return None
    found = reader.connection.execute("SELECT coalesce(observed, created) FROM instance ORDER BY n DESC LIMIT 1").get
    return datetime.fromtimestamp(found / 1e6, UTC) if found else None


def by_unit(*, kind: str) -> dict[str, int]:
    """How many entities of a type serve each unit (by the attribute ``areaServed``); from indexes alone."""
    reader = store()
    if reader is None:
        return {}
    sql = (
        "SELECT w.value, count(*) FROM word w CROSS JOIN kind t ON t.k=w.k AND t.type=? WHERE w.attr=? GROUP BY w.value"
    )
    values = reader.term("", _iri(kind)), reader.term("", _iri("areaServed"))
    return dict(reader.connection.execute(sql, values))


def items(*, kind: str, area: str = "", after: int = 0, limit: int = LEAST_PAGE) -> tuple[list[Item], int]:
    """One page of entities of a type with their present values, in order of creation; the key to go on after, or 0."""
    reader = store()
    if reader is None:
        return [], 0
    served = "AND EXISTS (SELECT 1 FROM word w WHERE w.k=t.k AND w.attr=? AND w.value=?)" if area else ""
    sql = (
        f"SELECT t.k, e.doc FROM kind t CROSS JOIN entity e ON e.k=t.k WHERE t.type=? AND t.k>? {served} "
        "ORDER BY t.k LIMIT ?"
    )
    more: list[Any] = [reader.term("", _iri("areaServed")), area] if area else []
    rows = list(reader.connection.execute(sql, [reader.term("", _iri(kind)), after, *more, limit + 1]))
    found = [_item(key, msgspec.json.decode(doc)) for key, doc in rows[:limit]]
    return found, found[-1].key if len(rows) > limit else 0


def item(*, id: str) -> Item | None:
    """One entity with its present values, or None."""
    reader = store()
    entity = reader.entity(tenant="", identifier=id) if reader else None
    return _item(0, entity) if entity else None


def places(*, kind: str, most: int = 2_000) -> list[Place]:
    """Where entities of a type stand, at most ``most`` of them."""
    reader = store()
    if reader is None:
        return []
    sql = (
        "SELECT e.id, p.east, p.north FROM kind t CROSS JOIN place p INDEXED BY place_of ON p.k=t.k AND p.attr=? "
        "CROSS JOIN entity e ON e.k=t.k WHERE t.type=? AND p.east IS NOT NULL ORDER BY t.k LIMIT ?"
    )
    values = reader.term("", LOCATION), reader.term("", _iri(kind)), most
    return [Place(*row) for row in reader.connection.execute(sql, values)]


def series(*, id: str, name: str, since: datetime, most: int = 2_000) -> list[tuple[datetime, float]]:
    """Numbers that an attribute had, by the time of observation, from ``since`` on; the newest ``most`` of them."""
    reader = store()
    if reader is None:
        return []
    head = reader.connection.execute("SELECT k FROM chronicle WHERE tenant='' AND id=?", (id,)).get
    cold = "SELECT newest FROM cold WHERE k=? AND attr=?"
    newest = reader.connection.execute(cold, (head, reader.term("", _iri(name)))).get
    if newest is not None and newest >= micros(since.isoformat()):
        return _with_archived(reader, head, _iri(name), since, most)
    sql = (
        "SELECT i.observed, i.value FROM chronicle c CROSS JOIN instance i ON i.k=c.k WHERE c.tenant='' AND c.id=? "
        "AND i.attr=? AND i.observed>=? AND i.value IS NOT NULL ORDER BY i.observed DESC LIMIT ?"
    )
    values = id, reader.term("", _iri(name)), micros(since.isoformat()), most
    rows = list(reader.connection.execute(sql, values))
    return [(datetime.fromtimestamp(at / 1e6, UTC), float(value)) for at, value in reversed(rows)]


def _with_archived(reader: Reader, key: int, iri: str, since: datetime, most: int) -> list[tuple[datetime, float]]:
    own = settings()
    history = History(reader=reader, archive=Archive(rows=own.data_dir / "rows.db", url=own.rows))
    span = Span(relation="after", at=iso(since))
    found = history.instances(key=key, attr=reader.term("", iri), span=span)[-most:]
    pairs = ((parse_time(i["observedAt"]), i.get("value")) for i in found if "observedAt" in i)
    return [(at, float(v)) for at, v in pairs if at and isinstance(v, int | float) and not isinstance(v, bool)]


def _item(key: int, entity: Json) -> Item:
    compact = core().compact
    found = [_reading(compact(iri), instances) for iri, instances in entity["attrs"].items() if iri != LOCATION]
    values = {reading.name: reading.value for reading in found}
    return Item(
        key=key, id=entity["id"], types=tuple(compact(t) for t in entity["type"]),
        area=str(values.get("areaServed") or ""), synthetic=values.get("source") == SOURCE,
        modified_at=parse_time(entity["modifiedAt"]), position=_position(entity),
        readings=tuple(r for r in found if r.name not in ("areaServed", "source")),
    )  # fmt: skip


def _reading(name: str, instances: list[Json]) -> Reading:
    newest = max(instances, key=lambda instance: str(instance.get("observedAt") or instance["modifiedAt"]))
    value = newest.get(VALUE_OF[newest["type"]])
    if isinstance(value, dict) and "@value" in value:
        value = value["@value"]
    number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    observed = parse_time(newest["observedAt"]) if "observedAt" in newest else None
    return Reading(name=name, value=value, unit=newest.get("unitCode", ""), observed_at=observed, number=number)


def _position(entity: Json) -> tuple[float, float] | None:
    for instance in entity["attrs"].get(LOCATION, ()):
        if instance["value"]["type"] == "Point":
            east, north = instance["value"]["coordinates"][:2]
            return float(east), float(north)
    return None
