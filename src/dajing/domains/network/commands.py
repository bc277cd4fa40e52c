"""``dajing network``: coverage, gaps, profile, sites import, fibre import and export."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dajing.kernel.text import Text

if TYPE_CHECKING:
    from dajing.domains.network.coverage.structs import Line, RunInfo
    from dajing.domains.network.register.datum import Datum
    from dajing.domains.network.standards import Service

SYNTHETIC = Text(
    zh="含合成数据，仅供演示；县区以下人口与位置为合成",
    en="contains synthetic data: demonstration only; people and positions below the county are synthetic",
)
REGISTERS = ("site", "sector", "hotspot", "transmitter", "fibre_node", "fibre_span", "venue", "place")
SOME = 10  # ids that a message names
DATUM = click.Choice(["wgs84", "gcj02", "bd09"])


def started(command: Callable[..., None]) -> Callable[..., None]:
    """Starts Django before the command, because it reads rows."""
    from functools import wraps

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        from dajing.kernel.web.start import start

        start()
        command(*args, **kwargs)

    return run


@click.group()
def network() -> None:
    """信息基础设施: who is covered, who is not, and why."""


@network.command()
@click.option("--service", default="4g", show_default=True, help="4g, 5g, fibre, iptv, television, radio or wifi.")
@click.option("--operator", default="", help="One operator; by default all together.")
@click.option("--area", default=None, help="Code of a county unit (shows townships) or a township (shows villages).")
@click.option("--compute", is_flag=True, help="Compute a run for today's registers first.")
@click.option(
    "--on", default=None, type=click.DateTime(["%Y-%m-%d"]), help="With --compute: the day whose registers count."
)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language shown.")
@started
def coverage(
    service: str, operator: str, area: str | None, compute: bool, on: datetime | None, as_json: bool, language: str
) -> None:
    """People covered by area, with 90 % interval."""
    from django.utils.translation import override

    from dajing.domains.network.coverage import reading

    if on and not compute:
        raise click.UsageError("--on goes with --compute · --on 须与 --compute 同用")
    run = _compute(on.date() if on else None) if compute else reading.latest()
    kind = reading.service_of(id=service).kind
    level = "venue" if kind == "wifi" else "unit" if area is None else "township" if len(area) == 6 else "place"
    if within := None if level in {"unit", "venue"} else area:
        _known(within)
    with override("en" if language == "en" else "zh-hans"):
        lines = reading.lines(run=run, service=service, level=level, operator=operator, within=within)
        whole = [] if level != "unit" else reading.lines(run=run, service=service, level="city", operator=operator)
        _show([*whole, *lines], run, reading.service_of(id=service), as_json, language)


def _compute(on: date | None) -> RunInfo:
    """The run of a day's registers, computed unless the same inputs have one; stations that serve nobody are told."""
    from rich.progress import Progress

    from dajing.domains.network.contents import left_out
    from dajing.domains.network.coverage.reading import info
    from dajing.domains.network.coverage.service import begin, work
    from dajing.domains.network.coverage.structs import COMPUTING
    from dajing.kernel.identity.api import system

    at = datetime.now(UTC)
    by = system("network.coverage")
    run = begin(on=on or at.date(), known_at=at, by=by, at=at)
    with Progress(transient=True) as shown:
        task = shown.add_task(f"{COMPUTING.zh} · {COMPUTING.en}", total=None)
        run = work(run=run, by=by, at=at, seen=lambda done, total: shown.update(task, completed=done, total=total))
    found = info(run)
    empty = left_out(found.digest, found.on, found.known_at)
    if empty:
        some = ", ".join(empty[:SOME]) + (" …" if len(empty) > SOME else "")
        click.echo(
            f"{len(empty)} 个扇区或发射台没有服务到任何人 · {len(empty)} sectors or transmitters serve nobody: {some}"
        )
    return found


