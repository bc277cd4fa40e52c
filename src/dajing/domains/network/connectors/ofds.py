"""Fibre in the Open Fibre Data Standard 0.3: a network package as JSON, or its CSV tables nodes.csv and spans.csv.

What the standard has no field for travels in its open code lists: a node that carries IPTV has the technology ``iptv``.
Lengths are kilometres, positions CRS84 (longitude first), as its schema says.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

import msgspec
import shapely
from django.db import transaction

from dajing.domains.network.register.cells import Cells
from dajing.domains.network.register.datum import Datum
from dajing.domains.network.register.kinds import FibreNode, FibreSpan
from dajing.domains.network.register.refusals import RegisterRefused
from dajing.domains.network.register.service import Receipt, load, things
from dajing.kernel.areas.api import top
from dajing.kernel.identity.actor import Actor, system
from dajing.kernel.measures.reading import Kind
from dajing.kernel.settings import settings
from dajing.kernel.spreadsheet.files import FileUnreadable, decode, too_large
from dajing.kernel.text import Text

IPTV = "iptv"
SCHEMA = (
    "https://raw.githubusercontent.com/Open-Telecoms-Data/open-fibre-data-standard/0__3__0/schema/network-schema.json"
)
type Json = dict[str, Any]
Rows = list[tuple[int, Cells]]


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A JSON file or a folder of CSV tables, and the datum of its coordinates (the standard's own is WGS-84)."""

    path: Path
    datum: Datum = "wgs84"


class _Dry(Exception):
    """Takes a trial load back."""


def check(*, options: Options) -> list[Text]:
    """What stands in the way of loading, in words; empty when nothing does. Changes nothing."""
    try:
        with transaction.atomic():
            load_network(options=options, by=system("network.check"), at=datetime.now(UTC))
            raise _Dry
    except _Dry:
        return []
    except (FileUnreadable, RegisterRefused) as refusal:
        return [refusal.message]


def pull(*, options: Options) -> tuple[Rows, Rows]:
    """Nodes and spans as rows of the registers. Raises ``FileUnreadable``."""
    name = options.path.name
    try:
        if options.path.is_dir():
            networks = _tables(options.path)
        else:
            networks = json.loads(decode(name=name, body=_read(options.path)))["networks"]
        prefix = len(networks) > 1
        nodes = [_node(node, _prefix(network, prefix)) for network in networks for node in network.get("nodes") or ()]
        spans = [_span(span, _prefix(network, prefix)) for network in networks for span in network.get("spans") or ()]
    except OSError as error:
        reason = Text(
            zh="读不到；请核对路径，文件夹里须有 nodes.csv 和 spans.csv",
            en="cannot be read; check the path, a folder must hold nodes.csv and spans.csv",
        )
        raise FileUnreadable(file=name, reason=reason) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, shapely.errors.ShapelyError) as e:
        if isinstance(e, FileUnreadable):
            raise
        reason = Text(zh="不是 OFDS 网络包（JSON 或 CSV 表）", en="no OFDS network package (JSON, or a folder of CSV)")
        raise FileUnreadable(file=name, reason=reason) from e
    return list(enumerate(nodes, start=1)), list(enumerate(spans, start=1))


def _read(path: Path) -> bytes:
    size, limit = path.stat().st_size, settings().upload_limit_mb << 20
    if size > limit:
        raise FileUnreadable(file=path.name, reason=too_large(size=size, limit=limit))
    return path.read_bytes()


def _prefix(network: Json, needed: bool) -> str:
    """Ids are unique within a network only."""
    return f"{str(network['id'])[:8]}-" if needed else ""


def _operator(thing: Json) -> str:
    listed = [thing.get("physicalInfrastructureProvider"), *(thing.get("networkProviders") or ())]
    return next((str(one["name"]) for one in listed if one and one.get("name")), "")


def _node(node: Json, prefix: str) -> Cells:
    longitude, latitude = (node.get("location") or {}).get("coordinates", (None, None))[:2]
    return {
        "id": f"{prefix}{node['id']}", "name": node.get("name"), "operator": _operator(node), "longitude": longitude,
        "latitude": latitude, "access": bool(node.get("accessPoint")),
        "iptv": IPTV in (node.get("technologies") or ()), "types": ";".join(node.get("type") or ()) or None,
        "status": node.get("status") or "operational",
    }  # fmt: skip


def _span(span: Json, prefix: str) -> Cells:
    route, length = span.get("route"), span.get("fibreLength")
    return {
        "id": f"{prefix}{span['id']}", "operator": _operator(span), "start": f"{prefix}{span['start']}",
        "end": f"{prefix}{span['end']}", "fibre_count": span.get("fibreCount"),
        "length_km": None if length is None else float(length), "status": span.get("status") or "operational",
        "route": shapely.to_wkt(shapely.geometry.shape(route), rounding_precision=7) if route else None,
        "valid_from": span.get("readyForServiceDate"),
    }  # fmt: skip


def _tables(folder: Path) -> list[Json]:
    """The networks in the standard's CSV tables."""
    networks: dict[str, Json] = {}
    for kind in ("nodes", "spans"):
        body = _read(folder / f"{kind}.csv")
        for row in csv.DictReader(io.StringIO(decode(name=f"{kind}.csv", body=body), newline="")):
            thing = {key.removeprefix(f"{kind}/0/"): value for key, value in row.items() if value not in (None, "")}
            network = networks.setdefault(row["id"], {"id": row["id"], "nodes": [], "spans": []})
            network[kind].append(_thing(thing, kind))
    return list(networks.values())


