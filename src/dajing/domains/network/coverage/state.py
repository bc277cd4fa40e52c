"""Everything that goes into a run: registers on a day, demand, terrain, standards; and the stations that follow."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import cast

import msgspec
import numpy as np

from dajing.domains.network.coverage.loss import Floats, Station
from dajing.domains.network.demand.layer import Layer, layer
from dajing.domains.network.register.kinds import KINDS, FibreNode, Hotspot, Sector, Site, Transmitter
from dajing.domains.network.register.service import digest, things, weakest
from dajing.domains.network.standards import Standards, standards
from dajing.domains.network.terrain import Ground, city_terrain
from dajing.kernel.measures.reading import Kind

VERSION = "coverage/2"  # changes whenever a result can change


class State(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """The registers on one day, and what they stand on; ``homeless`` are sectors whose site does not stand then."""

    on: date
    sites: Mapping[str, Site]
    sectors: Mapping[str, Sector]
    homeless: tuple[str, ...] = ()
    transmitters: Mapping[str, Transmitter]
    nodes: Mapping[str, FibreNode]
    hotspots: Mapping[str, Hotspot]
    demand: Layer
    ground: Ground
    standards: Standards
    inputs: dict[str, str]

    @property
    def longitude(self) -> Floats:
        """Of every demand point, then of every venue."""
        return np.concatenate([self.demand.longitude, [venue.longitude for venue in self.demand.venues]])

    @property
    def latitude(self) -> Floats:
        """Of every demand point, then of every venue."""
        return np.concatenate([self.demand.latitude, [venue.latitude for venue in self.demand.venues]])

    @property
    def points_digest(self) -> str:
        """Of the positions that losses are computed for."""
        both = np.stack([self.longitude, self.latitude]).round(6)
        return hashlib.sha256(both.tobytes()).hexdigest()

    @property
    def digest(self) -> str:
        """Of everything that decides the result."""
        return hashlib.sha256(msgspec.json.encode(sorted(self.inputs.items()))).hexdigest()

    @property
    def operators(self) -> list[str]:
        """Every operator of mobile, fibre or Wi-Fi, in order."""
        mobile = {sector.operator for sector in self.sectors.values()}
        fixed = {node.operator for node in self.nodes.values()}
        return sorted(mobile | fixed | {hotspot.operator for hotspot in self.hotspots.values()})

    def kind(self) -> Kind:
        """A prediction is an estimate; on synthetic registers, positions or terrain it is synthetic."""
        made_up = self.ground.synthetic or weakest() == Kind.SYNTHETIC or not bool(self.demand.surveyed.all())
        return Kind.SYNTHETIC if made_up else Kind.ESTIMATED


def state(*, on: date, known_at: datetime) -> State:
    """The state on a day as known at a time. Raises ``NoTerrain``, ``NoCensus``, ``PackInvalid``."""
    found = {id: things(register=id, on=on, as_of=known_at) for id in KINDS}
    demand, ground, rules = layer(on=on, as_of=known_at), city_terrain(), standards()
    inputs = {id: digest(found=kept) for id, kept in found.items()} | {
        "on": on.isoformat(),
        "demand": demand.digest,
        "terrain": ground.digest,
        "standards": hashlib.sha256(msgspec.json.encode(rules)).hexdigest(),
        "version": VERSION,
    }
    sites = cast(dict[str, Site], found["site"])
    sectors = {id: s for id, s in cast(dict[str, Sector], found["sector"]).items() if s.site in sites}
    return State(
        on=on, sites=sites, sectors=sectors, homeless=tuple(sorted(set(found["sector"]) - set(sectors))),
        transmitters=cast(dict[str, Transmitter], found["transmitter"]),
        nodes=cast(dict[str, FibreNode], found["fibre_node"]), hotspots=cast(dict[str, Hotspot], found["hotspot"]),
        demand=demand, ground=ground, standards=rules, inputs=inputs,
    )  # fmt: skip


def sector_station(*, state: State, sector: Sector) -> Station:
    """The station whose loss a sector uses."""
    site, model = state.sites[sector.site], state.standards.model
    return Station(
        longitude=site.longitude, latitude=site.latitude, height_m=sector.height_m,
        frequency_mhz=sector.frequency_mhz, vertical=True, radius_km=model.radius_km, receiver_m=model.receiver_m,
    )  # fmt: skip


def transmitter_station(*, state: State, transmitter: Transmitter) -> Station:
    """The station of a broadcast transmitter."""
    model, service = state.standards.model, state.standards.service(id=transmitter.service)
    return Station(
        longitude=transmitter.longitude, latitude=transmitter.latitude, height_m=transmitter.height_m,
        frequency_mhz=transmitter.frequency_mhz, vertical=transmitter.vertical,
        radius_km=model.broadcast_radius_km, receiver_m=service.receiver_m or model.receiver_m,
    )  # fmt: skip


def stations(*, state: State) -> list[Station]:
    """Every station that a run needs the losses of, each once."""
    mobile = {sector_station(state=state, sector=sector) for sector in state.sectors.values()}
    broadcast = {transmitter_station(state=state, transmitter=one) for one in state.transmitters.values()}
    return sorted(mobile | broadcast)
