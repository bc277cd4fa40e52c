"""One-time codes (RFC 6238, appendix B), recovery codes, and that no way in leads past them."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from dajing.kernel.identity import signing_in
from dajing.kernel.identity.actor import Actor, system
from dajing.kernel.identity.factors import codes, recovery, resets
from dajing.kernel.identity.models import CodeKey, FailedSignIn, Passkey, Person, RecoveryCode
from dajing.kernel.identity.refusals import (
    CodeWrong,
    NotYours,
    SignInPaused,
    UnableToApproveReset,
    UnableToReset,
)
from dajing.kernel.ledger.models import Entry

pytestmark = pytest.mark.django_db

AT = datetime(2018, 6, 30, 8, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PASSWORD = "Great-Wall-1429"
BY = Actor(id="person:1", name="赵")
SYSTEM = Actor(id="person:901", name="系统", roles=frozenset({"admin.system"}))
SECURITY = Actor(id="person:902", name="安全", roles=frozenset({"admin.security"}))
AUDIT = Actor(id="person:903", name="审计", roles=frozenset({"admin.audit"}))


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_the_standard(seconds, code):
    assert codes.code_at(key=b"12345678901234567890", seconds=seconds, digits=8) == code
    assert codes.code_at(key=b"12345678901234567890", seconds=seconds) == code[-6:]


@pytest.fixture
def who():
    """A person with codes in use, and the key of the app."""
    person = Person.objects.create_user("zhao", PASSWORD, name="赵一鸣")
    key = base64.b32decode(codes.new_key(person=person, at=AT))
    before = AT - timedelta(minutes=5)
    codes.confirm(person=person, code=code(key, before), by=BY, at=before)
    return person, key


def code(key, at):
    return codes.code_at(key=key, seconds=int(at.timestamp()))


def give(person, text, at=AT):
    return signing_in.by_code(person=person, code=text, address="127.0.0.1", at=at)


@pytest.mark.store_both
def test_a_code_is_right_within_a_step_of_its_time_and_never_again(who):
    person, key = who
    for drift, right in ((-61, False), (-30, True), (0, True), (30, True), (61, False)):
        CodeKey.objects.update(last_step=0)
        FailedSignIn.objects.all().delete()
        text = code(key, AT + drift * SECOND)
        if right:
            assert give(person, text) == "code"
        with pytest.raises(CodeWrong):
            give(person, text)


def test_an_earlier_code_than_the_last_is_refused(who):
    person, key = who
    give(person, code(key, AT))
    with pytest.raises(CodeWrong):
        give(person, code(key, AT - 30 * SECOND))


def test_a_code_may_be_typed_with_spaces_and_full_width_digits(who):
    person, key = who
    text = code(key, AT)
    wide = "".join(chr(ord(c) - ord("0") + ord("０")) for c in text)
    assert give(person, f" {wide[:3]} {wide[3:]} ") == "code"


def test_the_key_is_kept_sealed(who):
    person, key = who
    kept = CodeKey.objects.get().secret
    assert base64.b32encode(key).decode() not in kept
    assert key not in base64.urlsafe_b64decode(kept)


def test_five_wrong_codes_close_the_door_and_a_right_password_does_not_open_it(who):
    person, key = who
    for _ in range(5):
        with pytest.raises(CodeWrong):
            give(person, "000000")
    signing_in.by_password(login="zhao", password=PASSWORD, address="127.0.0.1", at=AT)
    with pytest.raises(SignInPaused):
        give(person, code(key, AT))
    later = AT + timedelta(minutes=16)
    assert give(person, code(key, later), at=later) == "code"


def test_wrong_passwords_of_somebody_else_do_not_use_up_the_codes_tries(who):
    person, key = who
    for _ in range(5):
        with pytest.raises(signing_in.UnableToSignIn):
            signing_in.by_password(login="zhao", password="x", address="10.0.0.9", at=AT)
    assert give(person, code(key, AT)) == "code"


@pytest.mark.store_both
def test_a_recovery_code_stands_in_once_and_new_ones_replace_the_old(who):
    person, _ = who
    old = recovery.renew(person=person, by=BY, at=AT)
    assert len(set(old)) == 10
    assert not any(one.replace("-", "") in str(list(RecoveryCode.objects.values())) for one in old)
    assert give(person, old[0].upper()) == "recovery"
    with pytest.raises(CodeWrong):
        give(person, old[0])
    new = recovery.renew(person=person, by=BY, at=AT)
    with pytest.raises(CodeWrong):
        give(person, old[1])
    other = Person.objects.create_user("qian", PASSWORD, name="钱")
    with pytest.raises(CodeWrong):
        give(other, new[0])
    assert give(person, new[0]) == "recovery"


def now_code(key):
    return code(key, datetime.now(UTC))


def sign_in(client, **more):
    return client.post("/sign-in", {"login": "zhao", "password": PASSWORD} | more)


@pytest.mark.store_both
def test_a_password_alone_opens_nothing_for_whoever_has_a_second_factor(who):
    person, key = who
    client = Client()
    answer = sign_in(client, next="/account?x=1")
    assert answer["Location"] == "/sign-in/code"
    assert client.get("/account").status_code == 302
    assert client.post("/sign-in/code", {"code": "000000"}).status_code == 403
    assert client.get("/account").status_code == 302
    assert client.post("/sign-in/code", {"code": now_code(key)})["Location"] == "/account?x=1"
    assert client.get("/account").status_code == 200
    begun = Entry.objects.filter(act="identity.session.begun").get()
    assert (begun.by, begun.subject) == (f"person:{person.pk}", f"person:{person.pk}")
    assert b'"by":["password","code"]' in bytes(begun.body).replace(b" ", b"")


def test_a_one_time_link_still_asks_for_the_second_factor(who):
    person, key = who
    client = Client()
    secret = signing_in.link_secret(person=person, at=datetime.now(UTC))
    assert client.post(f"/sign-in/{secret}")["Location"] == "/sign-in/code"
    assert client.get("/account").status_code == 302
    assert client.post("/sign-in/code", {"code": now_code(key)})["Location"] == "/"
    assert client.get("/account").status_code == 200


def test_a_passkey_makes_a_password_alone_too_little():
    person = Person.objects.create_user("zhao", PASSWORD, name="赵一鸣")
    Passkey.objects.create(
        person=person, credential="AAAA", handle="x", key=b"x", counter=0, backed_up=False, name="一", added_at=AT
    )
    [first, *_] = recovery.renew(person=person, by=BY, at=AT)
    client = Client()
    assert sign_in(client)["Location"] == "/sign-in/code"
    assert "data-passkey" not in client.get("/sign-in/code").content.decode()  # it could not work at this address
    assert "data-passkey" in client.get("/sign-in/code", headers={"host": "localhost"}).content.decode()
    assert client.post("/sign-in/code", {"code": first})["Location"] == "/"


def test_the_second_step_waits_ten_minutes_in_the_same_browser_and_ends_with_the_password(who):
    person, key = who
    client = Client()
    assert client.get("/sign-in/code")["Location"] == "/sign-in"
    sign_in(client)
    assert Client().post("/sign-in/code", {"code": now_code(key)})["Location"] == "/sign-in"
    session = client.session
    session["entering"] |= {"at": session["entering"]["at"] - 601}
    session.save()
    assert client.post("/sign-in/code", {"code": now_code(key)})["Location"] == "/sign-in"
    sign_in(client)
    person.set_password("Another-Wall-77")
    person.save()
    assert client.post("/sign-in/code", {"code": now_code(key)})["Location"] == "/sign-in"


def test_the_session_key_changes_at_both_steps(who):
    _, key = who
    client = Client()
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["sessionid"] = planted = session.session_key
    sign_in(client)
    between = client.session.session_key
    client.post("/sign-in/code", {"code": now_code(key)})
    assert len({planted, between, client.session.session_key}) == 3


def test_an_officer_sets_codes_up_by_the_picture_and_gets_recovery_codes_once():
    Person.objects.create_user("zhao", PASSWORD, name="赵一鸣")
    client = Client()
    sign_in(client)
    assert client.post("/account/codes/begin")["Location"] == "/account/codes"
    page = client.get("/account/codes").content.decode()
    assert "data:image/svg+xml" in page
    key = base64.b32decode(page.partition('<code class="wrap">')[2].partition("<")[0].replace(" ", ""))
    assert client.post("/account/codes", {"code": "123"}).status_code == 422
    assert client.post("/account/codes", {"code": now_code(key)})["Location"] == "/account/recovery"
    assert client.get("/account/codes")["Location"] == "/account"  # the key is not shown again
    shown = client.post("/account/recovery").content.decode()
    assert shown.count("<li><code>") == 10
    assert "<li><code>" not in client.get("/account/recovery").content.decode()
    assert sign_in(Client())["Location"] == "/sign-in/code"
    client.post("/account/codes/remove")
    assert sign_in(Client())["Location"] == "/"
    acts = list(Entry.objects.order_by("pk").values_list("act", flat=True))
    set_up = ["identity.session.begun", "identity.codes.set", "identity.recovery.made", "identity.codes.removed"]
    assert [act for act in acts if act in set_up[1:]] == set_up[1:]


@pytest.mark.parametrize(
    "path",
    ["/account/codes/begin", "/account/codes/remove", "/account/recovery", "/account/passkeys/begin",
     "/account/passkeys", "/account/passkeys/1/remove"],
)  # fmt: skip
def test_how_one_signs_in_is_changed_only_after_a_recent_proof(path, who):
    person, _ = who
    client = Client()
    client.force_login(person)  # a session whose proof is long ago
    answer = client.post(path)
    assert answer["Location"] == "/account/confirm?next=%2Faccount"
    as_script = client.post(path, headers={"accept": "application/json"})
    assert (as_script.status_code, as_script.json()["go"]) == (403, "/account/confirm?next=%2Faccount")
    assert client.post("/account/confirm", {"password": "wrong", "next": "/account"}).status_code == 403
    assert client.post(path)["Location"].startswith("/account/confirm")
    proved = client.post("/account/confirm", {"password": PASSWORD, "next": "//evil.example"})
    assert proved["Location"] == "/"
    assert "/account/confirm" not in client.post(path).headers.get("Location", "")


def test_whoever_has_no_password_sets_one_only_after_a_recent_proof():
    """As after the city's provider: a browser left open gives nobody a password."""
    person = Person.objects.create_user("zhao", None, name="赵一鸣")
    client = Client()
    client.force_login(person)
    new = {"password": "Qingshui-77-River", "again": "Qingshui-77-River"}
    assert client.post("/account/password", new)["Location"].startswith("/account/confirm")
    person.refresh_from_db()
    assert not person.has_usable_password()


