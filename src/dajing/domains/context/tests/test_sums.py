"""Aggregations from the index agree with the rules over instances, method by method and period by period."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from dajing.domains.context.broker.state import Broker
from dajing.domains.context.ngsi.evolution import METHODS, Aggregate, Span
from dajing.domains.context.store.history import History
from dajing.domains.context.store.sums import aggregated

NOW = datetime(2026, 3, 1, tzinfo=UTC)
BOTH = pytest.mark.store_both
SUMS = [method for method in METHODS if method != "distinctCount"]


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


async def _fill(city: httpx.AsyncClient, values: list[object], dataset: bool = False) -> None:
    rng = random.Random(3)
    at, instances = NOW, []
    for value in values:
        at += timedelta(seconds=rng.randrange(1, 4000))
        instances.append({"type": "Property", "value": value, "observedAt": _text(at)})
    if dataset:
        instances.append({**instances[-1], "datasetId": "urn:x:second", "value": 5})
    body = {"id": "urn:x:1", "type": "T", "level": instances}
    assert (await city.post("/temporal/entities", json=body)).status_code == 201


async def _ask(city: httpx.AsyncClient, methods: str, **more: str) -> dict[str, list[list[object]]]:
    parameters = {"options": "aggregatedValues", "aggrMethods": methods, "attrs": "level", **more}
    answer = await city.get("/temporal/entities/urn:x:1", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()["level"]


@pytest.mark.parametrize("period", ["PT1H", pytest.param("PT7M", marks=BOTH), "P1D", "PT0S"])
@pytest.mark.parametrize("relation", ["after", "before", "between"])
@pytest.mark.parametrize("offset", [0.0, 1e9])
async def test_sums_from_the_index_are_those_of_the_rules(
    city: httpx.AsyncClient, period: str, relation: str, offset: float
) -> None:
    rng = random.Random(1)
    await _fill(city, [offset + rng.choice([1, 2.5, -7, 100]) for _ in range(200)])
    span = {"timerel": relation, "timeAt": _text(NOW + timedelta(hours=20))}
    span |= {"endTimeAt": _text(NOW + timedelta(hours=90))} if relation == "between" else {}
    quick = await _ask(city, ",".join(SUMS), aggrPeriodDuration=period, **span)
    # distinctCount makes the broker look at every instance
    whole = await _ask(city, ",".join(METHODS), aggrPeriodDuration=period, **span)
    for method in SUMS:
        assert [row[1:] for row in quick[method]] == [row[1:] for row in whole[method]]
        near = pytest.approx([row[0] for row in whole[method]], rel=1e-9, abs=1e-6)
        assert [row[0] for row in quick[method]] == near


@pytest.mark.parametrize("values", [[1, "text", 3], [True, 2], [[1, 2], 3]])
async def test_values_that_are_no_numbers_are_left_to_the_rules(city: httpx.AsyncClient, values: list[object]) -> None:
    await _fill(city, values)
    span = {"timerel": "after", "timeAt": _text(NOW), "aggrPeriodDuration": "P1D"}
    quick = await _ask(city, "totalCount,max", **span)
    whole = await _ask(city, "totalCount,max,distinctCount", **span)
    assert {m: quick[m] for m in ("totalCount", "max")} == {m: whole[m] for m in ("totalCount", "max")}


async def test_several_datasets_are_left_to_the_rules(city: httpx.AsyncClient) -> None:
    await _fill(city, [1, 2, 3], dataset=True)
    span = {"timerel": "after", "timeAt": _text(NOW), "aggrPeriodDuration": "P1D"}
    assert (await _ask(city, "totalCount", **span))["totalCount"] == (
        await _ask(city, "totalCount,distinctCount", **span)
    )["totalCount"]


async def test_plain_numbers_are_summed_by_the_index_alone(city: httpx.AsyncClient, broker: Broker) -> None:
    # the comparison above would also hold if everything were left to the rules
    await _fill(city, [1.5, 2, 4])
    key = broker.reader.connection.execute("SELECT k FROM chronicle").get
    ((attr, _),) = History(reader=broker.reader).attributes(key=key)
    found = aggregated(
        reader=broker.reader, key=key, attr=attr, span=Span(relation="after", at=_text(NOW)),
        aggregate=Aggregate(methods=("avg", "max"), period=(0, timedelta(days=1))),
    )  # fmt: skip
    assert found is not None
    assert found["avg"][0] == [2.5, "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"]
    assert found["max"][0][0] == 4
