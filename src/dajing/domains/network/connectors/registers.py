"""A register from a table (CSV, XLSX, ODS …) or a GeoJSON file."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import msgspec

from dajing.domains.network.register.cells import SURPLUS, Cells, columns
from dajing.domains.network.register.datum import Datum
from dajing.domains.network.register.service import checked_rows, kind_of
from dajing.kernel.settings import settings
from dajing.kernel.spreadsheet.files import FileUnreadable, decode, read_sheets, too_large
from dajing.kernel.text import Text

MOST_ROWS = 200_000  # a city has tens of thousands of sectors
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
    return [fault.words for fault in found]


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
        return _features(register, name, body)
    for sheet in read_sheets(name=name, body=body, limit=settings().upload_limit_mb << 20, most_rows=MOST_ROWS):
        for at, row in enumerate(sheet.rows[:HEAD]):
            headings = [str(cell).strip() for cell in row if cell is not None]
            if len(mapped := columns(kind=register, headings=headings)) >= 2:
                _once(name, headings, mapped)
                return _rows(sheet.rows, at)
    reason = Text(
        zh="找不到表头：没有一行含有该台账的列名", en="no row holds this register's headings; add a heading row"
    )
    raise FileUnreadable(file=name, reason=reason)


def _once(name: str, headings: list[str], mapped: Collection[str]) -> None:
    """Refuse a heading that stands over two columns: one of them would be lost."""
    for heading in mapped:
        if headings.count(heading) > 1:
            reason = Text(
                zh=f"有两列都叫“{heading}”；请删去或改名一列",
                en=f"two columns are called “{heading}”; remove or rename one",
            )
            raise FileUnreadable(file=name, reason=reason)


def _rows(rows: list[list[object]], at: int) -> list[tuple[int, Cells]]:
    headings = [str(cell).strip() if cell is not None else "" for cell in rows[at]]
    found: list[tuple[int, Cells]] = []
    for number, row in enumerate(rows[at + 1 :], start=at + 2):
        if any(cell is not None for cell in row):
            padded = [*row, *([None] * (len(headings) - len(row)))]
            cells = {heading: cell for heading, cell in zip(headings, padded, strict=False) if heading}
            surplus = [cell for cell in row[len(headings) :] if cell is not None]
            found.append((number, cells | {SURPLUS: surplus} if surplus else cells))
    return found


def _features(register: str, name: str, body: bytes) -> list[tuple[int, Cells]]:
    if len(body) > settings().upload_limit_mb << 20:
        raise FileUnreadable(file=name, reason=too_large(size=len(body), limit=settings().upload_limit_mb << 20))
    try:
        content = json.loads(decode(name=name, body=body))
        features = content["features"]
        if len(features) > MOST_ROWS:
            raise FileUnreadable(file=name, reason=_too_many(len(features)))
        found = [(number, _feature(register, feature)) for number, feature in enumerate(features, start=1)]
    except (RecursionError, KeyError, TypeError, AttributeError, ValueError) as error:
        if isinstance(error, FileUnreadable):
            raise
        reason = Text(
            zh="不是 GeoJSON FeatureCollection；请导出为该格式", en="no GeoJSON FeatureCollection; export it as one"
        )
        raise FileUnreadable(file=name, reason=reason) from error
    headings = {key for _, cells in found for key in cells}  # a feature may lack what another has
    return [(number, {key: cells.get(key) for key in sorted(headings)}) for number, cells in found]


def _too_many(count: int) -> Text:
    return Text(
        zh=f"{count} 个对象超过 {MOST_ROWS} 的上限；请分成几个文件", en=f"{count} are over {MOST_ROWS}; split the file"
    )


def _feature(register: str, feature: dict[str, Any]) -> dict[str, object]:
    """A feature's cells; its geometry and its id count before properties of the same meaning."""
    cells: dict[str, object] = dict(feature.get("properties") or {})
    geometry = feature.get("geometry") or {}
    if geometry.get("type") == "Point":
        point = [*geometry["coordinates"], None, None]
        cells = _without(register, cells, "longitude", "latitude") | {"longitude": point[0], "latitude": point[1]}
    if "id" not in columns(kind=register, headings=list(cells)).values() and feature.get("id") is not None:
        cells["id"] = feature["id"]
    return cells


def _without(register: str, cells: dict[str, object], *fields: str) -> dict[str, object]:
    mapped = columns(kind=register, headings=list(cells))
    return {heading: cell for heading, cell in cells.items() if mapped.get(heading) not in fields}