@pytest.mark.store_both
def test_a_lost_factor_is_taken_away_by_two_administrators_and_the_person_starts_anew(who):
    person, key = who
    recovery.renew(person=person, by=BY, at=AT)
    client = Client()
    client.force_login(person)
    reset = resets.propose(person=person, by=SYSTEM, at=AT)
    with pytest.raises(UnableToReset):
        resets.propose(person=person, by=SECURITY, at=AT)
    with pytest.raises(UnableToApproveReset):
        resets.decide(reset=reset, approve=True, by=SYSTEM, at=AT)
    second = Actor(id="person:904", name="系统二", roles=SYSTEM.roles)
    with pytest.raises(UnableToApproveReset):  # two system administrators are one of the three
        resets.decide(reset=reset, approve=True, by=second, at=AT)
    resets.decide(reset=reset, approve=True, by=AUDIT, at=AT)
    with pytest.raises(UnableToApproveReset):
        resets.decide(reset=reset, approve=True, by=SECURITY, at=AT)
    assert client.get("/account").status_code == 302  # their sessions ended
    assert sign_in(client)["Location"] == "/"
    assert not RecoveryCode.objects.filter(used_at=None).exists()
    entry = Entry.objects.get(act="identity.reset.approved")
    assert (entry.by, entry.subject) == (AUDIT.id, f"person:{person.pk}")


