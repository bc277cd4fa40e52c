"""Passkeys against the test vectors of WebAuthn Level 3, section 16 (W3C), and what must be refused of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import Client
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AuthenticatorData

from dajing.kernel.identity.actor import Actor
from dajing.kernel.identity.factors import ceremony, passkeys
from dajing.kernel.identity.factors.ceremony import Place, place_of
from dajing.kernel.identity.models import Passkey, Person, RecoveryCode
from dajing.kernel.identity.refusals import PasskeyRefused
from dajing.kernel.ledger.models import Entry

AT = datetime(2018, 6, 30, 8, tzinfo=UTC)
HERE = Place(host="example.org", origin="https://example.org")  # that of all vectors
VECTORS = json.loads(Path(__file__).with_name("webauthn_vectors.json").read_text())
NAMES = [vector["name"] for vector in VECTORS]
BY = Actor(id="person:1", name="赵")


def b64(text):
    return websafe_encode(bytes.fromhex(text))


def state(ceremony_of, need="required"):
    return {"challenge": b64(ceremony_of["challenge"]), "user_verification": need}


def made(vector):
    given = vector["registration"]
    response = {name: b64(given[name]) for name in ("clientDataJSON", "attestationObject")}
    id = b64(given["credential_id"])
    return {"id": id, "rawId": id, "type": "public-key", "response": response}


def signed(vector):
    given = vector["authentication"]
    response = {name: b64(given[name]) for name in ("clientDataJSON", "authenticatorData", "signature")}
    id = b64(vector["registration"]["credential_id"])
    return {"id": id, "rawId": id, "type": "public-key", "response": response}


def registered(vector):
    """What would be kept of the vector's credential, whether or not its user was verified."""
    return AttestationObject(bytes.fromhex(vector["registration"]["attestationObject"])).auth_data


def verified(data):
    return bool(data.flags & AuthenticatorData.FLAG.USER_VERIFIED)


def framed(ceremony_of):
    return json.loads(bytes.fromhex(ceremony_of["clientDataJSON"])).get("crossOrigin", False)


@pytest.mark.parametrize("vector", VECTORS, ids=NAMES)
def test_a_registration_of_the_vectors_is_accepted_if_its_user_was_verified_on_our_own_page(vector):
    data = registered(vector)
    given = {"place": HERE, "state": state(vector["registration"]), "answer": made(vector)}
    if verified(data) and not framed(vector["registration"]):
        found = ceremony.finish_adding(**given)
        assert (found.id, found.data) == (b64(vector["registration"]["credential_id"]), bytes(data.credential_data))
    else:
        with pytest.raises(PasskeyRefused):
            ceremony.finish_adding(**given)


@pytest.mark.parametrize("vector", VECTORS, ids=NAMES)
def test_every_signature_of_the_vectors_verifies_and_is_accepted_if_its_user_was_verified(vector):
    data = registered(vector)
    given = {"place": HERE, "data": bytes(data.credential_data), "handle": "x", "answer": signed(vector)}
    asked = vector["authentication"]
    if framed(asked):
        with pytest.raises(PasskeyRefused):
            ceremony.finish_signing_in(state=state(asked), **given)
        return
    assert ceremony.finish_signing_in(state=state(asked, need="preferred"), **given)
    if verified(AuthenticatorData(bytes.fromhex(asked["authenticatorData"]))):
        assert ceremony.finish_signing_in(state=state(asked), **given)
    else:
        with pytest.raises(PasskeyRefused):
            ceremony.finish_signing_in(state=state(asked), **given)


def test_the_vectors_are_of_both_sorts():
    accepted = [v["name"] for v in VECTORS if verified(registered(v)) and not framed(v["registration"])]
    assert 0 < len(accepted) < len(VECTORS) == 15


SOUND = next(v for v in VECTORS if v["name"] == "packed-rs256")


@pytest.mark.parametrize("field", ["clientDataJSON", "authenticatorData", "signature"])
def test_a_changed_byte_anywhere_is_refused(field):
    data = bytes(registered(SOUND).credential_data)
    original = bytearray(bytes.fromhex(SOUND["authentication"][field]))
    for place in range(0, len(original), 7):
        changed = bytearray(original)
        changed[place] ^= 1
        answer = signed(SOUND)
        answer["response"][field] = websafe_encode(bytes(changed))
        with pytest.raises(PasskeyRefused):
            ceremony.finish_signing_in(
                place=HERE, state=state(SOUND["authentication"], "preferred"), data=data, handle="x", answer=answer
            )


@pytest.mark.parametrize(
    "elsewhere",
    [
        Place(host="example.org", origin="https://evil.example.org"),
        Place(host="example.org", origin="http://example.org"),
        Place(host="example.org", origin="https://example.org:8443"),
        Place(host="example.com", origin="https://example.org"),
    ],
)
def test_an_answer_for_another_place_or_another_challenge_is_refused(elsewhere):
    vector = next(v for v in VECTORS if v["name"] == "packed-es256")
    assert ceremony.finish_adding(place=HERE, state=state(vector["registration"]), answer=made(vector))
    with pytest.raises(PasskeyRefused):
        ceremony.finish_adding(place=elsewhere, state=state(vector["registration"]), answer=made(vector))
    with pytest.raises(PasskeyRefused):
        ceremony.finish_adding(place=HERE, state=state(vector["authentication"]), answer=made(vector))


