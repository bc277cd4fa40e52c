"""The parks that the plan names are venues of the network; where they lie is registered, and in the demo made up."""

from __future__ import annotations

from dajing.domains.network.demand.layer import synthetic_layer
from dajing.domains.network.demo.ground import registers
from dajing.domains.network.standards import standards
from dajing.domains.plan.api import plan


def test_every_park_that_the_plan_names_is_a_venue_to_cover() -> None:
    parks = {(park.title.zh, park.area) for park in plan().parks}
    assert len(parks) == 4
    assert parks == {(venue.title.zh, venue.area) for venue in standards().venues if venue.kind == "park"}


def test_in_the_demo_its_name_says_that_the_position_is_made_up() -> None:
    rows = {str(row["id"]): row for row in registers(layer=synthetic_layer())["venue"]}
    for venue in standards().venues:
        assert rows[venue.id]["name"] == f"{venue.title.zh}（演示位置）"
        assert rows[venue.id]["area"] == venue.area
