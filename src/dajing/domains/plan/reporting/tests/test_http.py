from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from dajing.domains.plan.models.reporting import Report, ReportAct, Upload
from dajing.domains.plan.reporting import uploading
from dajing.domains.plan.reporting.tests.conftest import figures
from dajing.domains.plan.reporting.tests.test_uploading import csv_of
from dajing.kernel.bus.models import Event
from dajing.kernel.identity.actor import Actor
from dajing.kernel.identity.loading import load
from dajing.kernel.identity.models import ApiClient
from dajing.kernel.identity.roles import known_roles
from dajing.kernel.identity.tokens import issue
from dajing.kernel.ledger.models import Entry

pytestmark = pytest.mark.django_db

ROOT = "/api/v1/plan"
PLACE = f"{ROOT}/reports/government/130700/2018-06"
KEYS = iter(range(10_000))


@pytest.fixture
def call(client):
    load()
    now = datetime.now(UTC)
    admin = Actor(id="person:0", name="admin", roles=frozenset({"admin.system"}))

    def make(number, department, *scopes):
        machine = ApiClient.objects.create(id=f"c{number}", name=f"c{number}", department_id=department)
        return issue(client=machine, scopes=frozenset(scopes), expires_at=now + timedelta(days=1), by=admin, at=now)

    elsewhere = next(role for role in sorted(known_roles()) if not role.startswith(("plan.", "admin.")))
    tokens = {
        "fill": make(1, "zjk-spj", "plan.fill"), "review": make(2, "zjk-spj", "plan.review"),
        "sign": make(3, "zjk-spj", "plan.sign"), "lock": make(4, "zjk-gxj", "plan.lock"),
        "other": make(5, "zjk-swj", "plan.fill"), "none": make(6, "zjk-spj", elsewhere),
    }  # fmt: skip

    def ask(method, address, body=None, who="fill", key=None, **given):
        headers = {"Authorization": f"Bearer {tokens[who]}", "Idempotency-Key": key or str(next(KEYS))}
        if body is not None:
            given |= {"data": json.dumps(body), "content_type": "application/json"}
        return getattr(client, method)(address, headers=headers, **given)

    return ask


def values(plan, number=100.0):
    return [{"field": v.field, "area": v.area, "number": v.number} for v in figures(plan, number=number)]


def test_a_report_goes_from_figures_to_lock_over_the_api(call, plan):
    answer = call("put", PLACE, {"version": 0, "values": values(plan)})
    assert answer.status_code == 200, answer.content
    for verb, who in (("submit", "fill"), ("review", "review"), ("sign", "sign"), ("lock", "lock")):
        version = answer.json()["version"]
        answer = call("post", f"{PLACE}/acts", {"verb": verb, "version": version}, who=who)
        assert answer.status_code == 200, answer.content
    shown = call("get", PLACE).json()
    assert (shown["state"], shown["kind"], len(shown["values"])) == ("locked", "synthetic", 4 * 19)
    assert [a["verb"] for a in shown["acts"]] == ["fill", "submit", "review", "sign", "lock"]


def test_an_open_report_is_seen_by_its_own_office_and_no_other(call, plan):
    call("put", PLACE, {"version": 0, "values": values(plan)})
    assert call("get", PLACE, who="other").status_code == 404
    assert call("get", f"{ROOT}/reports", who="other").json() == []
    assert len(call("get", f"{ROOT}/reports", who="review").json()) == 1
    assert call("get", PLACE, who="lock").json()["state"] == "draft"


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused_and_never_kept_as_an_empty_cell(call, plan, number):
    answer = call("put", PLACE, {"version": 0, "values": values(plan, number)})
    assert answer.status_code == 422
    assert not ReportAct.objects.exists()


def test_a_year_of_no_calendar_is_refused_in_words(call, plan):
    for year in ("0000", "0001", "9999"):
        assert (
            call("put", f"{ROOT}/reports/government/130700/{year}-01", {"version": 0, "values": []}).status_code == 422
        )


