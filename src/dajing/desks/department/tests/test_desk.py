from __future__ import annotations

import pytest

from dajing.kernel.identity.loading import load
from dajing.kernel.identity.models import Person

pytestmark = pytest.mark.django_db


def test_a_data_officer_finds_what_the_office_owes_and_the_way_to_report_it(client):
    load()
    client.force_login(Person.objects.get(login="zjk-spj-data"))
    html = client.get("/department/", headers={"accept-language": "zh"}).content.decode()
    assert "政务服务月报" in html
    assert 'href="/plan/zjk-135/reports/"' in html


def test_nobody_else_gets_in(client):
    assert client.get("/department/").status_code == 302
