"""Regular expressions of clients: what they mean, and that none of them holds anybody up."""

from __future__ import annotations

import httpx
import pytest

from dajing.domains.context.ngsi.errors import BadRequestData
from dajing.domains.context.ngsi.pattern import Pattern

ENDLESS = (
    "(a+)+$",
    "(a|aa)+$",
    "(a|a)*b$",
    "a*a*a*a*a*a*a*a*b",
    "(.*a){30}b",
    "(?:a?){40}a{40}b",
    "(a|a)(a|a)(a|a)(a|a)+b",
)
MEANINGS = (
    ("^urn:x:.*1$", "urn:x:lamp:1", True), ("^urn:x:.*1$", "urn:x:lamp:2", False), ("lamp|bin", "urn:x:bin", True),
    ("(lamp|bin):[0-9]{2}$", "urn:x:lamp:07", True), ("(lamp|bin):[0-9]{2}$", "urn:x:lamp:7", False),
    ("[^a-z]$", "urn:x:lamp", False), (r"\.", "a.b", True), (r"\.", "ab", False), ("a{2,}", "baab", True),
    ("张家口.*空气", "张家口市的空气", True), ("(ab)*c", "ababc", True), ("(?i)LAMP", "lamp", True), (".", "\n", False),
    ("", "x", True),
)  # fmt: skip


@pytest.mark.parametrize("text", ENDLESS)
def test_a_pattern_that_would_go_back_for_ever_is_answered_at_once(text: str) -> None:
    found = Pattern(text=text, what="idPattern")
    assert not found.found_in("a" * 50 + "!")
    assert not found.found_in("c" * 5_000_000)


@pytest.mark.parametrize(("text", "value", "matches"), MEANINGS)
def test_both_ways_of_looking_find_the_same(text: str, value: str, matches: bool) -> None:
    found = Pattern(text=text, what="idPattern")
    assert found.found_in(value) is found.slowly(value) is matches


@pytest.mark.parametrize("text", ["(", "(?=a)", r"(a)\1", "a{1001}", "[", "x" * 5_000, 7])
def test_what_is_no_pattern_or_cannot_be_bounded_is_refused(text: object) -> None:
    with pytest.raises(BadRequestData, match="regular expression"):
        Pattern(text=text, what="idPattern")


async def test_queries_and_subscriptions_with_such_patterns_hold_nobody_up(city: httpx.AsyncClient) -> None:
    name = "a" * 40
    await city.post("/entities", json={"id": f"urn:x:{name}!", "type": "T", "name": f"{name}!"})
    for query in ({"idPattern": "(a+)+$"}, {"q": 'name~="(a+)+$"'}):
        assert (await city.get("/entities", params={"type": "T", **query})).json() == []
    body = {
        "type": "Subscription", "entities": [{"type": "T", "idPattern": "(a+)+$"}], "q": 'name~="(a+)+$"',
        "notification": {"endpoint": {"uri": "http://127.0.0.1:9/n"}},
    }  # fmt: skip
    assert (await city.post("/subscriptions", json=body)).status_code == 201
    assert (await city.patch(f"/entities/urn:x:{name}!/attrs", json={"name": "b"})).status_code == 204
