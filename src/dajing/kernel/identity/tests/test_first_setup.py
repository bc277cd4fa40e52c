from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from dajing.kernel.identity import api, loading
from dajing.kernel.identity.actor import system
from dajing.kernel.identity.first import gate, service
from dajing.kernel.identity.models import Appointment, FirstSetup, Person
from dajing.kernel.identity.refusals import SetupClosed, SetupLinkInvalid
from dajing.kernel.ledger.models import Entry
from dajing.kernel.settings import settings

pytestmark = [pytest.mark.store_both, pytest.mark.django_db(transaction=True)]

PASSWORDS = {"system": "Great-Wall-1429", "security": "Dajing-Gate-8801", "audit": "Qingshui-River-77"}
NAMES = {"system": "赵一鸣", "security": "钱二宝", "audit": "孙三元"}


@pytest.fixture
def empty_city(monkeypatch):
    """A real installation's store: offices and posts of the pack, nobody in them."""
    monkeypatch.setenv("DAJING_DEMO", "none")
    settings.cache_clear()
    gate.forget()
    loading.load_offices(by=system("test"), at=datetime.now(UTC))
    yield
    monkeypatch.undo()
    settings.cache_clear()
    gate.forget()


def link():
    found = api.sign_in_link(address="http://testserver", at=datetime.now(UTC))
    assert found.startswith("http://testserver/setup/link/")
    return found.removeprefix("http://testserver")


@pytest.fixture
def seat(empty_city):
    client = Client(HTTP_ACCEPT_LANGUAGE="zh-hans")
    assert client.post(link()).status_code == 302
    return client


def form(step, **changed):
    password = PASSWORDS[step]
    return {"login": f"{step}-1", "name": NAMES[step], "password": password, "again": password} | changed


def go_on(client, upto):
    for step in service.STEPS[: service.STEPS.index(upto)]:
        answer = client.post(f"/setup/{step}", form(step) if step in service.ADMINISTRATORS else {})
        assert answer.status_code == 302, answer.content.decode()


def test_while_an_empty_city_is_not_set_up_every_page_leads_there_and_the_api_says_so(empty_city):
    client = Client()
    for path in ("/", "/plan/", "/sign-in", "/account", "/no-such-page"):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, "/setup")
    assert client.get("/api/v1/openapi.json").status_code == 503
    assert "./dajing up" in client.get("/setup").content.decode()


def test_the_set_up_is_shut_without_the_link_and_the_link_opens_one_browser_once(empty_city):
    stranger, address = Client(), link()
    assert stranger.post("/setup/pack").status_code == 403
    assert stranger.get(address).status_code == 200  # looking spends nothing
    first = Client()
    assert first.post(address).status_code == 302
    assert stranger.post(address).status_code == 403
    assert stranger.post("/setup/pack").status_code == 403
    assert first.get("/setup")["Location"] == "/setup/pack"


def test_a_newer_link_voids_the_older_and_its_browser_replaces_the_earlier_one(empty_city):
    older, newer = link(), link()
    first, second = Client(), Client()
    assert first.post(older).status_code == 403
    assert first.post(newer).status_code == 302
    assert second.post(link()).status_code == 302
    assert first.post("/setup/pack").status_code == 403
    assert second.post("/setup/pack").status_code == 302


def test_a_link_lasts_a_day_and_is_kept_as_a_digest_alone(empty_city):
    now = datetime.now(UTC)
    secret = service.setup_secret(at=now)
    assert secret not in str(FirstSetup.objects.values().get())
    with pytest.raises(SetupLinkInvalid):
        service.take_seat(secret=secret, at=now + timedelta(hours=24))
    assert service.take_seat(secret=secret, at=now + timedelta(hours=23))


def test_an_empty_city_is_led_from_its_pack_to_three_administrators_who_hold_the_posts_of_the_pack(seat):
    shown = seat.get("/setup", follow=True).content.decode()
    assert "130700" in shown
    assert "推定的部门，待确认" in shown
    assert "inferred from the targets on fibre" in shown
    go_on(seat, "next")
    assert seat.get("/").status_code == 302
    answer = seat.post("/setup/next")
    assert answer["Location"] == "/sign-in"
    held = dict(Appointment.objects.values_list("post_id", "person__login"))
    assert held == {f"zjk-gxj-{step}": f"{step}-1" for step in service.ADMINISTRATORS}
    for step, password in PASSWORDS.items():
        person = Client()
        assert person.post("/sign-in", {"login": f"{step}-1", "password": password}).status_code == 302
        by = api.actor(person=Person.objects.get(login=f"{step}-1"), at=datetime.now(UTC))
        assert by.roles == {f"admin.{step}"}