def _known(code: str) -> None:
    """Refuse a code that is neither a county unit's nor a township's."""
    from dajing.kernel.areas.api import AreaUnknown, townships, units

    if code not in {unit.code for unit in units(hierarchy="reporting")} | {town.code for town in townships()}:
        raise AreaUnknown(code=code, on="")


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Tell in words why a file could not be written."""
    from dajing.domains.network.coverage.refusals import FileNotWritten

    try:
        yield
    except OSError as error:
        raise FileNotWritten(path=path, reason=error.strerror or "") from error


def _show(lines: list[Line], run: RunInfo, service: Service, as_json: bool, language: str) -> None:
    if as_json:
        _json({"run": run, "lines": lines})
        return
    from rich.console import Console
    from rich.table import Table

    words = (Text(zh="区域", en="Area"), Text(zh="人口", en="People"), Text(zh="覆盖率", en="Covered"),
             Text(zh="90% 区间", en="90 % interval"), Text(zh="未覆盖", en="Lacking"))  # fmt: skip
    shown = Table(*(word.render(language=language) for word in words))
    for line in lines:
        low, high = line.bounds or (0.0, 0.0)
        share = "—" if line.share is None else f"{line.share:.1%}"
        shown.add_row(
            f"{line.code} {line.name}", f"{line.people:,}", share, f"{low:.1%}–{high:.1%}", f"{line.lacking:,.0f}"
        )
    Console().print(shown)
    _foot(run, language, service)


def _foot(run: RunInfo, language: str, service: Service | None = None) -> None:
    day = Text(
        zh=f"台账日期 {run.on}，输入摘要 {run.digest[:12]}", en=f"registers of {run.on}, inputs {run.digest[:12]}"
    )
    click.echo(day.render(language=language))
    if service and service.status == "unconfirmed":
        limit = Text(zh=f"门限待确认：{service.source.zh}", en=f"limit unconfirmed: {service.source.en}")
        click.echo(limit.render(language=language))
    if run.kind == "synthetic":
        click.echo(SYNTHETIC.render(language=language))


def _json(value: Any) -> None:
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=1).decode())


@network.command()
@click.option("--service", default="4g", show_default=True, help="4g, 5g, fibre, iptv, television, radio or wifi.")
@click.option("--unit", default=None, help="Code of one county unit.")
@click.option(
    "--limit", default=20, show_default=True, type=click.IntRange(min=1), help="How many places, most people first."
)
@click.option("--xlsx", type=click.Path(path_type=Path, dir_okay=False), help="Write the whole list as a workbook.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language shown.")
@started
def gaps(service: str, unit: str | None, limit: int, xlsx: Path | None, as_json: bool, language: str) -> None:
    """Who is not covered, most people first."""
    from django.utils.translation import override

    from dajing.domains.network.coverage import reading
    from dajing.domains.network.coverage.gaps import gaps as find
    from dajing.domains.network.coverage.workbook import write_gaps

    run, found = reading.latest(), reading.service_of(id=service)
    level = "venue" if found.kind == "wifi" else "place"
    if unit:
        _known(unit)
    with override("en" if language == "en" else "zh-hans"):
        listed = find(run=run, service=service, level=level, unit=unit, limit=None if xlsx else limit)
        if xlsx:
            with _writing(xlsx):
                xlsx.write_bytes(write_gaps(gaps=listed, run=run, service=found, language=language))
            click.echo(str(xlsx))
            return
        if as_json:
            _json({"run": run, "gaps": listed})
            return
        for gap in listed:
            where = f"{gap.unit_name} {gap.township}"
            click.echo(f"{gap.rank:>4}  {gap.line.lacking:>8,.0f} [{gap.low:,.0f}–{gap.high:,.0f}]  "
                       f"{gap.line.code} {gap.line.name}  {where}")  # fmt: skip
        _foot(run, language, found)


@network.command("map")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--service", default="4g", show_default=True, help="4g or 5g.")
@click.option("--operator", default="", help="One operator; by default all together (covered and rsrp only).")
@click.option(
    "--kind", type=click.Choice(["covered", "rsrp", "sinr", "throughput", "server"]), default="covered",
    show_default=True, help="Location probability, level, quality, speed, or the number of the best sector.",
)  # fmt: skip
@started
def map_(file: Path, service: str, operator: str, kind: str) -> None:
    """Write a map of the newest run as cloud-optimised GeoTIFF, drawn first where it is not there yet."""
    import shutil

    from rich.progress import Progress

    from dajing.domains.network.coverage import maps, reading
    from dajing.domains.network.coverage.refusals import NoMap
    from dajing.domains.network.coverage.structs import DRAWING

    run, wanted = reading.latest(), reading.service_of(id=service)
    with Progress(transient=True) as shown:
        task = shown.add_task(f"{DRAWING.zh} · {DRAWING.en}", total=None)
        drawn = maps.draw_run(run=run, seen=lambda done, total: shown.update(task, completed=done, total=total))
    asked = (wanted.id, operator, kind)
    found = next((one for one in drawn if (one.service, one.operator, one.kind) == asked), None)
    if found is None:
        raise NoMap(known=", ".join(sorted({one.operator for one in drawn if one.operator})))
    with _writing(file):
        shutil.copyfile(maps.path_of(run=run, file=found.file), file)
    click.echo(str(file))
    for number, sector in enumerate(found.sectors):
        click.echo(f"  {number} {sector}")
    _foot(run, "zh")


def _coordinates(words: str) -> tuple[float, float]:
    from dajing.domains.network.coverage.refusals import NoCoordinates

    try:
        longitude, latitude = (float(word) for word in words.replace("，", ",").split(","))
    except ValueError as error:
        raise NoCoordinates() from error
    return longitude, latitude


@network.command()
@click.argument("code")
@click.option("--service", default="4g", show_default=True, help="4g, 5g, fibre or iptv.")
@click.option("--sector", default=None, help="Sector; by default the strongest.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable, with the terrain's heights.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language shown.")
@started
def profile(code: str, service: str, sector: str | None, as_json: bool, language: str) -> None:
    """Link budget and terrain between an antenna and a place: its CODE, or LONGITUDE,LATITUDE in degrees (WGS-84)."""
    from dajing.domains.network.coverage import reading
    from dajing.domains.network.coverage.profile import spot, spot_at
    from dajing.domains.network.coverage.refusals import NoProfile, SectorUnknown
    from dajing.domains.network.standards import standards

    run, wanted = reading.latest(), reading.service_of(id=service)
    if wanted.kind not in {"mobile", "fixed"}:
        raise NoProfile(
            id=service, known=", ".join(s.id for s in standards().services if s.kind in {"mobile", "fixed"})
        )
    if "," in code or "，" in code:
        longitude, latitude = _coordinates(code)
        found = spot_at(run=run, longitude=longitude, latitude=latitude, service=wanted, sector=sector)
    else:
        found = spot(run=run, code=code, service=wanted, sector=sector)
    if sector and found.profile and found.profile.server.sector.id != sector:
        raise SectorUnknown(sector=sector, known=", ".join(server.sector.id for server in found.servers))
    if as_json:
        _json({"run": run, "spot": found})
        return
    click.echo(f"{found.code} {found.name}  {found.longitude:.4f}, {found.latitude:.4f}  {found.people}")
    for server in found.servers:
        power = f"{server.distance_km:6.1f} km  {server.rsrp_dbm:7.1f} dBm"
        click.echo(f"  {server.sector.id:<28} {server.sector.operator}  {power}")
    if found.profile:
        click.echo(found.profile.server.sector.id)
        for item in found.profile.items:
            click.echo(f"  {item.title.render(language=language):<40} {item.value:9.1f} {item.unit}")
        click.echo(f"  P = {found.profile.probability:.3f}")
    if found.node and found.node_km is not None:
        click.echo(f"{found.node.id}  {found.node.operator}  {found.node_km:.2f} km")
    _foot(run, language)


@network.group()
def sites() -> None:
    """Registers: sites, sectors, hotspots, transmitters, fibre, venues."""


@sites.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--register", type=click.Choice(REGISTERS), default="site", show_default=True, help="Register it belongs to."
)
@click.option("--datum", type=DATUM, default="wgs84", show_default=True, help="Datum of its coordinates.")
@click.option("--complete", is_flag=True, help="The file lists everything: what it lacks counts as dismantled.")
@click.option("--check", "only_check", is_flag=True, help="Only say what is wrong; change nothing.")
@started
def import_(file: Path, register: str, datum: Datum, complete: bool, only_check: bool) -> None:
    """Load FILE (CSV, XLSX, ODS, GeoJSON) as a whole, or name every fault with its row and cure."""
    from dajing.domains.network.connectors.registers import Options, check, pull
    from dajing.domains.network.register.service import load
    from dajing.kernel.identity.api import system
    from dajing.kernel.measures.reading import Kind
    from dajing.kernel.settings import settings

    options = Options(path=file, register=register, datum=datum)
    if only_check:
        found = check(options=options)
        for words in found:
            click.echo(f"{words.zh} · {words.en}")
        raise SystemExit(1 if found else 0)
    rows = pull(options=options)
    made = load(
        register=register, name=file.name, body=file.read_bytes(), rows=rows, by=system("network.import"),
        at=datetime.now(UTC), datum=datum, complete=complete,
        provenance=Kind.SYNTHETIC if settings().synthetic else Kind.REPORTED,
    )  # fmt: skip
    click.echo(f"{made.rows} 行，新增或变更 {made.appended} · {made.rows} rows, {made.appended} new or changed")


@network.group()
def fibre() -> None:
    """Fibre by the Open Fibre Data Standard."""


@fibre.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--datum", type=DATUM, default="wgs84", show_default=True, help="Datum of its coordinates.")
@started
def import_fibre(file: Path, datum: Datum) -> None:
    """Load the nodes and spans of an OFDS network package (.json), or of its CSV tables (a folder)."""
    from dajing.domains.network.connectors.ofds import Options, load_network
    from dajing.kernel.identity.api import system

    made = load_network(options=Options(path=file, datum=datum), by=system("network.import"), at=datetime.now(UTC))
    for receipt in made:
        click.echo(f"{receipt.register}: {receipt.rows} rows, {receipt.appended} new or changed")


@fibre.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@started
def export_fibre(file: Path) -> None:
    """Write today's nodes and spans as an OFDS network package (.json) or its CSV tables (a folder)."""
    from dajing.domains.network.connectors.ofds import Options, push

    with _writing(file):
        nodes, spans = push(options=Options(path=file), on=datetime.now(UTC).date())
    click.echo(f"{nodes} nodes, {spans} spans")


COMMANDS = [network]
