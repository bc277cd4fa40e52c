"""Past states for visitors: bounded, clamped, refused in words; the same readings for machines."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client

from dajing.domains.plan import past
from dajing.domains.plan.loading import plan
from dajing.domains.plan.models import Snapshot
from dajing.domains.plan.readings.api import refresh
from dajing.domains.plan.tests.reports import covered
from dajing.kernel.identity.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor() -> Client:
    covered("2018-06", 76)
    refresh(plan=plan(), as_of=None, at=datetime.now(UTC))
    past._computed.clear()
    return Client(headers={"accept-language": "zh"})


def test_visitors_have_a_bounded_number_of_past_states_computed(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "MOST", 1)
    assert visitor.get("/plan/zjk-135/?as_of=2018-08-01").status_code == 200
    assert visitor.get("/plan/zjk-135/?as_of=2018-08-01").status_code == 200
    refused = visitor.get("/plan/zjk-135/?as_of=2018-08-02")
    assert refused.status_code == 429
    assert "稍后再看" in refused.content.decode()
    visitor.force_login(Person.objects.create_user(login="zhao", name="赵"))
    assert visitor.get("/plan/zjk-135/?as_of=2018-08-02").status_code == 200


def test_days_before_the_plan_share_one_empty_state(visitor: Client) -> None:
    for day in ("1999-01-01", "2014-12-31"):
        assert "还没有读数" in visitor.get(f"/plan/zjk-135/?as_of={day}").content.decode()
    assert Snapshot.objects.exclude(as_of=None).count() == 1


def test_no_file_is_written_for_a_moment_that_cannot_be_read() -> None:
    for format in ("xlsx", "docx", "pdf"):
        answer = Client().get(f"/plan/zjk-135/report.{format}?as_of=banana")
        assert answer.status_code == 422
        assert "banana" in answer.content.decode()
        assert "Content-Disposition" not in answer


def test_machines_read_the_same_status_and_series(visitor: Client) -> None:
    found = visitor.get("/api/v1/plan/status").json()
    assert {r["indicator"] for r in found["readings"]} == {i.id for i in plan().indicators}
    assert all(r["status"] and r["reading"]["evidence"] for r in found["readings"])
    series = visitor.get("/api/v1/plan/readings/population_4g?area=130702").json()["readings"]
    assert [r["reading"]["value"] for r in series if r["reading"]["period"] == "2018-06"] == [pytest.approx(76)]
    assert visitor.get("/api/v1/plan/status?as_of=banana").status_code == 422
    assert visitor.get("/api/v1/plan/status?plan=nothing").status_code in {404, 422}
