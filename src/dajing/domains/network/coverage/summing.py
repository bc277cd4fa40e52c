"""From shares per point to tables of people by place, township, unit, city and venue. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dajing.domains.network.coverage.predicting import Shares
from dajing.domains.network.coverage.structs import Table
from dajing.domains.network.demand.layer import Layer

LEVELS = ("city", "unit", "township", "place", "venue")
TAIL = 0.05  # of each side: a 90 % interval
REACHED = 0.5  # share of a place's people from which the place counts as reached


def tables(*, demand: Layer, shares: Shares, city: str) -> dict[str, Table]:
    """One table per level; ``shares`` has the venues after the places."""
    homes = len(demand.code)
    found = {}
    keys: dict[str, Sequence[str]] = {
        "city": [city] * homes, "unit": demand.unit, "township": demand.township, "place": demand.code,
    }  # fmt: skip
    for level, key in keys.items():
        found[level] = _grouped(key, demand, shares[:, :homes])
    venues = demand.venues
    people = np.array([venue.people for venue in venues], dtype=np.int64)
    found["venue"] = _table([v.id for v in venues], people, np.zeros_like(people), shares[:, homes:], None)
    return found


def _grouped(key: Sequence[str], demand: Layer, shares: Shares) -> Table:
    codes = sorted(set(key))
    number = {code: at for at, code in enumerate(codes)}
    group = np.array([number[code] for code in key])
    if len(codes) == len(key):
        order = np.argsort(group)
        return _table(codes, demand.people[order], demand.households[order], shares[:, order], demand.urban[order])
    return _summed(codes, group, demand, shares)


def _summed(codes: list[str], group: NDArray[np.int64], demand: Layer, shares: Shares) -> Table:
    n = len(codes)
    covered = np.stack([np.bincount(group, weights=draw * demand.people, minlength=n) for draw in shares])
    reached = shares.mean(axis=0) >= REACHED
    homes = np.bincount(group, weights=shares.mean(axis=0) * demand.households, minlength=n)

    def count(mask: NDArray[np.bool_]) -> list[int]:
        return np.bincount(group[mask], minlength=n).tolist()

    everything = np.ones(len(group), dtype=bool)
    return Table(
        codes=codes,
        people=np.bincount(group, weights=demand.people, minlength=n).astype(int).tolist(),
        covered=_plain(covered.mean(axis=0)),
        low=_plain(np.quantile(covered, TAIL, axis=0)),
        high=_plain(np.quantile(covered, 1 - TAIL, axis=0)),
        households=np.bincount(group, weights=demand.households, minlength=n).astype(int).tolist(),
        covered_households=_plain(homes),
        places=count(everything), covered_places=count(reached),
        communities=count(demand.urban), covered_communities=count(demand.urban & reached),
    )  # fmt: skip


def _table(
    codes: list[str], people: NDArray[np.int64], households: NDArray[np.int64], shares: Shares,
    urban: NDArray[np.bool_] | None,
) -> Table:  # fmt: skip
    mean = shares.mean(axis=0) if shares.size else np.zeros(len(codes))
    reached = (mean >= REACHED).astype(int)
    town = urban.astype(int) if urban is not None else np.zeros(len(codes), dtype=int)
    ends = np.quantile(shares, (TAIL, 1 - TAIL), axis=0) if shares.size else np.zeros((2, len(codes)))
    return Table(
        codes=codes, people=people.tolist(), covered=_plain(mean * people), low=_plain(ends[0] * people),
        high=_plain(ends[1] * people), households=households.tolist(), covered_households=_plain(mean * households),
        places=[1] * len(codes), covered_places=reached.tolist(), communities=town.tolist(),
        covered_communities=(town * reached).tolist(),
    )  # fmt: skip


def _plain(values: NDArray[np.floating[Any]]) -> list[float]:
    return [round(float(value), 2) for value in values]
