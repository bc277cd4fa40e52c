"""Maps of a finished run: level, quality, speed and location probability on the city's grid, as COG and as pictures.

The losses of all stations are kept in the data directory (``radio.store``): a station that did not change is not
computed again, and a job that was killed goes on. A run's maps appear together, when the last of them is written.
"""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from dajing.domains.network.coverage.painting import Kind, limits, paint
from dajing.domains.network.coverage.refusals import InputsChanged
from dajing.domains.network.coverage.state import State, sector_station
from dajing.domains.network.coverage.state import state as state_of
from dajing.domains.network.coverage.structs import ALL, RunInfo
from dajing.domains.network.standards import Service
from dajing.kernel.settings import settings
from dajing.kernel.text import Text

if TYPE_CHECKING:  # numba and rasterio wait until something is computed
    from dajing.domains.network.propagation.gridded import Grid, Patch
    from dajing.domains.network.radio.budget import Mast
    from dajing.domains.network.radio.serving import Served
    from dajing.domains.network.radio.work import Summary, Task
    from dajing.domains.network.register.kinds import Sector

Raster = NDArray[np.float32]
Seen = Callable[[int, int], None]
KINDS: dict[Kind, tuple[Text, str]] = {
    "covered": (Text(zh="覆盖概率", en="location probability"), "%"),
    "rsrp": (Text(zh="参考信号接收功率（RSRP）", en="reference signal power (RSRP)"), "dBm"),
    "sinr": (Text(zh="信噪比（SINR，有负荷）", en="SINR under load"), "dB"),
    "throughput": (Text(zh="下行速率（独占信道）", en="downlink throughput (whole channel)"), "Mbit/s"),
    "server": (Text(zh="最强扇区", en="best server"), ""),
}
INDEX = "maps.json"


class MapFile(msgspec.Struct, frozen=True, kw_only=True):
    """One raster of a run: ``operator`` is empty for all together; ``sectors`` names the numbers of a server map.

    ``picture`` is a small PNG of it (none of a server map); ``box`` is west, south, east, north in degrees.
    """

    service: str
    operator: str
    kind: Kind
    file: str
    picture: str
    box: tuple[float, float, float, float]
    sectors: tuple[str, ...] = ()


class _Best(msgspec.Struct, kw_only=True, eq=False):
    """What one operator offers in each cell, from the strongest of its channels."""

    rsrp: Raster
    sinr: Raster
    throughput: Raster
    server: NDArray[np.int32]
    sectors: tuple[str, ...] = ()


def folder() -> Path:
    """Where this installation keeps losses, terrain as computed with, and maps: all can be made again from a run."""
    return settings().data_dir / "cache" / "network"


def maps_of(*, run: RunInfo) -> list[MapFile]:
    """The maps of a run; none while they are not drawn."""
    index = _maps(run.digest) / INDEX
    try:
        return msgspec.json.decode(index.read_bytes(), type=list[MapFile])
    except FileNotFoundError:
        return []


def path_of(*, run: RunInfo, file: str) -> Path:
    """Where a file of a run's maps lies."""
    return _maps(run.digest) / file


def _maps(digest: str) -> Path:
    return folder() / "maps" / digest[:16]


def draw_run(*, run: RunInfo, seen: Seen) -> list[MapFile]:
    """Draw the maps of a run as ``draw`` does. Raises ``InputsChanged`` where its figures would not be theirs."""
    if there := maps_of(run=run):
        return there
    found = state_of(on=run.on, known_at=run.known_at)
    if found.digest != run.digest:
        raise InputsChanged
    return draw(state=found, seen=seen)


def draw(*, state: State, seen: Seen) -> list[MapFile]:
    """Draw the maps of ``state`` unless they are there; ``seen`` is told how many stations of how many are done.

    Losses and maps of other states are removed afterwards. Raises ``StoreFull`` when the disk is full; what was
    computed stays.
    """
    target = _maps(state.digest)
    if (target / INDEX).exists():
        return msgspec.json.decode((target / INDEX).read_bytes(), type=list[MapFile])
    grid = _grid(state)
    done = _losses(state, grid, seen)
    shutil.rmtree(target, ignore_errors=True)  # of a job that was killed
    target.mkdir(parents=True)
    found: list[MapFile] = []
    for service in state.standards.services:
        if service.kind == "mobile":
            found += _service(state, service, grid, done.keys, target)
    part = target / f".{INDEX}"
    part.write_bytes(msgspec.json.encode(found))
    part.replace(target / INDEX)
    _tidy(keep=target, ground=_ground(state), keys=done.keys)
    return found