def test_nobody_resets_themselves_nor_without_being_an_administrator_and_a_declined_one_changes_nothing(who):
    person, _ = who
    plain = Actor(id="person:5", name="王", roles=frozenset({"plan.officer"}))
    with pytest.raises(NotYours):
        resets.propose(person=person, by=plain, at=AT)
    reset = resets.propose(person=person, by=SYSTEM, at=AT)
    with pytest.raises(NotYours):
        resets.decide(reset=reset, approve=True, by=plain, at=AT)
    concerned = Actor(id=f"person:{person.pk}", name="", roles=frozenset({"admin.security"}))
    with pytest.raises(UnableToApproveReset):
        resets.decide(reset=reset, approve=True, by=concerned, at=AT)
    resets.decide(reset=reset, approve=False, by=SECURITY, at=AT)
    assert CodeKey.objects.filter(person=person).exists()
    resets.propose(person=person, by=SECURITY, at=AT)  # it may be proposed again


def test_at_the_machine_a_reset_needs_nobody_else_and_is_in_the_ledger(who):
    person, _ = who
    with pytest.raises(NotYours):
        resets.reset_at_the_machine(person=person, by=SYSTEM, at=AT)
    waiting = resets.propose(person=person, by=SYSTEM, at=AT)
    resets.reset_at_the_machine(person=person, by=system("console"), at=AT)
    assert sign_in(Client())["Location"] == "/"
    with pytest.raises(UnableToApproveReset):
        resets.decide(reset=waiting, approve=True, by=SECURITY, at=AT)
    with pytest.raises(UnableToReset):
        resets.reset_at_the_machine(person=person, by=system("console"), at=AT)
    assert Entry.objects.get(act="identity.reset.at_the_machine").by == "system:console"


