"""What a run says to the measures: counts by reporting unit. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from dajing.domains.network.coverage.state import State
from dajing.domains.network.coverage.structs import Table

PARK = "park"
Together = Mapping[tuple[str, str], Table]  # by service and level, all operators together


def facts_of(*, run: str, digest: str, on: date, state: State, together: Together) -> list[dict[str, Any]]:
    """One fact per field and unit, with the 90 % interval where the field has one."""
    period = f"{on:%Y-%m}"
    return [
        {
            "record_id": f"network-run-{run}/{field}/{area}",
            "field": f"network.{field}",
            "area": area,
            "period": period,
            "value": float(value),
            "low": low,
            "high": high,
            "kind": str(state.kind()),
            "department": None,
            "revision": 0,
            "document": digest,
        }
        for field, area, value, low, high in (*_homes(together), *_venues(state, together))
    ]


Fact = tuple[str, str, float, float | None, float | None]


def _homes(together: Together) -> Iterator[Fact]:
    for (service, level), table in together.items():
        if level != "unit":
            continue
        for at, area in enumerate(table.codes):
            yield f"people_{service}", area, table.covered[at], table.low[at], table.high[at]
            yield f"households_{service}", area, table.covered_households[at], None, None
            yield f"communities_{service}", area, table.covered_communities[at], None, None
            yield f"villages_{service}", area, _villages(table, at), None, None
    whole = next((table for (_, level), table in together.items() if level == "unit"), None)
    for at, area in enumerate(whole.codes if whole else ()):
        assert whole is not None  # noqa: S101 - the loop is empty otherwise
        yield "people", area, whole.people[at], None, None
        yield "households", area, whole.households[at], None, None
        yield "communities", area, whole.communities[at], None, None
        yield "villages", area, whole.places[at] - whole.communities[at], None, None


def _villages(table: Table, at: int) -> float:
    return table.covered_places[at] - table.covered_communities[at]


def _venues(state: State, together: Together) -> Iterator[Fact]:
    """Parks and other venues by unit: how many there are, and how many of them are reached."""
    areas = sorted(set(state.demand.unit))
    for group in ("parks", "venues"):
        mine = {v.id: v.area for v in state.demand.venues if (v.kind == PARK) == (group == "parks")}
        for area in areas:
            yield group, area, sum(unit == area for unit in mine.values()), None, None
        for (service, level), table in together.items():
            if level == "venue" and service in {"fibre", "wifi", "4g", "5g"}:
                share = {id: table.covered[at] / table.people[at] for at, id in enumerate(table.codes)}
                for area in areas:
                    found = [share[id] for id, unit in mine.items() if unit == area]
                    value = sum(found) if service == "wifi" else float(sum(part >= 0.5 for part in found))
                    yield f"{group}_{service}", area, value, None, None