def _grid(state: State) -> Grid:
    from dajing.domains.network.propagation.gridded import city_grid
    from dajing.kernel.areas.boundaries import boundaries

    boxes = np.array([boundary.polygon.bounds for boundary in boundaries().values()])
    (west, south), (east, north) = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    return city_grid(
        west=float(west), south=float(south), east=float(east), north=float(north),
        cell_m=1000.0 * state.standards.model.cell_km,
    )  # fmt: skip


def _ground(state: State) -> Path:
    return folder() / "ground" / state.ground.digest[:16]


def _losses(state: State, grid: Grid, seen: Seen) -> Summary:
    from dajing.domains.network.ground.files import keep_terrain
    from dajing.domains.network.radio.work import run

    ground = _ground(state)
    if not (ground / "terrain.json").exists():
        keep_terrain(
            terrain=state.ground.terrain, folder=ground,
            provenance="synthetic" if state.ground.synthetic else "measured",
        )  # fmt: skip
    listed = {_name(state, sector): _task(state, sector, grid, ground) for sector in state.sectors.values()}
    return run(work=list(listed.values()), report=lambda done, total, _: seen(done, total))


def _name(state: State, sector: Sector) -> str:
    station = sector_station(state=state, sector=sector)
    return f"{station.longitude} {station.latitude} {station.height_m} {station.frequency_mhz}"


def _task(state: State, sector: Sector, grid: Grid, ground: Path) -> Task:
    from dajing.domains.network.propagation.area import Site
    from dajing.domains.network.radio.work import Task

    station, model = sector_station(state=state, sector=sector), state.standards.model
    site = Site(
        longitude=station.longitude, latitude=station.latitude, height=station.height_m,
        frequency_ghz=station.frequency_mhz / 1000.0, vertical=station.vertical,
    )  # fmt: skip
    return Task(
        name=_name(state, sector), terrain=str(ground), store=str(folder() / "losses"), site=site, grid=grid,
        radius_km=station.radius_km, receiver_height=station.receiver_m, step_km=model.cell_km, dn=model.dn,
        n0=model.n0,
    )  # fmt: skip


def _service(state: State, service: Service, grid: Grid, keys: Mapping[str, str], target: Path) -> list[MapFile]:
    listed = [sector for sector in state.sectors.values() if sector.technology == service.technology]
    operators = sorted({sector.operator for sector in listed})
    together: Raster | None = None
    strongest: Raster | None = None
    found: list[MapFile] = []
    for number, operator in enumerate(operators, 1):
        best = _operator(state, service, [s for s in listed if s.operator == operator], grid, keys)
        covered = _covered(best, service)
        rasters: dict[Kind, Raster | NDArray[np.int32]] = {
            "covered": covered, "rsrp": best.rsrp, "sinr": best.sinr, "throughput": best.throughput,
            "server": best.server,
        }  # fmt: skip
        for kind, values in rasters.items():
            numbered = best.sectors if kind == "server" else ()
            found.append(_write(state, service, (operator, str(number), kind), values, grid, target, numbered))
        together = covered if together is None else np.fmax(together, covered)
        strongest = best.rsrp if strongest is None else np.fmax(strongest, best.rsrp)
    whole: tuple[tuple[Kind, Raster | None], ...] = (("covered", together), ("rsrp", strongest))
    return found + [
        _write(state, service, (ALL, "all", kind), raster, grid, target) for kind, raster in whole if raster is not None
    ]


def _operator(state: State, service: Service, mine: Sequence[Sector], grid: Grid, keys: Mapping[str, str]) -> _Best:
    shape = (grid.rows, grid.columns)
    best = _Best(
        rsrp=np.full(shape, np.nan, np.float32), sinr=np.full(shape, np.nan, np.float32),
        throughput=np.full(shape, np.nan, np.float32), server=np.full(shape, -1, np.int32),
    )  # fmt: skip
    for channel in sorted({sector.frequency_mhz for sector in mine}):
        served = _channel(state, service, [s for s in mine if s.frequency_mhz == channel], grid, keys)
        better = np.nan_to_num(served.rsrp, nan=-999.0) > np.nan_to_num(best.rsrp, nan=-999.0)
        best.rsrp[better], best.sinr[better] = served.rsrp[better], served.sinr[better]
        best.throughput[better] = served.throughput_mbps()[better]
        best.server[better] = served.server[better] + len(best.sectors)
        best.sectors = (*best.sectors, *served.sectors)
    return best


