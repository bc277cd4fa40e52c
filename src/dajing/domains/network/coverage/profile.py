"""One place and one antenna: terrain between them, and the link budget line by line, by exact P.1812-8."""

from __future__ import annotations

import functools
import math
from datetime import date, datetime
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from dajing.domains.network.coverage.loss import KM_PER_DEGREE, compute
from dajing.domains.network.coverage.refusals import PlaceOutside, PlaceUnknown
from dajing.domains.network.coverage.state import State, sector_station, state
from dajing.domains.network.coverage.structs import ALL, RunInfo
from dajing.domains.network.register.datum import metres
from dajing.domains.network.register.kinds import FibreNode, Sector
from dajing.domains.network.standards import Service
from dajing.domains.network.terrain import bounds
from dajing.kernel.text import Text

if TYPE_CHECKING:
    from dajing.domains.network.propagation.p1812 import Result

Place = tuple[float, float]  # WGS-84 longitude and latitude

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


def spot(*, run: RunInfo, code: str, service: Service, sector: str | None = None, operator: str = ALL) -> Spot:
    """The place ``code`` as a run's state has it; ``sector`` chooses the profile, by default the best server's.

    ``operator`` leaves only one operator's sectors and access points.

    Raises ``PlaceUnknown``.
    """
    found = state_of(run=run)
    at = _number(found, code)
    if at is None:
        raise PlaceUnknown(code=code)
    homes, demand = len(found.demand.code), found.demand
    return _spot(
        found, (float(found.longitude[at]), float(found.latitude[at])), service, sector, operator, code=code,
        name=demand.name[at] if at < homes else demand.venues[at - homes].name,
        people=int(demand.people[at]) if at < homes else demand.venues[at - homes].people,
        surveyed=bool(demand.surveyed[at]) if at < homes else True,
    )  # fmt: skip


def spot_at(
    *, run: RunInfo, longitude: float, latitude: float, service: Service, sector: str | None = None, operator: str = ALL
) -> Spot:
    """Any place by its WGS-84 degrees, whether somebody lives there or not. Raises ``PlaceOutside``."""
    west, south, east, north = bounds()
    if not (west <= longitude <= east and south <= latitude <= north):
        raise PlaceOutside(
            longitude=f"{longitude:.4f}", latitude=f"{latitude:.4f}", west=f"{west:.2f}", east=f"{east:.2f}",
            south=f"{south:.2f}", north=f"{north:.2f}",
        )  # fmt: skip
    name = f"{longitude:.4f}, {latitude:.4f}"
    return _spot(
        state_of(run=run), (longitude, latitude), service, sector, operator, code="", name=name, people=0,
        surveyed=True,
    )  # fmt: skip


def _spot(
    found: State, here: Place, service: Service, sector: str | None, operator: str, *, code: str, name: str,
    people: int, surveyed: bool,
) -> Spot:  # fmt: skip
    servers = _servers(found, here, service, operator) if service.kind == "mobile" else []
    chosen = next((s for s in servers if s.sector.id == sector), servers[0] if servers else None)
    node = _nearest(found, here, service, operator)
    return Spot(
        code=code, name=name, longitude=here[0], latitude=here[1], people=people, surveyed=surveyed,
        servers=tuple(servers[:SHOWN]),
        profile=_profile(found, here, chosen, servers, service) if chosen else None,
        node=node,
        node_km=metres(here, (node.longitude, node.latitude)) / 1000.0 if node else None,
    )  # fmt: skip


def _number(found: State, code: str) -> int | None:
    at = found.demand.at(code)
    if at is not None:
        return at
    venues = [venue.id for venue in found.demand.venues]
    return len(found.demand.code) + venues.index(code) if code in venues else None


def _nearest(found: State, place: tuple[float, float], service: Service, operator: str) -> FibreNode | None:
    nodes = [
        node for node in found.nodes.values()
        if node.access and node.status == "operational" and (node.iptv or not service.iptv)
        and (operator == ALL or node.operator == operator or service.kind != "fixed")
    ]  # fmt: skip
    return min(nodes, key=lambda node: metres(place, (node.longitude, node.latitude)), default=None)