def test_the_same_key_twice_is_one_act_and_another_clients_same_key_is_not(call, plan):
    first = call("put", PLACE, {"version": 0, "values": values(plan)}, key="k").json()
    again = call("put", PLACE, {"version": 0, "values": values(plan, 8.0)}, key="k").json()
    assert first["version"] == again["version"] == ReportAct.objects.count() == 1
    assert call("post", f"{PLACE}/acts", {"verb": "submit", "version": 1}, key="k").status_code == 409
    assert call("post", f"{PLACE}/acts", {"verb": "submit", "version": 1}, key="m").json()["state"] == "submitted"


@pytest.mark.parametrize(("who", "status"), [("other", 403), ("none", 403)])
def test_others_change_nothing(call, plan, who, status):
    answer = call("put", PLACE, {"version": 0, "values": values(plan)}, who=who)
    assert answer.status_code == status
    assert not Report.objects.exists()


def test_without_a_token_there_is_no_answer(client):
    assert client.get(f"{ROOT}/reports").status_code == 401
    assert client.get(f"{ROOT}/reports", headers={"Authorization": "Bearer dj_wrong"}).status_code == 401


def test_every_fault_is_answered_in_both_languages_and_nothing_is_kept(call, plan):
    bad = [*values(plan)[2:], {"field": "items_total", "area": "999999", "number": -1}]
    answer = call("put", PLACE, {"version": 0, "values": bad})
    problem = answer.json()
    assert answer.status_code == 422
    assert {f["message"]["en"][:4] for f in problem["faults"]}
    assert len(problem["faults"]) == 2
    assert "999999" in problem["detail_zh"]
    assert not ReportAct.objects.exists()


def send(call, body, **given):
    data = {"file": SimpleUploadedFile("六月.csv", body), "form": "government"} | given
    return call("post", f"{ROOT}/uploads", data=data)


def test_a_file_over_http_leaves_the_same_events_as_the_service_underneath(call, plan, people):
    body = csv_of(plan)
    answer = send(call, body)
    assert (answer.status_code, answer.json()["outcome"]) == (200, "accepted"), answer.content

    def left():
        return (
            list(Entry.objects.exclude(act__startswith="identity.").values_list("act", "subject")),
            list(Event.objects.values_list("topic", flat=True)),
            list(ReportAct.objects.values_list("verb", "text", "version")),
            list(Upload.objects.values_list("filename", "sha256", "size", "outcome")),
        )

    over_http = left()
    for model in (ReportAct, Upload):
        model.objects.all().delete()
    Report.objects.get().values_set.all().delete()
    Report.objects.all().delete()
    Entry.objects.exclude(act__startswith="identity.").delete()
    uploading.accept(
        plan=plan, form="government", scope=plan.area, name="六月.csv", body=body, by=people.filler,
        at=datetime.now(UTC),
    )  # fmt: skip
    again = left()
    assert [act for act, _ in over_http[0]] == [act for act, _ in again[0]]
    assert over_http[1:] == again[1:]


def test_a_checked_file_changes_nothing_and_a_refused_one_is_kept_as_refused(call, plan):
    broken = csv_of(plan, change=lambda text: text.replace("900", "-5", 1))
    checked = send(call, broken, check_only="true").json()
    assert (checked["outcome"], checked["period"]) == ("checked", "2018-06")
    assert checked["faults"]
    assert not Upload.objects.exists()
    refused = send(call, broken)
    assert refused.status_code == 422
    assert refused.json()["file"] == "六月.csv"
    assert Upload.objects.get().outcome == "refused"


def test_lists_of_what_is_owed_are_answered_as_of_a_time(call):
    answer = call("get", f"{ROOT}/reports/lists/overdue?at=2018-07-16T00:00:00Z").json()
    june = next(row for row in answer if (row["form"], row["period"]) == ("government", "2018-06"))
    assert (june["state"], june["due"], june["owner_post"]) == ("none", "2018-07-10", "zjk-spj-data")
    assert call("get", f"{ROOT}/reports/lists/nonsense").status_code == 404