def test_every_act_of_the_set_up_is_in_the_ledger_and_no_password_is(seat):
    before = Entry.objects.count()
    go_on(seat, "next")
    seat.post("/setup/next")
    entries = list(Entry.objects.order_by("pk"))[before:]
    acts = [entry.act for entry in entries]
    made = ["identity.person.made", "identity.person.appointed"]
    assert acts == ["identity.setup.pack_confirmed", *made * 3, "identity.setup.closed"]
    assert {entry.by for entry in entries} == {"system:first-setup"}
    kept = b"".join(bytes(entry.body) for entry in entries).decode(errors="replace")
    assert not any(password in kept for password in PASSWORDS.values())
    assert not any(name in kept for name in NAMES.values())  # bodies that name a person are encrypted


@pytest.mark.parametrize("done", service.STEPS)
def test_a_step_that_is_done_is_not_done_again(seat, done):
    go_on(seat, done)
    given = form(done) if done in service.ADMINISTRATORS else {}
    assert seat.post(f"/setup/{done}", given).status_code == 302
    people, entries = Person.objects.count(), Entry.objects.count()
    again = seat.post(f"/setup/{done}", given | {"login": "another", "name": "李四光"})
    assert again.status_code == (410 if done == "next" else 409)
    assert (Person.objects.count(), Entry.objects.count()) == (people, entries)


def test_a_later_step_cannot_be_taken_first(seat):
    assert seat.post("/setup/audit", form("audit")).status_code == 409
    assert seat.post("/setup/next").status_code == 409
    assert seat.post("/setup/nonsense").status_code == 409
    assert Person.objects.count() == 0


@pytest.mark.parametrize("due", service.STEPS)
def test_after_a_restart_the_set_up_goes_on_where_it_was(seat, due):
    go_on(seat, due)
    gate.forget()
    after = Client()
    after.post(link())
    assert after.get("/setup")["Location"] == f"/setup/{due}"


def test_a_crash_within_a_step_leaves_neither_account_nor_appointment(seat, monkeypatch):
    go_on(seat, "system")

    def crash(**_):
        raise SystemExit("the power fails")

    monkeypatch.setattr(service, "appoint", crash)
    with pytest.raises(SystemExit):
        seat.post("/setup/system", form("system"))
    monkeypatch.undo()
    assert (Person.objects.count(), Appointment.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"login": "SYSTEM-1"}, "login", "登录名与“系统管理员”相同"),
        ({"login": "ｓｙｓｔｅｍ-1"}, "login", "登录名与“系统管理员”相同"),
        ({"name": " 赵一鸣 "}, "login", "姓名与“系统管理员”相同"),
        ({"password": "Great-Wall-1429", "again": "Great-Wall-1429"}, "login", "密码与“系统管理员”相同"),
        ({"login": "a b"}, "login", "登录名须为"),
        ({"name": ""}, "login", "姓名须为"),
        ({"password": "short", "again": "short"}, "password", "10"),
        ({"password": "Great-Hill-1", "again": "Great-Hill-2"}, "again", "不一致"),
        ({"password": "9182736455", "again": "9182736455"}, "password", "数字"),
    ],
)
def test_a_second_administrator_who_is_the_first_or_has_a_poor_password_is_refused(seat, changed, field, words):
    go_on(seat, "security")
    answer = seat.post("/setup/security", form("security", **changed))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'href="#{field}"' in page
    assert words in page
    assert "password" not in changed or changed["password"] not in page
    assert Person.objects.count() == 1


def test_once_done_the_set_up_is_closed_for_ever_and_pages_are_open(seat):
    go_on(seat, "next")
    seat.post("/setup/next")
    for _ in range(2):
        assert seat.get("/setup").status_code == 410
        assert seat.post("/setup/pack").status_code == 410
        assert seat.get("/sign-in").status_code == 200
        with pytest.raises(SetupClosed):
            service.setup_secret(at=datetime.now(UTC))
        gate.forget()  # as after a restart
    found = api.sign_in_link(address="http://testserver", at=datetime.now(UTC))
    assert "/sign-in/" in found  # the system administrator's


def test_once_closed_the_gate_asks_the_store_nothing(seat, django_assert_num_queries):
    go_on(seat, "next")
    seat.post("/setup/next")
    gate.is_open()
    with django_assert_num_queries(0):
        assert not gate.is_open()


def test_a_restored_centre_with_people_has_no_set_up(empty_city):
    Person.objects.create_user("zhao", None, name="赵")
    assert not gate.is_open()
    assert Client().get("/setup").status_code == 410


def test_a_demo_has_no_set_up(client):
    gate.forget()
    assert client.get("/setup").status_code == 410
