from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dajing.kernel.identity import api, loading, signing_in
from dajing.kernel.identity.actor import system
from dajing.kernel.identity.models import Person

pytestmark = pytest.mark.django_db

PASSWORD = "Great-Wall-1429"


@pytest.fixture
def officer():
    return Person.objects.create_user("zhao", PASSWORD, name="赵一鸣")


def test_signing_in_leads_to_the_page_asked_for_and_never_to_another_site(client, officer):
    for wanted, reached in (
        ("/account", "/account"),
        ("https://example.com/", "/"),
        ("//example.com", "/"),
        ("javascript:alert(1)", "/"),
        ("/\\example.com", "/"),
        ("", "/"),
    ):
        answer = client.post("/sign-in", {"login": "zhao", "password": PASSWORD, "next": wanted})
        assert answer.status_code == 302
        assert answer["Location"] == reached
        client.post("/sign-out")


def test_a_wrong_password_gives_an_error_summary_and_keeps_the_login(client, officer):
    answer = client.post("/sign-in", {"login": "zhao", "password": "wrong"})
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "error-summary" in page
    assert 'value="zhao"' in page
    assert "wrong" not in page


def test_the_session_changes_its_key_on_signing_in(client, officer):
    client.get("/sign-in")
    session = client.session
    session["kept"] = True
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before
    client.post("/sign-in", {"login": "zhao", "password": PASSWORD})
    assert client.session.session_key != before


def test_opening_a_one_time_link_spends_nothing_until_the_button_is_pressed(client, officer):
    secret = signing_in.link_secret(person=officer, at=datetime.now(UTC))
    for _ in range(2):
        assert client.get(f"/sign-in/{secret}").status_code == 200
    assert client.post(f"/sign-in/{secret}").status_code == 302
    assert client.get("/account").status_code == 200
    assert client.post(f"/sign-in/{secret}").status_code == 403


def test_a_page_for_the_signed_in_sends_others_to_sign_in_and_back(client):
    answer = client.get("/account")
    assert answer["Location"] == "/sign-in?next=%2Faccount"


def test_only_a_post_that_one_holds_can_be_chosen(client, officer):
    loading.load_offices(by=system("test"), at=datetime.now(UTC))
    client.force_login(officer)
    client.post("/account/post", {"post": "zjk-gxj-plan"})
    assert "post" not in client.session


def test_the_demo_link_signs_in_the_plan_officer(client):
    now = datetime.now(UTC)
    loading.load_offices(by=system("test"), at=now)
    loading.demo_people(at=now)
    link = api.sign_in_link(address="http://testserver", at=now)
    client.post(link.removeprefix("http://testserver"))
    assert "规划主管" in client.get("/account").content.decode()
