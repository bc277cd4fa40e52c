"""Every address of identity, asked by everybody: generated, so that a new address without a line here fails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from dajing.kernel.clocks import years
from dajing.kernel.clocks.api import use
from dajing.kernel.identity import urls
from dajing.kernel.identity.actor import system
from dajing.kernel.identity.models import (
    ApiClient,
    ApiToken,
    Appointment,
    CodeKey,
    Department,
    FactorReset,
    Person,
    Post,
    PostRole,
)
from dajing.kernel.ledger.models import Entry

pytestmark = pytest.mark.django_db

ROLES = {"officer": "plan.officer", "system": "admin.system", "security": "admin.security", "audit": "admin.audit"}
EVERYBODY = {"anonymous", *ROLES}
SIGNED_IN = set(ROLES)
# name: who may read it (GET), who may act on it (POST)
MAY: dict[str, tuple[set[str], set[str]]] = {
    "sign-in": (EVERYBODY, EVERYBODY),
    "sign-in-link": (EVERYBODY, EVERYBODY),
    "sign-in-code": (EVERYBODY, EVERYBODY),
    "sign-in-passkey-begin": (set(), EVERYBODY),
    "sign-in-passkey": (set(), EVERYBODY),
    "sign-in-provider": (EVERYBODY, set()),  # 404 while no provider is set
    "sign-in-provider-back": (EVERYBODY, set()),
    "confirm": (SIGNED_IN, SIGNED_IN),
    "account-passkeys-begin": (set(), SIGNED_IN),
    "account-passkeys": (set(), SIGNED_IN),
    "account-passkey-remove": (set(), SIGNED_IN),
    "account-codes-begin": (set(), SIGNED_IN),
    "account-codes": (SIGNED_IN, SIGNED_IN),
    "account-codes-remove": (set(), SIGNED_IN),
    "account-recovery": (SIGNED_IN, SIGNED_IN),
    "sign-out": (set(), EVERYBODY),
    "account": (SIGNED_IN, set()),
    "choose-post": (set(), SIGNED_IN),
    "set-password": (SIGNED_IN, SIGNED_IN),
    "admin-people": ({"system"}, {"system"}),
    "admin-person-link": (set(), {"system"}),
    "admin-person-close": (set(), {"system"}),
    "admin-posts": ({"system", "security"}, set()),
    "admin-role-propose": (set(), {"system"}),
    "admin-role-withdraw": (set(), {"system"}),
    "admin-approvals": ({"security"}, {"security"}),
    "admin-appointments": ({"system", "security"}, {"system", "security"}),
    "admin-appointment-end": (set(), {"system"}),  # of an ordinary post; administrators' posts are tested apart
    "admin-resets": ({"system", "security", "audit"}, {"system", "security", "audit"}),
    "admin-reset-decide": (set(), {"system", "security", "audit"}),
    "admin-tokens": ({"system", "security"}, set()),
    "admin-client": (set(), {"system"}),
    "admin-token-issue": (set(), {"system"}),
    "admin-token-revoke": (set(), {"system", "security"}),
    "admin-calendar": ({"system"}, {"system"}),
    "admin-ledger": ({"audit"}, set()),
    "admin-ledger-check": (set(), {"audit"}),
    "setup": (set(), set()),  # closed here: answers 410 to everybody
    "setup-link": (set(), set()),
    "setup-step": (set(), set()),
}
DAYS_OFF = "2026-01-01/2026-01-03\n2026-05-01/2026-05-05\n2026-10-01/2026-10-07"
NAMES = [pattern.name for pattern in urls.urlpatterns]
CASES = [(name, method, who) for name in NAMES for method in ("GET", "POST") for who in sorted(EVERYBODY)]


@pytest.fixture(autouse=True)
def calendar_folders(tmp_path, monkeypatch):
    monkeypatch.setattr(years, "folders", lambda: (tmp_path / "pack", tmp_path / "own"))
    yield
    use(years=())


@pytest.fixture
def office():
    return Department.objects.create(
        pk="office", name_zh="测试局", name_en="Office", kind="city", area="130700", valid_from="2015-01-01"
    )


@pytest.fixture
def holders(office):
    """One person in one post for every role."""
    at = datetime.now(UTC) - timedelta(days=1)
    found = {}
    for name, role in ROLES.items():
        post = Post.objects.create(pk=f"post-{name}", department=office, title_zh=name, title_en=name)
        PostRole.objects.create(post=post, role=role, proposed_by="x", proposed_at=at, approved_by="y", approved_at=at)
        found[name] = Person.objects.create_user(name, "Great-Wall-1429", name=name)
        Appointment.objects.create(person=found[name], post=post, valid_from=at)
    return found


@pytest.fixture
def things(holders, office):
    """One of everything that an address can name, and complete forms for every act."""
    at = datetime.now(UTC)
    other = Person.objects.create_user("other", None, name="旁人")
    free = Post.objects.create(pk="free", department=office, title_zh="空岗", title_en="Free")
    held = Appointment.objects.create(person=other, post=free, valid_from=at - timedelta(hours=1))
    grant = PostRole.objects.create(post=free, role="plan.fill", proposed_by="person:0", proposed_at=at)
    machine = ApiClient.objects.create(pk="machine", name="机器", department=office)
    token = ApiToken.objects.create(
        client=machine, digest="0" * 64, prefix="dj_0", scopes=["plan.fill"], created_by="x", created_at=at,
        expires_at=at + timedelta(days=1),
    )  # fmt: skip
    for person in (other, holders["officer"]):
        CodeKey.objects.create(person=person, secret="x", made_at=at, confirmed_at=at)
    reset = FactorReset.objects.create(person=other, proposed_by="person:0", proposed_at=at)
    tomorrow = (at + timedelta(days=1)).date().isoformat()
    standing = PostRole.objects.create(
        post=free, role="plan.officer", proposed_by="x", proposed_at=at, approved_by="y", approved_at=at
    )
    args = {
        "sign-in-link": ["nothing"], "setup-link": ["nothing"], "setup-step": ["pack"],
        "admin-person-link": [other.pk], "admin-person-close": [other.pk],
        "admin-appointment-end": [held.pk], "admin-token-revoke": [token.pk],
        "account-passkey-remove": [1], "admin-reset-decide": [reset.pk],
    }  # fmt: skip
    forms = {
        "admin-people": {"login": "new", "name": "新人"},
        "admin-role-propose": {"post": "free", "role": "plan.sign"},
        "admin-resets": {"person": "officer"},
        "admin-reset-decide": {"decision": "approve"},
        "admin-role-withdraw": {"grant": standing.pk},
        "admin-approvals": {"grant": grant.pk, "decision": "approve"},
        "admin-calendar": {"year": "2026", "notice": "国办发明电〔2025〕7号", "off": DAYS_OFF},
        "admin-client": {"id": "two", "name": "二", "department": "office", "per_minute": "60"},
        "admin-token-issue": {"client": "machine", "scopes": ["plan.fill"], "expires": tomorrow},
    }
    return args, forms


def appointment_form(who):
    """Each administrator fills the posts that are theirs to fill."""
    return {"person": "other", "post": "post-audit" if who == "security" else "free"}


def test_every_address_has_its_line():
    assert set(NAMES) == set(MAY)


@pytest.mark.parametrize(("name", "method", "who"), CASES)
def test_an_address_does_for_each_role_what_it_may_and_nothing_else(holders, things, name, method, who):
    args, forms = things
    client = Client()
    if who != "anonymous":
        client.force_login(holders[who])
    form = appointment_form(who) if name == "admin-appointments" else forms.get(name, {})
    before = Entry.objects.count()
    answer = (
        client.generic("GET", reverse(name, args=args.get(name)))
        if method == "GET"
        else client.post(reverse(name, args=args.get(name)), form)
    )
    allowed = who in MAY[name][method == "POST"]
    acted = Entry.objects.count() > before
    if name.startswith("setup"):
        assert answer.status_code in (405, 410)
    elif allowed and name.startswith("admin"):
        assert answer.status_code in (200, 302), answer.content.decode()
        assert "/sign-in" not in answer.headers.get("Location", "")
        assert acted == (method == "POST" and name != "admin-ledger-check")
    elif allowed:
        assert answer.status_code in (200, 302, 403, 404, 422)  # 403: wrong password or spent link; 404: of another
        assert "/sign-in?" not in answer.headers.get("Location", "")
    elif name.startswith(("admin", "account", "confirm")) or name in ("choose-post", "set-password"):
        to_sign_in = answer.status_code == 302 and answer["Location"].startswith("/sign-in?")
        assert to_sign_in if who == "anonymous" else answer.status_code in (403, 405)
        assert not acted
    else:
        assert answer.status_code == 405


def test_the_system_administrator_neither_fills_nor_empties_an_administrators_post(holders, things):
    client = Client()
    client.force_login(holders["system"])
    held = Appointment.objects.get(person=holders["audit"])
    assert client.post(reverse("admin-appointments"), {"person": "other", "post": "post-security"}).status_code == 403
    assert client.post(reverse("admin-appointment-end", args=[held.pk])).status_code == 403
    assert Appointment.objects.get(pk=held.pk).valid_to is None
    assert not Appointment.objects.filter(person__login="other", post="post-security").exists()


@pytest.mark.parametrize("whose", ["security", "audit", "system"])
def test_no_page_gives_a_link_into_an_administrators_account_or_closes_it(holders, things, whose):
    client = Client()
    client.force_login(holders["system"])
    for act in ("admin-person-link", "admin-person-close"):
        answer = client.post(reverse(act, args=[holders[whose].pk]))
        assert answer.status_code == 422
        assert "/sign-in/" not in answer.content.decode()
    assert Person.objects.get(pk=holders[whose].pk).is_active


def test_a_year_is_loaded_on_its_page_and_a_wrong_one_says_why_and_keeps_what_was_typed(holders, things):
    _, forms = things
    client = Client()
    client.force_login(holders["system"])
    wrong = forms["admin-calendar"] | {"off": "2026-02-30"}
    for typed in (wrong, wrong | {"off": ""}, wrong | {"year": "²"}, forms["admin-calendar"] | {"notice": "\0"}):
        answer = client.post("/admin/calendar", typed)
        assert answer.status_code == 422, typed
    assert "2026-02-30" in client.post("/admin/calendar", wrong).content.decode()
    assert not Entry.objects.filter(act="clocks.year.loaded").exists()
    assert client.post("/admin/calendar", forms["admin-calendar"]).status_code == 302
    page = client.get("/admin/calendar").content.decode()
    assert "2026-01-01/2026-01-03 2026-05-01/2026-05-05 2026-10-01/2026-10-07" in page
    entry = Entry.objects.get(act="clocks.year.loaded")
    assert entry.subject == "calendar:2026" and entry.by == f"person:{holders['system'].pk}"


def test_a_token_secret_is_shown_once_and_works_until_revoked(holders, things):
    _, forms = things
    client = Client()
    client.force_login(holders["system"])
    page = client.post(reverse("admin-token-issue"), forms["admin-token-issue"]).content.decode()
    secret = page.partition('<pre class="secret"><code>')[2].partition("<")[0]
    assert secret.startswith("dj_")
    assert secret not in client.get(reverse("admin-tokens")).content.decode()
    from dajing.kernel.identity.api import TokenInvalid, token_actor

    assert token_actor(token=secret, at=datetime.now(UTC)).roles == {"plan.fill"}
    client.post(reverse("admin-token-revoke", args=[ApiToken.objects.latest("pk").pk]))
    with pytest.raises(TokenInvalid):
        token_actor(token=secret, at=datetime.now(UTC))


def test_a_token_can_carry_no_administrators_role(holders, things):
    _, forms = things
    client = Client()
    client.force_login(holders["system"])
    answer = client.post(reverse("admin-token-issue"), forms["admin-token-issue"] | {"scopes": ["admin.system"]})
    assert answer.status_code == 422
    assert ApiToken.objects.count() == 1


def test_a_new_person_comes_in_by_the_link_and_sets_a_password_once(holders, things):
    system_admin, newcomer = Client(), Client()
    system_admin.force_login(holders["system"])
    page = system_admin.post(reverse("admin-people"), {"login": "New.Person", "name": "新人"}).content.decode()
    link = page.partition('<pre class="secret"><code>')[2].partition("<")[0].removeprefix("http://testserver")
    assert newcomer.post(link)["Location"] == "/account/password"
    weak = newcomer.post("/account/password", {"password": "1234567890", "again": "1234567890"})
    assert weak.status_code == 422
    strong = {"password": "Qingshui-77-River", "again": "Qingshui-77-River"}
    assert newcomer.post("/account/password", strong)["Location"] == "/account"
    assert newcomer.get("/account").status_code == 200  # the session goes on
    assert newcomer.post("/account/password", strong).status_code == 422  # now the old one is asked for
    assert Client().post(link).status_code == 403
    sign_in = {"login": "new.person", "password": strong["password"]}
    assert Client().post("/sign-in", sign_in).status_code == 302


def test_a_closed_account_is_out_at_once(holders, things):
    officer, system_admin = Client(), Client()
    officer.force_login(holders["officer"])
    system_admin.force_login(holders["system"])
    assert officer.get("/account").status_code == 200
    system_admin.post(reverse("admin-person-close", args=[holders["officer"].pk]))
    assert officer.get("/account").status_code == 302
    assert Client().post("/sign-in", {"login": "officer", "password": "Great-Wall-1429"}).status_code == 403
    assert Appointment.objects.get(person=holders["officer"]).valid_to is not None


def test_the_ledger_pages_by_key_and_filters_without_losing_or_repeating_an_entry(holders, things):
    from django.db import transaction

    from dajing.kernel.ledger.api import Act, record_many

    acts = [Act(act="test.thing.done" if n % 2 else "test.other.done", subject=f"thing:{n}") for n in range(230)]
    with transaction.atomic():
        record_many(acts=acts, by=system("test"), at=datetime.now(UTC))
    client = Client()
    client.force_login(holders["audit"])
    address, seen = "?act=test.thing&by=system:test", []
    while address:
        page = client.get(reverse("admin-ledger") + address)
        seen += [line.subject for line, _, _ in page.context["rows"]]
        address = page.context["next_url"]
    assert seen == [f"thing:{n}" for n in range(229, -1, -2)]


def test_the_audit_administrator_sees_tampering_that_a_check_found(holders, things):
    from django.db import transaction

    from dajing.kernel.ledger.api import record, seal
    from dajing.kernel.ledger.jobs import check

    now = datetime.now(UTC)
    client = Client()
    client.force_login(holders["audit"])
    with transaction.atomic():
        record(act="test.done", by=system("test"), at=now, subject="a", detail={"n": 1})
    seal(at=now)
    check.func()
    assert "完好" in client.get("/admin/ledger").content.decode()
    Entry.objects.filter(act="test.done").update(body=b'{"n":2}')
    check.func()
    page = client.get("/admin/ledger").content.decode()
    assert "已被改动" in page
    assert "条目 0 的内容被改动" in page
