"""One place and one antenna: terrain between them, and the link budget line by line, by exact P.1812-8."""

from __future__ import annotations

import functools
import math
from datetime import date, datetime

import msgspec
import numpy as np

from dajing.domains.network.coverage import rules
from dajing.domains.network.coverage.loss import KM_PER_DEGREE, compute
from dajing.domains.network.coverage.predicting import sector_power
from dajing.domains.network.coverage.refusals import PlaceUnknown
from dajing.domains.network.coverage.state import State, sector_station, state
from dajing.domains.network.coverage.structs import RunInfo
from dajing.domains.network.register.datum import metres
from dajing.domains.network.register.kinds import FibreNode, Sector
from dajing.domains.network.standards import Service
from dajing.kernel.text import Text

STEP_KM = 0.1
NEAREST = 12  # masts that are asked; the best server is nearly always among the nearest few
SHOWN = 6


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a link budget."""

    title: Text
    value: float
    unit: str


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """An antenna that could serve the place: its median power there in dBm per resource element."""

    sector: Sector
    name: str
    distance_km: float
    rsrp_dbm: float


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """Terrain heights (m above sea) every ``step_km`` from the antenna to the place, and the budget of the link."""

    server: Server
    distance_km: list[float]
    height_m: list[float]
    antenna_m: float
    receiver_m: float
    frequency_mhz: float
    items: tuple[Item, ...]
    probability: float


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one place: who could serve it by radio, the nearest fibre access point, one profile."""

    code: str
    name: str
    longitude: float
    latitude: float
    people: int
    surveyed: bool
    servers: tuple[Server, ...]
    profile: Profile | None
    node: FibreNode | None
    node_km: float | None


@functools.lru_cache(maxsize=2)
def kept_state(on: date, known_at: datetime) -> State:
    """A state, kept for the next question: reading it takes a second."""
    return state(on=on, known_at=known_at)


def state_of(*, run: RunInfo) -> State:
    """The state that a run used, kept for the next question."""
    return kept_state(run.on, run.known_at)


def spot(*, run: RunInfo, code: str, service: Service, sector: str | None = None) -> Spot:
    """The place ``code`` as a run's state has it; ``sector`` chooses the profile, by default the best server's.

    Raises ``PlaceUnknown``.
    """
    found = state_of(run=run)
    at = _number(found, code)
    if at is None:
        raise PlaceUnknown(code=code)
    homes = len(found.demand.code)
    place = (float(found.longitude[at]), float(found.latitude[at]))
    servers = _servers(found, at, service) if service.kind == "mobile" else ()
    chosen = next((s for s in servers if s.sector.id == sector), servers[0] if servers else None)
    node = _nearest(found, place, service)
    return Spot(
        code=code,
        name=found.demand.name[at] if at < homes else found.demand.venues[at - homes].name,
        longitude=place[0], latitude=place[1],
        people=int(found.demand.people[at]) if at < homes else found.demand.venues[at - homes].people,
        surveyed=bool(found.demand.surveyed[at]) if at < homes else True,
        servers=servers,
        profile=_profile(found, at, chosen, service) if chosen else None,
        node=node,
        node_km=metres(place, (node.longitude, node.latitude)) / 1000.0 if node else None,
    )  # fmt: skip


def _number(found: State, code: str) -> int | None:
    at = found.demand.at(code)
    if at is not None:
        return at
    venues = [venue.id for venue in found.demand.venues]
    return len(found.demand.code) + venues.index(code) if code in venues else None


def _nearest(found: State, place: tuple[float, float], service: Service) -> FibreNode | None:
    nodes = [node for node in found.nodes.values() if node.access and (node.iptv or not service.iptv)]
    return min(nodes, key=lambda node: metres(place, (node.longitude, node.latitude)), default=None)


def _servers(found: State, at: int, service: Service) -> tuple[Server, ...]:
    """The strongest sectors of the nearest masts, by area mode as in the run."""
    here = (float(found.longitude[at]), float(found.latitude[at]))
    distance = {id: metres(here, (site.longitude, site.latitude)) / 1000.0 for id, site in found.sites.items()}
    near = sorted((id for id in distance if distance[id] <= found.standards.model.radius_km), key=distance.__getitem__)
    wanted = set(near[:NEAREST])
    servers = []
    only = slice(at, at + 1)
    for sector in found.sectors.values():
        if sector.site in wanted and sector.technology == service.technology:
            losses = compute(
                station=sector_station(state=found, sector=sector), longitude=found.longitude[only],
                latitude=found.latitude[only], terrain=found.ground.terrain, model=found.standards.model,
            )  # fmt: skip
            if losses.numbers.size:
                moved = msgspec.structs.replace(losses, numbers=np.array([at], np.int32))
                power = float(sector_power(state=found, sector=sector, losses=moved)[0])
                site = found.sites[sector.site]
                servers.append(Server(sector=sector, name=site.name, distance_km=distance[sector.site], rsrp_dbm=power))
    return tuple(sorted(servers, key=lambda s: -s.rsrp_dbm)[:SHOWN])