def _channel(state: State, service: Service, mine: Sequence[Sector], grid: Grid, keys: Mapping[str, str]) -> Served:
    from dajing.domains.network.coverage.equipment import carrier_of, equipment  # with numba, when something is drawn
    from dajing.domains.network.radio.budget import Mast
    from dajing.domains.network.radio.serving import serve
    from dajing.domains.network.radio.store import LossStore

    store, masts, key_of = LossStore(folder=folder() / "losses"), [], {}
    for sector in mine:
        site = state.sites[sector.site]
        masts.append(
            Mast(
                id=sector.id, longitude=site.longitude, latitude=site.latitude, height=sector.height_m,
                sectors=(equipment(sector=sector, load=service.load),),
            )
        )  # fmt: skip
        key_of[sector.id] = keys.get(_name(state, sector), "")

    def losses(mast: Mast, _: object) -> Patch | None:
        return store.read(key=key_of[mast.id]) if key_of[mast.id] else None

    return serve(
        masts=masts, carrier=carrier_of(sector=mine[0]), losses=losses, grid=grid, terrain=state.ground.terrain,
        receiver_height=state.standards.model.receiver_m,
    )  # fmt: skip


def _covered(best: _Best, service: Service) -> Raster:
    """Percent of a cell's locations where both limits are met; 0 where nothing reaches."""
    from dajing.domains.network.propagation.location import probability

    margin = np.minimum(best.rsrp - service.rsrp_dbm, best.sinr - service.sinr_db).astype(np.float64)
    margin = np.nan_to_num(margin, nan=-300.0)
    share = probability(median=margin, threshold=0.0, sigma_db=service.location_sigma_db)
    return (100.0 * share).astype(np.float32)


def _write(
    state: State, service: Service, what: tuple[str, str, Kind], values: Raster | NDArray[np.int32], grid: Grid,
    target: Path, sectors: tuple[str, ...] = (),
) -> MapFile:  # fmt: skip
    """One map as COG and as a picture; ``what`` is the operator, its name in file names, and the kind."""
    from dajing.domains.network.radio.cog import write_cog
    from dajing.kernel.measures.reading import Kind as Provenance

    operator, name, kind = what
    title, unit = KINDS[kind]
    stem = f"{service.id}-{name}-{kind}"
    write_cog(
        path=target / f"{stem}.tif", values=values, grid=grid, unit=unit,
        title=f"{service.title.en} {operator or 'all operators'}: {title.en}",
        provenance="synthetic" if state.kind() == Provenance.SYNTHETIC else "estimated",
        tags={"registers": state.on.isoformat(), "inputs": state.digest, "use": "internal"},
    )  # fmt: skip
    pictured = kind != "server"
    if pictured:
        inside = np.where(_city(grid), values, np.nan)
        (target / f"{stem}.png").write_bytes(paint(values=inside, limits=limits(kind=kind, service=service)))
    return MapFile(
        service=service.id, operator=operator, kind=kind, file=f"{stem}.tif", sectors=sectors,
        picture=f"{stem}.png" if pictured else "",
        box=(grid.west, grid.north - grid.rows * grid.dy, grid.west + grid.columns * grid.dx, grid.north),
    )  # fmt: skip


@functools.lru_cache(maxsize=1)
def _city(grid: Grid) -> NDArray[np.bool_]:
    """Which cells lie in the city: pictures show no more, files go on beyond it."""
    from rasterio.features import geometry_mask
    from rasterio.transform import from_origin

    from dajing.kernel.areas.boundaries import boundaries

    return geometry_mask(
        [boundary.polygon for boundary in boundaries().values()], out_shape=(grid.rows, grid.columns),
        transform=from_origin(grid.west, grid.north, grid.dx, grid.dy), invert=True,
    )  # fmt: skip


def _tidy(*, keep: Path, ground: Path, keys: Mapping[str, str]) -> None:
    """Only the newest maps are kept, and the losses and terrain that they came from."""
    from dajing.domains.network.radio.store import LossStore

    LossStore(folder=folder() / "losses").prune(keep=keys.values())
    for other in (*keep.parent.iterdir(), *(folder() / "ground").iterdir()):
        if other not in (keep, ground):
            shutil.rmtree(other, ignore_errors=True)
