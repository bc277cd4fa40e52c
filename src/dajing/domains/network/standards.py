"""``network.toml`` of the city pack: what counts as covered, the model's settings, and how far it may be off."""

from __future__ import annotations

import functools
from collections.abc import Collection
from pathlib import Path
from typing import Literal

import msgspec

from dajing.domains.network.register.kinds import VenueKind
from dajing.kernel.packs.problem import Problems
from dajing.kernel.packs.references import known
from dajing.kernel.packs.toml import TomlFile
from dajing.kernel.settings import settings
from dajing.kernel.text import Text

Status = Literal["official", "confirmed", "unconfirmed"]


class Service(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One service and its limit: dBm and dB for mobile, dB(µV/m) for broadcast, km from an access point for fixed."""

    id: str
    title: Text
    kind: Literal["mobile", "fixed", "broadcast", "wifi"]
    technology: str | None = None
    rsrp_dbm: float = -110.0
    sinr_db: float = -3.0
    load: float = 0.5
    field_dbuv_m: float = 54.0
    receiver_m: float | None = None
    location_sigma_db: float = 5.5
    reach_km: float = 1.5
    spread_km: float = 0.4
    iptv: bool = False
    status: Status
    source: Text


class NamedVenue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A venue that the city wants covered, by the ``id`` under which its position is registered."""

    id: str
    title: Text
    kind: VenueKind
    area: str


class Errors(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Standard deviations of the model's errors: common to all, per site, per place (dB); a place's position (km)."""

    bias_db: float
    site_db: float
    place_db: float
    place_km: float
    wifi_radius: float
    status: Status
    source: Text


class Model(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How losses are computed: radii and cell in km, receiver height in m, atmosphere in N-units."""

    radius_km: float
    broadcast_radius_km: float
    cell_km: float
    receiver_m: float
    dn: float
    n0: float
    status: Status
    source: Text


class Standards(msgspec.Struct, frozen=True, kw_only=True):
    """All of ``network.toml``."""

    services: tuple[Service, ...]
    errors: Errors
    model: Model
    venues: tuple[NamedVenue, ...] = ()

    def service(self, *, id: str) -> Service:
        """The service ``id``. Raises ``KeyError``."""
        return {service.id: service for service in self.services}[id]


class _Tables(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    errors: Errors
    model: Model


def read_standards(*, folder: Path, problems: Problems, areas: Collection[str] | None = None) -> Standards | None:
    """The pack's standards, or None with the faults in ``problems``; with ``areas``, venues must lie in one of them."""
    file = TomlFile(path=folder / "network.toml", problems=problems)
    services = tuple(entry.value for entry in file.array("services", Service))
    named = file.array("venues", NamedVenue)
    for entry in named if areas is not None else ():
        known(
            entry.value.area, areas or (), what=Text(zh="区划代码", en="area code"), note=file.at((*entry.path, "area"))
        )
    venues = tuple(entry.value for entry in named)
    tables = file.table(_Tables, without=("services", "venues"))
    return Standards(services=services, errors=tables.errors, model=tables.model, venues=venues) if tables else None


@functools.cache
def _standards(folder: Path) -> Standards:
    problems = Problems(root=folder.parent)
    found = read_standards(folder=folder, problems=problems)
    problems.refuse()
    assert found is not None  # noqa: S101 - refuse() raised otherwise
    return found


def standards() -> Standards:
    """The configured city's standards. Raises ``PackInvalid``."""
    return _standards(settings().city_dir)


def present() -> bool:
    """Whether the pack has standards at all."""
    return (settings().city_dir / "network.toml").exists()