def _servers(found: State, here: Place, service: Service, operator: str) -> list[Server]:
    """The sectors of the nearest masts, the strongest first, by area mode as in the run."""
    from dajing.domains.network.coverage.predicting import sector_power

    distance = {id: metres(here, (site.longitude, site.latitude)) / 1000.0 for id, site in found.sites.items()}
    near = sorted((id for id in distance if distance[id] <= found.standards.model.radius_km), key=distance.__getitem__)
    wanted = set(near[:NEAREST])
    longitude, latitude = np.array([here[0]]), np.array([here[1]])
    servers = []
    for sector in found.sectors.values():
        mine = operator in (ALL, sector.operator)
        if mine and sector.site in wanted and sector.technology == service.technology:
            losses = compute(
                station=sector_station(state=found, sector=sector), longitude=longitude, latitude=latitude,
                terrain=found.ground.terrain, model=found.standards.model,
            )  # fmt: skip
            if losses.numbers.size:
                power = sector_power(
                    state=found, sector=sector, longitude=longitude, latitude=latitude, loss=losses.loss
                )  # fmt: skip
                name, away = found.sites[sector.site].name, distance[sector.site]
                servers.append(Server(sector=sector, name=name, distance_km=away, rsrp_dbm=float(power[0])))
    return sorted(servers, key=lambda server: -server.rsrp_dbm)


def _profile(found: State, here: Place, server: Server, servers: list[Server], service: Service) -> Profile:
    from dajing.domains.network.propagation import area, p1812
    from dajing.domains.network.propagation.geometry import INLAND

    sector, site, model = server.sector, found.sites[server.sector.site], found.standards.model
    longitude, latitude = here
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
    turn, origin = math.atan2(east, north), math.radians(site.latitude)
    area.profile(
        found.ground.terrain.heights, found.ground.terrain.clutter, row, column, per_km, math.tan(origin),
        math.cos(origin), math.sin(turn), math.cos(turn), length / (points - 1), h, clutter,
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
    items, share = _budget(server, servers, math.degrees(turn), length, result, service, model.receiver_m)
    return Profile(
        server=server, distance_km=d.tolist(), height_m=h.astype(float).tolist(), antenna_m=sector.height_m,
        receiver_m=model.receiver_m, frequency_mhz=sector.frequency_mhz, items=items, probability=share,
    )  # fmt: skip


def _budget(
    server: Server, servers: list[Server], bearing: float, length: float, result: Result, service: Service,
    receiver_m: float,
) -> tuple[tuple[Item, ...], float]:  # fmt: skip
    """The link line by line, and the share of locations there whose median is above the limit."""
    from dajing.domains.network.coverage.equipment import equipment, gain_towards
    from dajing.domains.network.propagation.location import probability
    from dajing.domains.network.radio.budget import element_power_dbm, sinr, throughput_mbps

    sector, of = server.sector, equipment(sector=server.sector, load=service.load)
    down = -math.degrees(math.atan2(sector.height_m - receiver_m, length * 1000.0))
    towards = float(gain_towards(of=of, bearing=np.array([bearing]), elevation=np.array([down]))[0])
    each, free, loss = element_power_dbm(sector=of), float(result.lbfs), float(result.lb)
    received = each + towards - loss
    others = sum(
        service.load * 10.0 ** (other.rsrp_dbm / 10.0) for other in servers
        if other.sector.id != sector.id and other.sector.operator == sector.operator
        and other.sector.frequency_mhz == sector.frequency_mhz
    )  # fmt: skip
    quality = float(sinr(serving_dbm=received, others_mw=others, carrier=of.carrier))
    speed = float(throughput_mbps(sinr_db=quality, carrier=of.carrier))
    share = float(probability(median=received, threshold=service.rsrp_dbm, sigma_db=service.location_sigma_db))
    rows = (
        ("每资源元功率", "Power of one resource element", each, "dBm"),
        ("天线增益", "Antenna gain", sector.gain_dbi, "dBi"),
        ("方向图衰减（方位与下倾）", "Antenna pattern (azimuth and tilt)", towards - sector.gain_dbi, "dB"),
        ("自由空间损耗", "Free-space loss", -free, "dB"),
        ("地形附加损耗（P.1812-8 绕射等）", "Terrain (P.1812-8 diffraction and the rest)", free - loss, "dB"),
        ("接收 RSRP 中值", "Median RSRP received", received, "dBm"),
        ("门限", "Limit", service.rsrp_dbm, "dBm"),
        ("余量", "Margin", received - service.rsrp_dbm, "dB"),
        ("负荷下 SINR", "SINR under load", quality, "dB"),
        ("单用户下行速率上限（单流，TR 36.942）", "Downlink of a single user, one stream (TR 36.942)", speed, "Mbit/s"),
    )
    return tuple(Item(title=Text(zh=zh, en=en), value=value, unit=unit) for zh, en, value, unit in rows), share
