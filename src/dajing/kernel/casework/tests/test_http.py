"""Cases and the work queue over the API: each address, asked by everybody about every sort of case."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta

import pytest

from dajing.kernel.casework import store
from dajing.kernel.casework.http import ROUTER
from dajing.kernel.casework.models import CaseEvent
from dajing.kernel.casework.tests.problems import CALLERS, KEYS, MAY, READERS, STATES, VERBS, made
from dajing.kernel.identity.actor import Actor
from dajing.kernel.identity.loading import load
from dajing.kernel.identity.models import ApiClient
from dajing.kernel.identity.tokens import issue

pytestmark = [pytest.mark.store_both, pytest.mark.django_db(transaction=True)]
ROOT = "/api/v1/casework"


@pytest.fixture
def call(client):
    load()
    now = datetime.now(UTC)
    admin = Actor(id="person:0", name="admin", roles=frozenset({"admin.system"}))
    tokens = {"forged": "dj_forged"}
    for login, held in CALLERS.items():
        if held is not None:
            machine = ApiClient.objects.create(id=f"c-{login}", name=login, department_id=held[0])
            tokens[login] = issue(
                client=machine, scopes=frozenset(held[1]), expires_at=now + timedelta(days=1), by=admin, at=now
            )

    def ask(method, address, body=None, who="holder", key=None):
        headers = {"Idempotency-Key": key or str(next(KEYS))}
        if who in tokens:
            headers["Authorization"] = f"Bearer {tokens[who]}"
        more = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return getattr(client, method)(f"{ROOT}{address}", headers=headers, **more)

    return ask


def body_of(verb, case, main=""):
    return {"verb": verb, "seq": case.seq, "words": "说明", "to": {"department": "zjk-spj"}, "proposal": "zjk-gdj",
            "reason": "x", "document": "文1", "main": main}  # fmt: skip


def test_every_address_is_in_the_matrix():
    known = {(method, path) for path, view in ROUTER.path_operations.items()
             for operation in view.operations for method in operation.methods}  # fmt: skip
    assert known == {("GET", "/kinds"), ("GET", "/work"), ("POST", "/cases"), ("GET", "/cases/{case}"),
                     ("POST", "/cases/{case}/acts")}  # fmt: skip


def test_without_a_good_token_nothing_answers(call):
    case = made()
    for who in ("nobody", "forged"):
        for method, address in (("get", "/kinds"), ("get", "/work"), ("get", f"/cases/{case.id}")):
            assert call(method, address, who=who).status_code == 401
        assert call("post", "/cases", {"x": 1}, who=who).status_code == 401
        assert call("post", f"/cases/{case.id}/acts", body_of("note", case), who=who).status_code == 401
    assert CaseEvent.objects.count() == 1


@pytest.mark.parametrize("state", STATES)
def test_everybody_reads_and_does_exactly_what_the_table_says(call, state):
    """All verbs × all callers on one case in ``state``; what is allowed is tried on a case of its own."""
    shared, other = made(state), made()
    for who, verb in itertools.product((one for one, held in CALLERS.items() if held), VERBS):
        readable = who in READERS
        assert call("get", f"/cases/{shared.id}", who=who).status_code == (200 if readable else 404), (who, state)
        allowed = who in MAY[state].get(verb, set())
        case = made(state) if allowed else shared
        lines = CaseEvent.objects.count()
        answer = call("post", f"/cases/{case.id}/acts", body_of(verb, case, main=other.id), who=who)
        expected = 404 if not readable else 200 if allowed else 422
        assert answer.status_code == expected, (who, state, verb, answer.content.decode())
        assert CaseEvent.objects.count() == lines + allowed, (who, state, verb)
        assert answer["Content-Type"].startswith("application/json" if allowed else "application/problem+json")
    assert store.differing() == []


def test_the_queue_over_the_api_is_paged_and_only_ones_own(call):
    cases = [made().id for _ in range(5)]
    seen, query = [], "?limit=2"
    while True:
        answer = call("get", f"/work{query}").json()
        seen += [line["case"] for line in answer["lines"]]
        if answer["next"] is None:
            break
        after = answer["next"]
        query = f"?limit=2&after_due={after['after_due'].replace('+', '%2B')}&after_case={after['after_case']}"
    assert sorted(seen) == sorted(cases)
    assert call("get", "/work", who="stranger").json()["lines"] == []
    assert call("get", "/work?whose=supervised", who="stranger").json()["lines"] == []
    supervised = call("get", "/work?whose=supervised", who="officer").json()["lines"]
    assert sorted(line["case"] for line in supervised) == sorted(cases)
    assert call("get", "/work?whose=supervised&department=zjk-gdj", who="officer").json()["lines"] == []


def test_a_case_is_opened_once_for_a_key_and_read_as_of_an_earlier_moment(call):
    body = {"kind": "data_problem", "title": "数据存疑", "to": {"department": "zjk-spj"}, "area": "130700",
            "place": {"longitude": 114.88, "latitude": 40.81, "address": "市府西大街"}}  # fmt: skip
    first = call("post", "/cases", body, who="opener", key="same")
    assert first.status_code == 200, first.content
    assert call("post", "/cases", body, who="opener", key="same").json() == first.json()
    case = first.json()["id"]
    answer = {"verb": "answer", "seq": 1, "words": "已核"}
    done = call("post", f"/cases/{case}/acts", answer, key="act")
    assert call("post", f"/cases/{case}/acts", answer, key="act").json() == done.json()
    assert call("post", f"/cases/{case}/acts", answer, key="another").status_code == 409
    assert CaseEvent.objects.count() == 2
    past = call("get", f"/cases/{case}?as_of={first.json()['opened_at'].replace('+', '%2B')}").json()
    assert (past["state"], past["place"]["address"]) == ("given", "市府西大街")
    assert "possible" not in past


@pytest.mark.parametrize(
    "change",
    [{"kind": "nothing"}, {"title": ""}, {"title": "x" * 201}, {"area": "999999"}, {"to": {"department": "nowhere"}},
     {"to": {"department": "zjk-spj", "person": "person:999"}}, {"place": {"latitude": 91}}, {"title": "a\0b"},
     {"title": "\ud800"}, {"fields": {"x": "\0"}}, {"fields": {"x": {"deep": 1}}}, {"to": None}],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused_and_leaves_nothing(call, change):
    body = {"kind": "data_problem", "title": "数据存疑", "to": {"department": "zjk-spj"}, "area": "130700"} | change
    assert call("post", "/cases", body, who="opener").status_code in (404, 422)
    assert not CaseEvent.objects.exists()


def test_addresses_that_are_no_cases_are_unknown(call):
    for case in ("nothing", "%00", "a" * 300, "'; --"):
        assert call("get", f"/cases/{case}").status_code == 404
        assert call("post", f"/cases/{case}/acts", {"verb": "note", "seq": 1, "words": "x"}).status_code == 404
    assert call("get", "/work?kind=%00").status_code == 422
