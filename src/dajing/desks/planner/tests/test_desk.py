"""The planner's desk: predicted beside reported, for planners only."""

from __future__ import annotations

import pytest

from dajing.kernel.identity.loading import load
from dajing.kernel.identity.models import Person

pytestmark = pytest.mark.django_db


def test_the_desk_sets_reported_and_computed_side_by_side(client):
    load()
    client.force_login(Person.objects.get(login="zjk-txb-network"))
    html = client.get("/planner/", headers={"accept-language": "zh"}).content.decode()
    assert "上报数与测算数并列" in html
    for title in ("4G网络人口覆盖率", "重点园区无线WiFi覆盖率"):
        assert title in html
    assert html.count("未知") >= 10  # neither reports nor a run: ten unknown figures, and not one zero
    assert "dajing network coverage --compute" in html


def test_a_data_officer_of_another_office_does_not_get_in(client):
    load()
    assert client.get("/planner/").status_code == 302
    client.force_login(Person.objects.get(login="zjk-spj-data"))
    assert client.get("/planner/").status_code == 403
