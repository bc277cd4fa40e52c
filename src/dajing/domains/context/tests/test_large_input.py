"""Input that is well-formed and far too large: refused at once, or taken without holding anybody up."""

from __future__ import annotations

import json

import httpx
import pytest

from dajing.domains.context.broker.state import Broker
from dajing.domains.context.ngsi import geometry, model, terms
from dajing.domains.context.store import plan

HUGE = 10**400  # JSON allows it, a double does not


async def refused(city: httpx.AsyncClient, entity: dict[str, object]) -> bool:
    answer = await city.post("/entities", json={"id": "urn:x:large", "type": "T", **entity})
    return answer.status_code == 400 and answer.headers["content-type"] == "application/problem+json"


async def test_too_many_attributes_positions_and_too_long_names_are_refused(city: httpx.AsyncClient) -> None:
    line = [[114 + n / 1e6, 40] for n in range(geometry.MOST_POSITIONS + 1)]
    assert await refused(city, {f"a{n}": n for n in range(model.MOST_ATTRIBUTES + 1)})
    assert await refused(city, {"location": {"type": "LineString", "coordinates": line}})
    assert await refused(city, {"location": {"type": "Polygon", "coordinates": [line]}})
    assert await refused(city, {"id": "urn:x:" + "a" * terms.LONGEST})
    assert not await refused(city, {"location": {"type": "LineString", "coordinates": line[1:]}})


async def test_a_number_beyond_a_double_is_kept_as_it_is_and_found(city: httpx.AsyncClient) -> None:
    value = {"type": "Property", "value": HUGE, "observedAt": "2026-03-01T10:00:00Z"}
    created = await city.post("/entities", json={"id": "urn:x:huge", "type": "T", "p": value})
    assert created.status_code == 201
    assert (await city.get("/entities", params={"type": "T", "q": "p>5"})).json()[0]["p"]["value"] == HUGE
    asked = {"timerel": "after", "timeAt": "2026-01-01T00:00:00Z", "format": "aggregatedValues", "aggrMethods": "max"}
    assert (await city.get("/temporal/entities/urn:x:huge", params=asked)).status_code == 200


@pytest.mark.parametrize("joined", [";", "|"])
async def test_a_query_of_a_thousand_terms_is_answered_exactly(city: httpx.AsyncClient, joined: str) -> None:
    many = 20 * plan.TESTED
    holds = {f"a{n}": 1 for n in range(many)}
    await city.post("/entities", json={"id": "urn:x:all", "type": "T", **holds})
    await city.post("/entities", json={"id": "urn:x:but-one", "type": "T", **holds, f"a{many - 1}": 0})
    asked = {"type": "T", "q": joined.join(f"a{n}==1" for n in range(many)), "options": "keyValues", "pick": "id"}
    found = [entity["id"] for entity in (await city.get("/entities", params=asked)).json()]
    assert found == (["urn:x:all"] if joined == ";" else ["urn:x:all", "urn:x:but-one"])


@pytest.mark.parametrize(("period", "status"), [("P99999999999Y", 400), ("P9999999D", 400), ("P9000Y", 200)])
@pytest.mark.parametrize("method", ["sum", "distinctCount"])
async def test_a_period_of_aggregation_may_be_long_but_not_endless(
    city: httpx.AsyncClient, period: str, status: int, method: str
) -> None:
    value = {"type": "Property", "value": 1, "observedAt": "2026-03-01T10:00:00Z"}
    await city.post("/entities", json={"id": "urn:x:1", "type": "T", "p": value})
    asked = {"timerel": "after", "timeAt": "2020-01-01T00:00:00Z", "format": "aggregatedValues"}
    asked |= {"aggrMethods": method, "aggrPeriodDuration": period}
    answer = await city.get("/temporal/entities/urn:x:1", params=asked)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("url", ["http://127.0.0.1/a b", "http://127.0.0.1:99999/c", "http://[::1/c", "http:///c"])
async def test_an_address_that_is_none_is_a_context_that_cannot_be_had(city: httpx.AsyncClient, url: str) -> None:
    named = {"Link": f'<{url}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'}
    answer = await city.get("/entities", params={"type": "T"}, headers=named)
    assert answer.status_code == 504
    assert answer.json()["type"].endswith("LdContextNotAvailable")


async def test_the_name_of_a_tenant_has_a_bound(city: httpx.AsyncClient, broker: Broker) -> None:
    long = {"NGSILD-Tenant": "t" * 5_000}
    answer = await city.post("/entities", json={"id": "urn:x:1", "type": "T"}, headers=long)
    assert answer.status_code == 400
    assert not broker.reader.tenants()


async def test_long_contexts_and_names_leave_nothing_behind(city: httpx.AsyncClient, broker: Broker) -> None:
    long = {f"term{n}": f"http://example.org/{n}/{'x' * 100}" for n in range(1_000)}
    headers = {"Content-Type": "application/ld+json"}
    for n in range(3):
        body = {"id": f"urn:x:{n}", "type": "T", "term1": n, "@context": [long, {"n": f"http://example.org/n/{n}"}]}
        assert (await city.post("/entities", content=json.dumps(body), headers=headers)).status_code == 201
    assert sum(len(source) for _, source in broker.contexts._flat) < 10_000
    endless = {f"t{n}": "http://example.org/" + "x" * 10_000 for n in range(300)}
    body = {"id": "urn:x:endless", "type": "T", "@context": endless}
    assert (await city.post("/entities", content=json.dumps(body), headers=headers)).status_code == 400
    named = await city.post("/entities", json={"id": "urn:x:named", "type": "T", "n" * 5_000: 1})
    assert (named.status_code, (await city.get("/entities", params={"type": "t" * 5_000})).status_code) == (400, 400)


@pytest.mark.parametrize("keyword", ["@type", "@id", "@value"])
async def test_an_attribute_whose_name_stands_for_a_keyword_is_refused(city: httpx.AsyncClient, keyword: str) -> None:
    body = {"id": "urn:x:1", "type": "T", "power": 1, "@context": {"power": keyword}}
    headers = {"Content-Type": "application/ld+json"}
    assert (await city.post("/entities", content=json.dumps(body), headers=headers)).status_code == 400
