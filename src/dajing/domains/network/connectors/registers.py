"""A register from a table (CSV, XLSX, ODS …) or a GeoJSON file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from dajing.domains.network.register.datum import Datum
from dajing.domains.network.register.rules import Cells, columns
from dajing.domains.network.register.service import checked_rows, kind_of
from dajing.kernel.settings import settings
from dajing.kernel.spreadsheet.files import FileUnreadable, decode, read_sheets, too_large
from dajing.kernel.text import Text

HEAD = 10  # a title may stand above the headings; they are looked for in this many rows


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file, the register it belongs to, and the datum of its coordinates."""

    path: Path
    register: str
    datum: Datum = "wgs84"


def check(*, options: Options) -> list[Text]:
    """Everything that stands in the way of loading, in words; empty when nothing does. Changes nothing."""
    from datetime import UTC, datetime

    try:
        rows = pull(options=options)
        found = checked_rows(
            register=options.register, rows=rows, on=datetime.now(UTC).date(), datum=options.datum
        ).faults
    except FileUnreadable as refusal:
        return [refusal.message]
    return [
        Text(zh=f"第 {f.row} 行 {f.column}：{f.message.zh} → {f.cure.zh}",
             en=f"row {f.row} {f.column}: {f.message.en} → {f.cure.en}")
        for f in found
    ]  # fmt: skip


def pull(*, options: Options) -> list[tuple[int, Cells]]:
    """The file's rows with their numbers. Raises ``FileUnreadable``, ``RegisterUnknown``."""
    name = options.path.name
    try:
        body = options.path.read_bytes()
    except OSError as error:
        reason = Text(zh="读不到这个文件；请核对路径", en="the file cannot be read; check the path")
        raise FileUnreadable(file=name, reason=reason) from error
    return rows_of(register=options.register, name=name, body=body)


def rows_of(*, register: str, name: str, body: bytes) -> list[tuple[int, Cells]]:
    """Rows of a file's content: the first sheet whose headings fit, or the features of a GeoJSON file."""
    kind_of(id=register)
    if name.lower().endswith((".geojson", ".json")):
        return _features(name, body)
    for sheet in read_sheets(name=name, body=body, limit=settings().upload_limit_mb << 20):
        for at, row in enumerate(sheet.rows[:HEAD]):
            headings = [str(cell).strip() for cell in row if cell is not None]
            if len(columns(kind=register, headings=headings)) >= 2:
                return _rows(sheet.rows, at)
    reason = Text(
        zh="找不到表头：没有一行含有该台账的列名", en="no row holds this register's headings; add a heading row"
    )
    raise FileUnreadable(file=name, reason=reason)


def _rows(rows: list[list[object]], at: int) -> list[tuple[int, Cells]]:
    headings = [str(cell).strip() if cell is not None else "" for cell in rows[at]]
    found: list[tuple[int, Cells]] = []
    for number, row in enumerate(rows[at + 1 :], start=at + 2):
        if any(cell is not None for cell in row):
            padded = [*row, *([None] * (len(headings) - len(row)))]
            found.append((number, {h: c for h, c in zip(headings, padded, strict=False) if h}))
    return found


def _features(name: str, body: bytes) -> list[tuple[int, Cells]]:
    if len(body) > settings().upload_limit_mb << 20:
        raise FileUnreadable(file=name, reason=too_large(size=len(body), limit=settings().upload_limit_mb << 20))
    try:
        content = json.loads(decode(name=name, body=body))
        features = content["features"]
        found = [(number, _feature(feature)) for number, feature in enumerate(features, start=1)]
    except (json.JSONDecodeError, RecursionError, KeyError, TypeError, AttributeError) as error:
        reason = Text(zh="不是 GeoJSON FeatureCollection", en="no GeoJSON FeatureCollection; export it as one")
        raise FileUnreadable(file=name, reason=reason) from error
    headings = {key for _, cells in found for key in cells}  # a feature may lack what another has
    return [(number, {key: cells.get(key) for key in sorted(headings)}) for number, cells in found]


def _feature(feature: dict[str, Any]) -> dict[str, object]:
    cells: dict[str, object] = dict(feature.get("properties") or {})
    geometry = feature.get("geometry") or {}
    if geometry.get("type") == "Point":
        cells["longitude"], cells["latitude"] = geometry["coordinates"][:2]
    if "id" not in cells and feature.get("id") is not None:
        cells["id"] = feature["id"]
    return cells
