"""Shares of people covered per point in an ensemble of equally likely worlds.

A draw has one error common to all stations, one per site, one per place, and where positions are synthetic one for each
position. Within a place, locations scatter by the location variability, so that a place is covered in part. The mean
over draws is the expected share; quantiles over draws of an area's sum are its interval. Errors of places are
independent of each other, those of a site are shared by everybody it serves, so sums do not average them away.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from dajing.domains.network.coverage import rules
from dajing.domains.network.coverage.equipment import carrier_of, equipment, reference_power, sinr_of_best
from dajing.domains.network.coverage.loss import KM_PER_DEGREE, Floats, Losses, Station
from dajing.domains.network.coverage.state import State, sector_station, transmitter_station
from dajing.domains.network.coverage.structs import ALL
from dajing.domains.network.register.kinds import Sector
from dajing.domains.network.standards import Service

DRAWS = 64
Shares = NDArray[np.float32]  # [draw, point], 0 to 1
Fetch = Callable[[Station], Losses]


class Errors(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One ensemble of errors in dB and km; ``site`` by site id."""

    bias: Floats
    place: Floats
    site: Mapping[str, Floats]
    east: Floats
    north: Floats
    wifi: Floats


def errors(*, state: State, draws: int = DRAWS, seed: int) -> Errors:
    """``draws`` worlds; the same for the same seed."""
    generator = np.random.default_rng(seed)
    size, points = state.standards.errors, state.longitude.size
    moved = np.concatenate([~state.demand.surveyed, np.zeros(len(state.demand.venues), dtype=bool)])
    return Errors(
        bias=generator.normal(0.0, size.bias_db, (draws, 1)),
        place=generator.normal(0.0, size.place_db, (draws, points)),
        east=generator.normal(0.0, size.place_km, (draws, points)) * moved,
        north=generator.normal(0.0, size.place_km, (draws, points)) * moved,
        wifi=np.exp(generator.normal(0.0, size.wifi_radius, draws)),
        site={
            id: generator.normal(0.0, size.site_db, (draws, 1)) for id in sorted({*state.sites, *state.transmitters})
        },
    )


def sector_power(*, state: State, sector: Sector, longitude: Floats, latitude: Floats, loss: Floats) -> Floats:
    """Median RSRP in dBm of the sector at places (degrees) that have these losses (dB)."""
    site = state.sites[sector.site]
    east = (longitude - site.longitude) * np.cos(math.radians(site.latitude))
    north = latitude - site.latitude
    distance = np.maximum(np.hypot(east, north) * KM_PER_DEGREE * 1000.0, 1.0)
    return reference_power(
        of=equipment(sector=sector, load=1.0),
        bearing=np.degrees(np.arctan2(east, north)),
        elevation=-np.degrees(np.arctan2(sector.height_m - state.standards.model.receiver_m, distance)),
        loss_db=loss,
    )


def _share(margin: Floats, sigma: float) -> Shares:
    """Share of locations covered where the median is ``margin`` above the limit and locations scatter by ``sigma``."""
    from dajing.domains.network.propagation.location import probability

    return probability(median=margin, threshold=0.0, sigma_db=sigma).astype(np.float32)


def mobile(*, state: State, service: Service, fetch: Fetch, worlds: Errors) -> dict[str, Shares]:
    """Shares by operator and for all together, of a mobile service: RSRP and SINR both above their limits."""
    found: dict[str, Shares] = {}
    listed = [sector for sector in state.sectors.values() if sector.technology == service.technology]
    for operator in sorted({sector.operator for sector in listed}):
        mine = [sector for sector in listed if sector.operator == operator]
        found[operator] = _operator(state, service, mine, fetch, worlds)
    found[ALL] = _together(found, worlds, state)
    return found


def _together(found: Mapping[str, Shares], worlds: Errors, state: State) -> Shares:
    """Whoever one operator covers is covered: the best of them, for their errors at a place are the same place's."""
    whole = np.zeros((len(worlds.wifi), state.longitude.size), np.float32)
    for shares in found.values():
        np.maximum(whole, shares, out=whole)
    return whole