@pytest.mark.parametrize("answer", [{}, {"rawId": 5}, {"rawId": "AAAA", "response": []}, {"rawId": "é"}, {"a": {}}])
def test_nonsense_is_refused_and_never_an_error(answer):
    data = bytes(registered(SOUND).credential_data)
    for act in (
        lambda: ceremony.finish_adding(place=HERE, state=state(SOUND["registration"]), answer=answer),
        lambda: ceremony.finish_signing_in(
            place=HERE, state=state(SOUND["authentication"]), data=data, handle="x", answer=answer
        ),
    ):
        with pytest.raises(PasskeyRefused):
            act()


@pytest.mark.parametrize(
    ("public", "asked", "found"),
    [
        ("https://centre.city.gov.cn", "http://testserver", ("centre.city.gov.cn", "https://centre.city.gov.cn")),
        ("https://centre.city.gov.cn:8443/", "", ("centre.city.gov.cn", "https://centre.city.gov.cn:8443")),
        ("", "http://localhost:8600", ("localhost", "http://localhost:8600")),
        ("", "http://127.0.0.1:8600", None),
        ("", "http://[::1]:8600", None),
        ("https://10.2.3.4", "", None),
        ("http://centre.city.gov.cn", "", None),  # browsers allow it on secure pages alone
        ("", "https://whatever.the.host.header.says", None),
    ],
)
def test_passkeys_belong_to_the_public_address_or_to_localhost(public, asked, found):
    place = place_of(public_url=public, asked=asked)
    assert (place and (place.host, place.origin)) == found


@pytest.fixture
def held(db):
    """A person with the sound vector's passkey."""
    who = Person.objects.create_user("zhao", "Great-Wall-1429", name="赵一鸣")
    data = registered(SOUND).credential_data
    row = Passkey.objects.create(
        person=who, credential=b64(SOUND["registration"]["credential_id"]), handle="aGFuZGxl", key=bytes(data),
        counter=0, backed_up=False, name="电脑", added_at=AT,
    )  # fmt: skip
    return who, row


def sign_in(at=AT):
    # The vector's user was not verified; what is tried here is what we keep, not that flag.
    given = {"place": HERE, "state": state(SOUND["authentication"], "preferred"), "answer": signed(SOUND), "at": at}
    return passkeys.person_of(**given)


def test_a_passkey_says_whose_it_is_without_a_login_typed(held):
    who, row = held
    assert sign_in() == who
    assert Passkey.objects.get(pk=row.pk).used_at == AT


def test_a_removed_passkey_one_of_a_closed_account_and_an_unknown_one_sign_nobody_in(held):
    who, row = held
    Person.objects.filter(pk=who.pk).update(is_active=False)
    with pytest.raises(PasskeyRefused):
        sign_in()
    Person.objects.filter(pk=who.pk).update(is_active=True)
    RecoveryCode.objects.create(person=who, digest="0" * 64)
    passkeys.remove(passkey=row, by=BY, at=AT)
    with pytest.raises(PasskeyRefused):
        sign_in()
    assert not RecoveryCode.objects.exists()  # nothing left that they could stand in for
    assert Entry.objects.get().act == "identity.passkey.removed"
    Passkey.objects.all().delete()
    with pytest.raises(PasskeyRefused):
        sign_in()


def test_a_counter_that_does_not_go_up_shows_a_copy_and_is_refused(held):
    _, row = held
    Passkey.objects.filter(pk=row.pk).update(counter=7)  # the vector's answer counts 0
    with pytest.raises(PasskeyRefused):
        sign_in()


def test_the_same_credential_is_not_kept_twice_and_both_of_a_persons_passkeys_have_one_handle(held):
    who, _ = held
    vector = next(v for v in VECTORS if v["name"] == "packed-es256")
    options, kept = passkeys.begin(person=who, place=HERE)
    assert options["publicKey"]["user"]["id"] == "aGFuZGxl" == kept["handle"]
    assert options["publicKey"]["excludeCredentials"][0]["id"] == b64(SOUND["registration"]["credential_id"])
    given = {"person": who, "place": HERE, "answer": made(vector), "name": "二", "by": BY, "at": AT}
    kept |= {"challenge": b64(vector["registration"]["challenge"])}
    passkeys.add(state=kept, **given)
    with pytest.raises(PasskeyRefused):
        passkeys.add(state=kept, **given)
    assert Passkey.objects.filter(person=who).count() == 2


@pytest.mark.django_db
def test_a_ceremony_is_answered_once_and_only_for_its_own_purpose():
    client = Client(headers={"host": "localhost"})
    assert client.post("/sign-in/passkey/begin").json()["publicKey"]["rpId"] == "localhost"
    answer = json.dumps({"answer": signed(SOUND)})
    for _ in range(2):
        refused = client.post("/sign-in/passkey", answer, content_type="application/json")
        assert refused.status_code == 403
        assert "通行密钥" in refused.json()["message"]
    assert "passkey" not in client.session
    for body in ("", "[]", "{", '{"answer": 3}', "[" * 60_000, '{"answer": {"rawId": "' + "A" * 70_000 + '"}}'):
        assert client.post("/sign-in/passkey", body, content_type="application/json").status_code == 403


@pytest.mark.django_db
def test_at_an_address_that_is_no_place_for_passkeys_the_page_says_so(held):
    client = Client()  # testserver, without a public address
    assert "https" in client.post("/sign-in/passkey/begin").json()["message"]
    client.force_login(held[0])
    assert "http://localhost" in client.get("/account").content.decode()
