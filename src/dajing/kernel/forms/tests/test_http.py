"""Forms over the API: listed for whom they are, sent once with their files, every fault told by field."""

from __future__ import annotations

import base64
import itertools
import json
from datetime import UTC, datetime, timedelta

import pytest

from dajing.kernel.casework.models import CaseEvent
from dajing.kernel.forms.http import ROUTER
from dajing.kernel.forms.models import Attachment, Draft, Submission
from dajing.kernel.identity.actor import Actor
from dajing.kernel.identity.loading import load
from dajing.kernel.identity.models import ApiClient
from dajing.kernel.identity.tokens import issue

pytestmark = [pytest.mark.store_both, pytest.mark.django_db(transaction=True)]
ROOT = "/api/v1/forms"
KEYS = itertools.count()
ANSWERS = {
    "title": "用户数与年报不一致",
    "department": "zjk-spj",
    "sort": "missing",
    "words": "三月的数字没有报送，请补报。",
}
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
CALLERS = {"nobody": None, "fill": ("zjk-swj", "plan.fill"), "answering": ("zjk-spj", "plan.fill"),
           "stranger": ("zjk-gdj", "plan.lock")}  # fmt: skip


@pytest.fixture
def call(client):
    load()
    now = datetime.now(UTC)
    admin = Actor(id="person:0", name="admin", roles=frozenset({"admin.system"}))
    tokens = {}
    for login, held in CALLERS.items():
        if held is not None:
            machine = ApiClient.objects.create(id=f"c-{login}", name=login, department_id=held[0])
            tokens[login] = issue(
                client=machine, scopes=frozenset({held[1]}), expires_at=now + timedelta(days=1), by=admin, at=now
            )

    def ask(method, address, body=None, who="fill", key=None):
        headers = {"Idempotency-Key": key or str(next(KEYS))}
        if who in tokens:
            headers["Authorization"] = f"Bearer {tokens[who]}"
        more = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return getattr(client, method)(f"{ROOT}{address}", headers=headers, **more)

    return ask


def file(content=PDF, field="evidence", name="a.pdf"):
    return {"field": field, "name": name, "content": base64.b64encode(content).decode()}


def test_who_may_do_what_at_every_address(call):
    known = {(method, path) for path, view in ROUTER.path_operations.items()
             for operation in view.operations for method in operation.methods}  # fmt: skip
    sent = call("post", "/data_problem/submissions", {"answers": ANSWERS}).json()["submission"]
    expected = {  # address: what nobody, who may fill, the department that answers, and a stranger get
        ("GET", ""): (401, 200, 200, 200), ("GET", "/{form}"): (401, 200, 200, 404),
        ("POST", "/{form}/submissions"): (401, 200, 200, 404),
        ("GET", "/submissions/{submission}"): (401, 200, 200, 404),
    }  # fmt: skip
    assert known == set(expected)
    for (method, path), codes in expected.items():
        address = path.format(form="data_problem", submission=sent)
        for who, code in zip(CALLERS, codes, strict=True):
            body = {"answers": ANSWERS} if method == "POST" else None
            assert call(method.lower(), address, body, who=who).status_code == code, (method, path, who)
    assert call("get", "", who="stranger").json() == []


def test_a_form_with_a_file_is_sent_once_and_opens_its_case(call):
    body = {"answers": ANSWERS, "files": [file()]}
    first = call("post", "/data_problem/submissions", body, key="same")
    assert first.status_code == 200, first.content
    assert call("post", "/data_problem/submissions", body, key="same").json() == first.json()
    assert (CaseEvent.objects.count(), Submission.objects.count(), Draft.objects.count()) == (1, 1, 0)
    assert Attachment.objects.get().owner == f"case:{first.json()['case']}"
    read = call("get", f"/submissions/{first.json()['submission']}", who="answering").json()
    assert read["answers"]["words"] == ANSWERS["words"]
    assert call("get", "/submissions/999999999999999999999", who="answering").status_code == 404


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"answers": ANSWERS | {"words": "短"}}, "words"),
        ({"answers": ANSWERS | {"department": "nowhere"}}, "department"),
        ({"answers": ANSWERS | {"strange": "x"}}, ""),
        ({"answers": {}}, "title"),
        ({"files": [file(content=b"MZ\x90", name="a.pdf")]}, "a.pdf"),
        ({"files": [file(field="title")]}, ""),
        ({"files": [file() | {"content": "no base64!"}]}, "base64"),
        ({"files": [file(content=PDF + bytes([n])) for n in range(21)]}, ""),
        ({"answers": ANSWERS | {"words": "\0" * 20}}, "NUL"),
    ],
)
def test_what_the_form_does_not_take_is_refused_whole(call, change, said):
    answer = call("post", "/data_problem/submissions", {"answers": ANSWERS} | change)
    assert answer.status_code in (404, 422), answer.content
    assert said in answer.content.decode()
    assert not any(table.objects.exists() for table in (Submission, Draft, Attachment, CaseEvent))