def _thing(cells: dict[str, str], kind: str) -> Json:
    found: Json = {
        **cells,
        "physicalInfrastructureProvider": {"name": cells.get("physicalInfrastructureProvider/name")},
    }
    for name in ("location", "route"):
        if name in cells:
            found[name] = json.loads(shapely.to_geojson(shapely.from_wkt(cells[name])))
    for name in ("type", "technologies"):
        found[name] = cells[name].split(";") if name in cells else []
    found["accessPoint"] = cells.get("accessPoint", "").lower() == "true"
    return found


def load_network(*, options: Options, by: Actor, at: datetime) -> tuple[Receipt, Receipt]:
    """Nodes, then spans, both or neither. Raises ``FileUnreadable``, ``RegisterRefused``."""
    nodes, spans = pull(options=options)
    body = b"".join(sorted(p.read_bytes() for p in options.path.glob("*.csv"))) if options.path.is_dir() else (
        options.path.read_bytes()
    )  # fmt: skip
    provenance = Kind.SYNTHETIC if settings().synthetic else Kind.REPORTED
    made = []
    with transaction.atomic():
        for register, rows in (("fibre_node", nodes), ("fibre_span", spans)):
            if rows or register == "fibre_node":
                made.append(load(
                    register=register, name=options.path.name, body=body, rows=rows, by=by, at=at,
                    datum=options.datum, provenance=provenance,
                ))  # fmt: skip
    spare = Receipt(register="fibre_span", rows=0, appended=0, withdrawn=0)
    return made[0], made[1] if len(made) > 1 else spare


def push(*, options: Options, on: date) -> tuple[int, int]:
    """Write the registers of a day as a network package: JSON for a ``.json`` path, else a folder of CSV tables.

    Returns how many nodes and spans were written.
    """
    network = package(on=on)
    if options.path.suffix == ".json":
        text = json.dumps({"networks": [network]}, ensure_ascii=False, indent=1)
        options.path.write_text(text + "\n", encoding="utf-8")
    else:
        options.path.mkdir(parents=True, exist_ok=True)
        _write(options.path / "nodes.csv", "nodes", network)
        _write(options.path / "spans.csv", "spans", network)
    return len(network["nodes"]), len(network["spans"])


def package(*, on: date) -> Json:
    """The fibre registers of a day as one OFDS network."""
    nodes = cast(Mapping[str, FibreNode], things(register="fibre_node", on=on))
    spans = cast(Mapping[str, FibreSpan], things(register="fibre_span", on=on))
    name = f"{top().name.zh} {on.isoformat()}"
    if settings().synthetic:
        name += "（合成数据，仅供演示 · synthetic, for demonstration only）"
    return {
        "id": f"dajing-{top().code}", "name": name, "collectionDate": on.isoformat(),
        "crs": {"name": "urn:ogc:def:crs:OGC::CRS84", "uri": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"},
        "links": [{"href": SCHEMA, "rel": "describedby"}],
        "nodes": [_out_node(node) for node in nodes.values()],
        "spans": [_out_span(span) for span in spans.values()],
    }  # fmt: skip


def _out_node(node: FibreNode) -> Json:
    return _full({
        "id": node.id, "name": node.name, "status": node.status,
        "location": {"type": "Point", "coordinates": [node.longitude, node.latitude]},
        "type": node.types.split(";") if node.types else None, "accessPoint": node.access,
        "technologies": [IPTV] if node.iptv else None, "physicalInfrastructureProvider": _organisation(node.operator),
    })  # fmt: skip


def _out_span(span: FibreSpan) -> Json:
    return _full({
        "id": span.id, "status": span.status, "start": span.start, "end": span.end, "fibreCount": span.fibre_count,
        "readyForServiceDate": span.valid_from.isoformat() if span.valid_from else None,
        "fibreLength": span.length_km,
        "route": json.loads(shapely.to_geojson(shapely.from_wkt(span.route))) if span.route else None,
        "physicalInfrastructureProvider": _organisation(span.operator),
    })  # fmt: skip


def _organisation(name: str) -> Json:
    return {"id": name, "name": name}


def _full(thing: Json) -> Json:
    return {key: value for key, value in thing.items() if value not in (None, "")}


def _write(path: Path, kind: str, network: Json) -> None:
    rows = [{"id": network["id"], **{f"{kind}/0/{k}": v for k, v in _flat(thing)}} for thing in network[kind]]
    headings = list(dict.fromkeys(key for row in rows for key in row)) or ["id"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, headings)
        writer.writeheader()
        writer.writerows(rows)


def _flat(thing: Json) -> Sequence[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for key, value in thing.items():
        if key in {"location", "route"}:
            found.append((key, shapely.to_wkt(shapely.geometry.shape(value), rounding_precision=7)))
        elif isinstance(value, dict):
            found += [(f"{key}/{name}", part) for name, part in value.items()]
        else:
            found.append((key, ";".join(value) if isinstance(value, list) else value))
    return found