def _profile(found: State, at: int, server: Server, service: Service) -> Profile:
    from dajing.domains.network.propagation import area, p1812
    from dajing.domains.network.propagation.geometry import INLAND

    sector, site, model = server.sector, found.sites[server.sector.site], found.standards.model
    longitude, latitude = float(found.longitude[at]), float(found.latitude[at])
    east = (longitude - site.longitude) * math.cos(math.radians((latitude + site.latitude) / 2)) * KM_PER_DEGREE
    north = (latitude - site.latitude) * KM_PER_DEGREE
    length = max(math.hypot(east, north), 0.25)  # P.1812 begins at 0.25 km
    points = max(math.ceil(length / STEP_KM) + 1, 6)
    d = np.linspace(0.0, length, points)
    source = area.Site(
        longitude=site.longitude, latitude=site.latitude, height=sector.height_m,
        frequency_ghz=sector.frequency_mhz / 1000.0,
    )  # fmt: skip
    row, column, per_km = area.place(terrain=found.ground.terrain, site=source, radius_km=length)
    h, clutter = np.empty(points, np.float32), np.empty(points, np.float32)
    turn, here = math.atan2(east, north), math.radians(site.latitude)
    area.profile(
        found.ground.terrain.heights, found.ground.terrain.clutter, row, column, per_km, math.tan(here),
        math.cos(here), math.sin(turn), math.cos(turn), length / (points - 1), h, clutter,
    )  # fmt: skip
    path = p1812.Path(
        d=d, h=h.astype(np.float64), clutter=clutter.astype(np.float64), zone=np.full(points, INLAND),
        htg=sector.height_m, hrg=model.receiver_m, lat_t=site.latitude, lon_t=site.longitude, lat_r=latitude,
        lon_r=longitude,
    )  # fmt: skip
    result = p1812.transmission_loss(
        path=path, climate=p1812.Climate(dn=model.dn, n0=model.n0), frequency_ghz=sector.frequency_mhz / 1000.0,
        time_percent=50.0, polarisation="vertical",
    )  # fmt: skip
    items, probability = _budget(
        server, math.degrees(turn), length, float(result.lbfs), float(result.lb), service, model.receiver_m
    )
    return Profile(
        server=server, distance_km=d.tolist(), height_m=h.astype(float).tolist(), antenna_m=sector.height_m,
        receiver_m=model.receiver_m, frequency_mhz=sector.frequency_mhz, items=items, probability=probability,
    )  # fmt: skip


def _budget(
    server: Server, bearing: float, length: float, free: float, loss: float, service: Service, receiver_m: float
) -> tuple[tuple[Item, ...], float]:
    sector = server.sector
    each = rules.power_per_element(
        technology=sector.technology, bandwidth_mhz=sector.bandwidth_mhz, power_dbm=sector.power_dbm, gain_dbi=0.0
    )
    pattern = float(
        rules.pattern_db(
            off_azimuth=np.array([bearing - sector.azimuth]),
            elevation=np.array([-math.degrees(math.atan2(sector.height_m - receiver_m, length * 1000.0))]),
            tilt=sector.tilt, beamwidth=sector.beamwidth,
        )[0]
    )  # fmt: skip
    received = each + sector.gain_dbi + pattern - loss
    probability = float(
        rules.probability(margin=np.array([received - service.rsrp_dbm]), sigma=service.location_sigma_db)[0]
    )
    rows = (
        ("每资源元功率", "Power of one resource element", each, "dBm"),
        ("天线增益", "Antenna gain", sector.gain_dbi, "dBi"),
        ("方向图衰减（方位与下倾）", "Antenna pattern (azimuth and tilt)", pattern, "dB"),
        ("自由空间损耗", "Free-space loss", -free, "dB"),
        ("地形附加损耗（P.1812-8 绕射等）", "Terrain (P.1812-8 diffraction and the rest)", free - loss, "dB"),
        ("接收 RSRP 中值", "Median RSRP received", received, "dBm"),
        ("门限", "Limit", service.rsrp_dbm, "dBm"),
        ("余量", "Margin", received - service.rsrp_dbm, "dB"),
    )
    return tuple(Item(title=Text(zh=zh, en=en), value=value, unit=unit) for zh, en, value, unit in rows), probability