def _operator(state: State, service: Service, mine: list[Sector], fetch: Fetch, worlds: Errors) -> Shares:
    draws, points = len(worlds.wifi), state.longitude.size
    best = np.full((draws, points), -300.0)
    margin = np.full((draws, points), -300.0)
    for channel in sorted({sector.frequency_mhz for sector in mine}):
        strongest, total = np.full((draws, points), -300.0), np.zeros((draws, points))
        for sector in (sector for sector in mine if sector.frequency_mhz == channel):
            losses = fetch(sector_station(state=state, sector=sector))
            at = losses.numbers
            if not at.size:
                continue
            power = sector_power(
                state=state, sector=sector, longitude=state.longitude[at], latitude=state.latitude[at], loss=losses.loss
            )
            power = power + worlds.bias + worlds.site[sector.site] + worlds.place[:, at]
            strongest[:, at] = np.maximum(strongest[:, at], power)
            total[:, at] += 10.0 ** (power / 10.0)
        carrier = carrier_of(sector=next(sector for sector in mine if sector.frequency_mhz == channel))
        sinr = sinr_of_best(strongest_dbm=strongest, total_mw=total, load=service.load, carrier=carrier)
        here = np.minimum(strongest - service.rsrp_dbm, sinr - service.sinr_db)
        margin = np.where(strongest > best, here, margin)
        best = np.maximum(best, strongest)
    return _share(margin, service.location_sigma_db)


def broadcast(*, state: State, service: Service, fetch: Fetch, worlds: Errors) -> dict[str, Shares]:
    """Shares of a broadcast service from its best transmitter."""
    best = np.full((len(worlds.wifi), state.longitude.size), -300.0)
    for id, one in state.transmitters.items():
        if one.service == service.id:
            losses = fetch(transmitter_station(state=state, transmitter=one))
            field = rules.field_strength(erp_w=one.erp_w, frequency_mhz=one.frequency_mhz, loss_db=losses.loss)
            at = losses.numbers
            reached = field + worlds.bias + worlds.site[id] + worlds.place[:, at]
            best[:, at] = np.maximum(best[:, at], reached)
    margin = best - service.field_dbuv_m
    return {ALL: _share(margin, service.location_sigma_db)}


def fixed(*, state: State, service: Service, worlds: Errors) -> dict[str, Shares]:
    """Shares by operator and together: homes about a place's point that lie within reach of an access point."""
    from scipy.spatial import cKDTree

    nodes = [
        node for node in state.nodes.values()
        if node.access and node.status == "operational" and (node.iptv or not service.iptv)
    ]  # fmt: skip
    middle = math.cos(math.radians(float(state.latitude.mean())))
    east = state.longitude * KM_PER_DEGREE * middle + worlds.east
    north = state.latitude * KM_PER_DEGREE + worlds.north
    spread = np.full(state.longitude.size, service.spread_km)
    spread[len(state.demand.code) :] = [max(venue.radius_m / 2000.0, 0.05) for venue in state.demand.venues]
    found: dict[str, Shares] = {}
    for operator in sorted({node.operator for node in nodes}):
        mine = [node for node in nodes if node.operator == operator]
        tree = cKDTree(
            [(node.longitude * KM_PER_DEGREE * middle, node.latitude * KM_PER_DEGREE) for node in mine]
        )  # fmt: skip
        distance = tree.query(np.stack([east, north], axis=-1))[0]
        found[operator] = _share((service.reach_km - distance) / spread, 1.0)
    found[ALL] = _together(found, worlds, state)
    return found


def wifi(*, state: State, worlds: Errors) -> dict[str, Shares]:
    """Share of each venue's circle under hotspots; places where people live have none."""
    draws, homes = len(worlds.wifi), len(state.demand.code)
    found: dict[str, Shares] = {}
    for operator in [ALL, *sorted({spot.operator for spot in state.hotspots.values()})]:
        shares = np.zeros((draws, state.longitude.size), np.float32)
        mine = [spot for spot in state.hotspots.values() if operator in {ALL, spot.operator}]
        for at, venue in enumerate(state.demand.venues, start=homes):
            squeeze = math.cos(math.radians(venue.latitude)) * KM_PER_DEGREE * 1000.0
            near = [
                ((s.longitude - venue.longitude) * squeeze, (s.latitude - venue.latitude) * KM_PER_DEGREE * 1000.0,
                 s.radius_m)
                for s in mine
            ]  # fmt: skip
            near = [(x, y, r) for x, y, r in near if math.hypot(x, y) < venue.radius_m + 2.0 * r]
            for draw, factor in enumerate(worlds.wifi if near else ()):
                discs = [(x, y, r * factor) for x, y, r in near]
                shares[draw, at] = rules.circle_share(radius=venue.radius_m, discs=discs)
        found[operator] = shares
    return found


def predict(*, state: State, service: Service, fetch: Fetch, worlds: Errors) -> dict[str, Shares]:
    """Shares by operator (``ALL``: together) for one service."""
    if service.kind == "mobile":
        return mobile(state=state, service=service, fetch=fetch, worlds=worlds)
    if service.kind == "broadcast":
        return broadcast(state=state, service=service, fetch=fetch, worlds=worlds)
    if service.kind == "fixed":
        return fixed(state=state, service=service, worlds=worlds)
    return wifi(state=state, worlds=worlds)
