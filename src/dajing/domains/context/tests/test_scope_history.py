"""The scope of an entity over time (clauses 4.5.6, 4.18, 5.7.4.4): what it was, since when, and queries by it."""

from __future__ import annotations

import httpx
import pytest

from dajing.domains.context.broker.state import Broker
from dajing.domains.context.store.transaction import Transaction

BENCH = "urn:ngsi-ld:Bench:1"
HISTORY = f"/temporal/entities/{BENCH}"
NOON = {"timerel": "between", "timeAt": "2026-03-01T12:00:00Z", "endTimeAt": "2026-03-01T13:00:00Z", "type": "Bench"}


def seat(at: str, value: str) -> dict[str, str]:
    return {"type": "Property", "value": value, "observedAt": f"2026-03-01T{at}:00Z"}


MOVED = {
    "id": BENCH, "type": "Bench", "paint": [seat("12:15", "green"), seat("12:45", "red")],
    "scope": [seat("10:00", "/Park/North"), seat("12:30", "/Park/South")],
}  # fmt: skip


@pytest.mark.store_both
async def test_each_change_of_the_scope_is_an_instance_observed_when_it_was_written(city: httpx.AsyncClient) -> None:
    await city.post("/entities", json={"id": BENCH, "type": "Bench", "scope": "/Park/North", "paint": "green"})
    await city.patch(f"/entities/{BENCH}", json={"scope": ["/Park/South", "/Repair"]})
    await city.patch(f"/entities/{BENCH}/attrs", json={"paint": "red"})  # leaves the scope as it is
    scopes = (await city.get(HISTORY, params={"options": "sysAttrs"})).json()["scope"]
    assert [s["value"] for s in scopes] == ["/Park/North", ["/Park/South", "/Repair"]]
    assert all(s["type"] == "Property" and s["observedAt"] == s["modifiedAt"] for s in scopes)
    assert (await city.delete(f"/entities/{BENCH}/attrs/scope")).status_code == 204
    gone = (await city.get(HISTORY, params={"timeproperty": "deletedAt"})).json()["scope"]
    assert [(s["value"], "deletedAt" in s) for s in gone] == [([], True)]


@pytest.mark.store_both
async def test_history_that_is_written_sets_the_present_scope_by_its_newest_instance(city: httpx.AsyncClient) -> None:
    assert (await city.post("/temporal/entities", json=MOVED)).status_code == 201
    assert (await city.get(f"/entities/{BENCH}")).json()["scope"] == "/Park/South"
    late = {"scope": [seat("11:00", "/Store")]}
    assert (await city.post(f"{HISTORY}/attrs", json=late)).status_code == 204
    assert (await city.get(f"/entities/{BENCH}")).json()["scope"] == "/Park/South"
    values = (await city.get(HISTORY, params={"options": "temporalValues"})).json()["scope"]["values"]
    assert [v for v, _ in values] == ["/Park/North", "/Store", "/Park/South"]


@pytest.mark.parametrize(
    ("asked", "paints"),
    [("/Park/North", ["green"]), ("/Park/South", ["red"]), ("/Park/#", ["green", "red"]), ("/Store", None)],
)
async def test_a_query_sees_what_was_observed_while_the_scope_was_valid(
    city: httpx.AsyncClient, asked: str, paints: list[str] | None
) -> None:
    await city.post("/temporal/entities", json=MOVED)
    found = (await city.get("/temporal/entities", params={**NOON, "scopeQ": asked})).json()
    assert [[p["value"] for p in entity["paint"]] for entity in found] == ([paints] if paints else [])


async def test_the_latest_instances_are_chosen_among_those_within_the_scope(city: httpx.AsyncClient) -> None:
    await city.post("/temporal/entities", json=MOVED)
    found = (await city.get("/temporal/entities", params={**NOON, "scopeQ": "/Park/North", "lastN": "1"})).json()
    assert [p["value"] for p in found[0]["paint"]] == ["green"]


async def test_the_scope_that_holds_when_the_time_asked_for_begins_is_shown(city: httpx.AsyncClient) -> None:
    await city.post("/temporal/entities", json=MOVED)
    found = (await city.get("/temporal/entities", params={**NOON, "attrs": "paint"})).json()
    assert [s["value"] for s in found[0]["scope"]] == ["/Park/North", "/Park/South"]


async def test_a_late_scope_leaves_the_present_one_alone_where_the_newest_is_archived(
    city: httpx.AsyncClient, broker: Broker
) -> None:
    await city.post("/temporal/entities", json=MOVED)

    def archive(tx: Transaction) -> None:
        tx.chronicle.offer()
        assert tx.chronicle.trim(position=2**40, before=2**62) == 4

    await broker.write(archive)
    late = {"scope": [seat("11:00", "/Store")]}
    assert (await city.post(f"{HISTORY}/attrs", json=late)).status_code == 204
    assert (await city.get(f"/entities/{BENCH}")).json()["scope"] == "/Park/South"


@pytest.mark.parametrize("scope", [[{"type": "Property"}], [{"type": "Relationship", "object": "urn:a:b"}], "//", [7]])
async def test_a_scope_that_is_none_is_refused_in_history_too(city: httpx.AsyncClient, scope: object) -> None:
    refused = await city.post("/temporal/entities", json={**MOVED, "scope": scope})
    assert refused.status_code == 400
    assert refused.headers["content-type"] == "application/problem+json"


@pytest.mark.store_both
async def test_a_scope_that_an_earlier_version_kept_in_the_head_is_its_first_instance(
    city: httpx.AsyncClient, broker: Broker
) -> None:
    await city.post("/entities", json={"id": BENCH, "type": "Bench", "paint": "green"})

    def as_before(tx: Transaction) -> None:
        found = tx.chronicle.head("", BENCH)
        assert found is not None
        tx.chronicle.save(found[0], {**found[1], "scope": ["/Old"]})

    await broker.write(as_before)
    assert [s["value"] for s in (await city.get(HISTORY)).json()["scope"]] == ["/Old"]
    await city.patch(f"/entities/{BENCH}", json={"scope": "/New"})
    assert [s["value"] for s in (await city.get(HISTORY)).json()["scope"]] == ["/Old", "/New"]


async def test_a_consumer_of_an_earlier_version_gets_kinds_of_attributes_that_it_knows(city: httpx.AsyncClient) -> None:
    entity = {
        "id": BENCH, "type": "Bench", "paint": "green", "state": {"type": "VocabProperty", "vocab": "worn"},
        "plan": {"type": "JsonProperty", "json": {"type": "ListProperty", "valueList": [1]}},
        "parts": {"type": "ListProperty", "valueList": [1, 2]},
    }  # fmt: skip
    await city.post("/entities", json=entity)
    for path in (f"/entities/{BENCH}", "/entities?type=Bench"):
        old = await city.get(path, headers={"Prefer": "ngsi-ld=1.5"})
        assert (old.status_code, old.headers["preference-applied"]) == (203, "ngsi-ld=1.5")
        body = old.json() if isinstance(old.json(), dict) else old.json()[0]
        assert body["state"] == {"type": "Property", "value": "worn"}
        assert body["plan"]["value"] == {"type": "ListProperty", "valueList": [1]}
        assert body["parts"] == {"type": "Property", "value": [1, 2]}
        new = await city.get(path, headers={"Prefer": "ngsi-ld=1.9"})
        assert new.status_code == 200
        assert "VocabProperty" in new.text