@pytest.mark.parametrize(
    "shape", [{}, {"login": "zhao"}, {"login": "zhao\0", "password": "x\0"}, {"login": "x" * 9000}]
)
@pytest.mark.store_both
def test_whatever_is_typed_at_the_door_is_answered_in_the_same_words(shape, who):
    answer = Client().post("/sign-in", shape)
    assert answer.status_code == 403
    assert "登录名或密码不正确" in answer.content.decode()


def test_known_and_unknown_logins_cannot_be_told_apart_by_the_answer_nor_by_the_pause():
    Person.objects.create_user("zhao", PASSWORD, name="赵一鸣")
    closed = Person.objects.create_user("sun", PASSWORD, name="孙")
    Person.objects.filter(pk=closed.pk).update(is_active=False)
    Person.objects.create_user("li", None, name="李")
    told = []
    for login in ("zhao", "sun", "li", "nobody"):
        pages = [Client().post("/sign-in", {"login": login, "password": "wrong"}) for _ in range(6)]
        told.append([(p.status_code, p.content.decode().count("15 分钟")) for p in pages])
        FailedSignIn.objects.update(address="10.0.0.1")  # the pause of the address is another matter
    assert told[0] == told[1] == told[2] == told[3]
    assert told[0][5] != told[0][0]


def test_a_cookie_is_for_the_server_alone_and_over_https_for_https_alone(tmp_path):
    Person.objects.create_user("zhao", PASSWORD, name="赵一鸣")
    client = Client()
    sign_in(client)
    cookie = client.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 12 * 3600)
    code = (
        "from dajing.kernel.web.start import start\nstart()\nfrom django.conf import settings as s\n"
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.CSRF_TRUSTED_ORIGINS, s.ALLOWED_HOSTS[0])"
    )
    environment = os.environ | {"DAJING_DATA": str(tmp_path), "DAJING_PUBLIC_URL": "https://centre.city.example:8443"}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True True ['https://centre.city.example:8443'] centre.city.example"
