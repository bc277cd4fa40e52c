"""The start page places what domains registered and nothing that the visitor may not see."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import HttpRequest
from django.test import Client

from dajing.desks.officer.pages import BEFORE, VISITED
from dajing.kernel.identity.models import Person
from dajing.kernel.text import Text
from dajing.kernel.ui import panels as registry
from dajing.kernel.ui.moment import AsOf

pytestmark = pytest.mark.django_db


def test_a_visitor_sees_how_the_plan_stands() -> None:
    html = Client(headers={"accept-language": "zh"}).get("/").content.decode()
    assert "张家口市" in html
    assert 'href="/plan/zjk-135/"' in html


def test_a_panel_for_signed_in_people_stays_hidden_from_the_public(monkeypatch) -> None:
    monkeypatch.setattr(registry, "_panels", dict(registry._panels))

    @registry.panel(id="secret", title=Text(zh="内部", en="Internal"), template="404.html", audience="signed-in")
    def fill(request: HttpRequest, as_of: AsOf) -> dict[str, str]:
        return {"refusal": "only for staff"}

    assert "only for staff" not in Client().get("/").content.decode()
    signed_in = Client()
    signed_in.force_login(Person.objects.create_user(login="li", name="李"))
    assert "only for staff" in signed_in.get("/").content.decode()


def test_two_slices_cannot_claim_one_panel(monkeypatch) -> None:
    monkeypatch.setattr(registry, "_panels", dict(registry._panels))
    with pytest.raises(registry.AlreadyRegistered):
        registry.panel(id="plan.board", title=Text(zh="一", en="One"), template="404.html")(lambda _r, _a: {})


def test_looking_twice_in_a_row_does_not_make_everything_old() -> None:
    from datetime import UTC, datetime

    visitor = Client()
    visitor.force_login(Person.objects.create_user(login="wang", name="王"))
    visitor.get("/")
    session = visitor.session
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    session[VISITED] = yesterday
    session.save()
    visitor.get("/")
    visitor.get("/")
    assert visitor.session[BEFORE] == yesterday
