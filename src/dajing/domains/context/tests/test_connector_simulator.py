"""The simulated city: ten types in nineteen units, marked synthetic, the same for one seed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dajing.domains.context.connectors import simulator

AT = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
PLACES = {f"1307{n:02d}": [(114.8, 40.8)] * 10 for n in range(19)}


def options(at: datetime = AT, since: datetime | None = None) -> simulator.Options:
    return simulator.Options(seed=135, at=at, places=PLACES, since=since)


def test_ten_types_report_in_all_nineteen_units_and_every_entity_says_that_it_is_synthetic() -> None:
    found = list(simulator.pull(options=options()))
    assert len(found) == 190
    assert len({entity["type"] for entity in found}) == 10
    assert len({entity["scope"] for entity in found}) == 19
    assert all(entity["source"] == simulator.SOURCE and ":synthetic:" in entity["id"] for entity in found)


def test_one_seed_gives_one_city_and_a_turn_sends_only_what_reported_since_the_last() -> None:
    assert list(simulator.pull(options=options())) == list(simulator.pull(options=options()))
    since = [
        entity["id"]
        for minute in range(60)
        for entity in simulator.pull(
            options=options(AT + timedelta(minutes=minute + 1), since=AT + timedelta(minutes=minute))
        )
    ]
    beats = {kind.name: kind.beat for kind in simulator.KINDS}
    assert len(since) == sum(60 // beat for beat in beats.values()) * 19
    assert not list(simulator.pull(options=options(AT, since=AT)))


def test_the_day_before_the_start_is_reported_once_in_the_order_of_time() -> None:
    found = list(simulator.day(options=options()))
    expected = sum(24 * 60 // kind.beat for kind in simulator.KINDS) * 19
    seen = {(entity["id"], str(entity)) for entity in found}
    assert len(found) == len(seen) == expected
    latest = {entity["id"]: entity for entity in found}
    assert sorted(map(str, latest.values())) == sorted(map(str, simulator.pull(options=options())))


def test_too_few_positions_are_named() -> None:
    short = simulator.Options(seed=1, at=AT, places={"130702": [(114.8, 40.8)]})
    assert "130702" in simulator.check(options=short)[0].en
    assert simulator.check(options=options()) == []
