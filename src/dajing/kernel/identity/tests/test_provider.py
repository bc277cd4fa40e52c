"""Sign-in through a real OpenID Connect provider in a thread, honest or meddled with on the way."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import threading
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import oidc_provider_mock
import pytest
from django.test import Client
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from oidc_provider_mock import User
from structlog.testing import capture_logs
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from dajing.kernel.identity.doctor import CHECKS
from dajing.kernel.identity.factors import codes
from dajing.kernel.identity.models import Appointment, CodeKey, Department, Person, Post, PostRole, ProviderIdentity
from dajing.kernel.identity.provider.settings import ProviderMisconfigured, provider
from dajing.kernel.ledger.models import Entry
from dajing.kernel.settings import settings

pytestmark = pytest.mark.django_db

SECRET = "a-secret-of-the-client"
OURS = RSAKey.generate_key(2048, parameters={"kid": "ours"}, private=True)
STRANGERS = RSAKey.generate_key(2048, parameters={"kid": "ours"}, private=True)


class Between:
    """The honest provider, whose answers a test may change on their way."""

    def __init__(self, app):
        self.app, self.token_requests, self.forge, self.metadata = app, [], None, {}

    def __call__(self, environ, start_response):
        request = Request(environ)
        body = request.get_data(cache=False)
        environ["wsgi.input"] = io.BytesIO(body)
        if request.path.endswith("/token"):
            form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            self.token_requests.append((form, request.headers.get("Authorization", "")))
        answer = Response.from_app(self.app, environ)
        if request.path.endswith("openid-configuration"):
            answer.set_data(json.dumps(json.loads(answer.get_data()) | self.metadata))
        elif self.forge and request.path.endswith("/token"):
            given = json.loads(answer.get_data())
            payload = given["id_token"].split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
            answer.set_data(json.dumps(given | {"id_token": self.forge(claims)}))
        elif self.forge and "jwks" in request.path:
            answer.set_data(json.dumps(KeySet([OURS]).as_dict(private=False)))
        return answer(environ, start_response)


@pytest.fixture(scope="module")
def served():
    """The provider with three people, for all tests of this file."""
    users = [
        User(sub="s-zhao", claims={"preferred_username": "Zhao", "email": "zhao@city.example", "email_verified": True}),
        User(sub="s-qian", claims={"preferred_username": "zhao", "email": "qian@city.example"}),
        User(sub="s-nobody", claims={"preferred_username": "nobody", "roles": ["admin.system"]}),
    ]
    between = Between(oidc_provider_mock.app(user_claims=users))
    server = make_server("127.0.0.1", 0, between, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield between, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(5)
    server.server_close()


@pytest.fixture
def city(served, monkeypatch, tmp_path):
    """An installation that trusts the provider."""
    between, issuer = served
    between.forge, between.metadata, between.token_requests = None, {}, []
    kept = tmp_path / "secret"
    kept.write_text(f"{SECRET}\n")
    for name, value in {"ISSUER": issuer, "CLIENT": "dajing", "SECRET_FILE": str(kept)}.items():
        monkeypatch.setenv(f"DAJING_OIDC_{name}", value)
    settings.cache_clear()
    yield between
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def who():
    return Person.objects.create_user("zhao", None, name="赵一鸣")


def leave(client, wanted="/account"):
    answer = client.get("/sign-in/provider", {"next": wanted})
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def come_back(client, address, subject="s-zhao"):
    granted = httpx.post(address, data={"sub": subject}, follow_redirects=False)
    assert granted.status_code == 302, granted.text
    parts = urlsplit(granted.headers["Location"])
    return client.get(f"{parts.path}?{parts.query}")


def through(client=None, subject="s-zhao", wanted="/account"):
    client = client or Client()
    return come_back(client, leave(client, wanted), subject)


def test_a_person_known_here_is_signed_in_and_led_to_the_page_asked_for(city, who):
    client = Client()
    assert "统一身份认证" in client.get("/sign-in").content.decode()
    assert through(client)["Location"] == "/account"
    assert client.get("/account").status_code == 200
    bound = ProviderIdentity.objects.get()
    assert (bound.person, bound.subject) == (who, "s-zhao")
    acts = list(Entry.objects.order_by("pk").values_list("act", flat=True))
    assert acts == ["identity.provider.bound", "identity.session.begun"]
    through()
    assert ProviderIdentity.objects.count() == 1


def test_the_way_out_carries_state_nonce_and_the_digest_of_a_verifier_and_the_way_back_the_verifier(city, who):
    client = Client()
    address = leave(client)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["state"]) >= 20
    assert len(asked["nonce"]) >= 20
    assert asked["redirect_uri"] == "http://testserver/sign-in/provider/back"
    come_back(client, address)
    [(form, header)] = city.token_requests
    digest = hashlib.sha256(form["code_verifier"].encode()).digest()
    assert asked["code_challenge"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert SECRET in base64.b64decode(header.removeprefix("Basic ")).decode()


def test_an_answer_without_the_state_of_this_browser_is_refused(city, who):
    address = leave(Client())
    assert come_back(Client(), address).status_code == 403  # another browser: login forced upon somebody
    client = Client()
    address = leave(client)
    assert come_back(client, address).status_code == 302
    client.post("/sign-out")
    assert come_back(client, address).status_code == 403  # the state was used
    for query in ("", "?code=x", "?state=x", "?code=x&state=x", "?error=access_denied&error_description=evil"):
        refused = client.get(f"/sign-in/provider/back{query}")
        assert refused.status_code == 403
        assert "evil" not in refused.content.decode().partition("<main")[2]


def test_nobody_unknown_here_comes_in_and_neither_account_nor_role_is_made(city, who):
    before = PostRole.objects.count(), Appointment.objects.count()
    assert through(subject="s-nobody").status_code == 403
    assert Person.objects.count() == 1
    assert (PostRole.objects.count(), Appointment.objects.count()) == before
    Person.objects.update(is_active=False)
    assert through().status_code == 403


def test_a_login_that_is_one_persons_at_the_provider_is_not_taken_over_by_another(city, who):
    through()
    assert through(subject="s-qian").status_code == 403  # calls themselves zhao too
    assert ProviderIdentity.objects.get().subject == "s-zhao"
    Person.objects.create_user("nobody", None, name="无名")
    ProviderIdentity.objects.filter(person=who).update(subject="s-nobody")
    client = Client()
    through(client, subject="s-nobody")  # the binding counts, not the name that the provider gives today
    assert client.get("/account").context["user"] == who


def test_an_administrator_does_not_come_through_the_provider(city, who):
    at = datetime.now(UTC) - timedelta(days=1)
    office = Department.objects.create(pk="o", name_zh="局", name_en="O", kind="city", area="130700", valid_from=at)
    post = Post.objects.create(pk="p", department=office, title_zh="安", title_en="S")
    PostRole.objects.create(
        post=post, role="admin.audit", proposed_by="x", proposed_at=at, approved_by="y", approved_at=at
    )
    through()
    Appointment.objects.create(person=who, post=post, valid_from=at)
    assert through().status_code == 403


def test_the_second_step_is_asked_for_after_the_provider_too(city, who):
    key = base64.b32decode(codes.new_key(person=who, at=datetime.now(UTC)))
    CodeKey.objects.update(confirmed_at=datetime.now(UTC))
    client = Client()
    assert through(client)["Location"] == "/sign-in/code"
    assert client.get("/account").status_code == 302
    now = codes.code_at(key=key, seconds=int(time.time()))
    assert client.post("/sign-in/code", {"code": now})["Location"] == "/account"


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"])
def test_the_provider_leads_nobody_to_another_site(city, who, wanted):
    assert through(wanted=wanted)["Location"] == "/"


def signed(claims, *, key=OURS, alg="RS256", **header):
    algorithms = [alg]
    return jwt.encode({"alg": alg, "kid": "ours"} | header, claims, key, algorithms=algorithms)


def unsigned(claims):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none'})}.{part(claims)}."


def by_shared_secret(claims):
    return signed(claims, key=OctKey.import_key(SECRET.ljust(32, "x")), alg="HS256")


def by_public_key_as_secret(claims):
    """The confusion of an asymmetric key with a shared secret."""
    public = OctKey.import_key(OURS.as_pem(private=False))
    return signed(claims, key=public, alg="HS256")


FORGED = {
    "another key": lambda c: signed(c, key=STRANGERS),
    "no signature": unsigned,
    "the client's secret": by_shared_secret,
    "the public key as a secret": by_public_key_as_secret,
    "another issuer": lambda c: signed(c | {"iss": "https://evil.example"}),
    "another audience": lambda c: signed(c | {"aud": "another"}),
    "several audiences, another party": lambda c: signed(c | {"aud": ["dajing", "x"], "azp": "x"}),
    "no audience": lambda c: signed({k: v for k, v in c.items() if k != "aud"}),
    "no subject": lambda c: signed({k: v for k, v in c.items() if k != "sub"}),
    "an empty subject": lambda c: signed(c | {"sub": ""}),
    "expired": lambda c: signed(c | {"exp": int(time.time()) - 90, "iat": int(time.time()) - 900}),
    "no end": lambda c: signed({k: v for k, v in c.items() if k != "exp"}),
    "not yet valid": lambda c: signed(c | {"nbf": int(time.time()) + 90}),
    "another nonce": lambda c: signed(c | {"nonce": "another"}),
    "no nonce": lambda c: signed({k: v for k, v in c.items() if k != "nonce"}),
    "another access token": lambda c: signed(c | {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}),
    "no token": lambda c: "",
    "a login that is no text": lambda c: signed(c | {"preferred_username": ["zhao"]}),
}


@pytest.mark.parametrize("how", FORGED)
def test_an_id_token_is_refused_with(city, who, how):
    city.forge = FORGED[how]
    client = Client()
    assert through(client).status_code == 403
    assert client.get("/account").status_code == 302
    assert not ProviderIdentity.objects.exists()


@pytest.mark.parametrize(
    "fine",
    [
        lambda c: signed(c),
        lambda c: signed(c, alg="PS256"),
        lambda c: signed(c | {"exp": int(time.time()) - 30}),  # the two clocks may differ by a minute
        lambda c: signed(c | {"iat": int(time.time()) + 30}),
    ],
)
def test_a_sound_token_within_the_skew_of_the_clocks_is_accepted(city, who, fine):
    city.forge = fine
    assert through().status_code == 302


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": "http://evil.example/jwks"},
        {"jwks_uri": None},
    ],
)
def test_a_provider_that_says_it_is_another_or_leads_over_open_lines_is_refused(city, who, metadata):
    city.metadata = metadata
    assert Client().get("/sign-in/provider").status_code == 403


def test_a_claim_that_only_the_userinfo_has_is_taken_from_there_for_the_same_subject_alone(city, who):
    city.forge = lambda c: signed({k: v for k, v in c.items() if k != "preferred_username"})
    assert through().status_code == 302
    city.forge = lambda c: signed({k: v for k, v in c.items() if k != "preferred_username"} | {"sub": "s-other"})
    assert through().status_code == 403


def test_an_email_counts_only_if_the_provider_verified_it(city, monkeypatch):
    monkeypatch.setenv("DAJING_OIDC_CLAIM", "email")
    settings.cache_clear()
    for name in ("zhao", "qian"):
        Person.objects.create_user(f"{name}@city.example", None, name=name)
    assert through().status_code == 302
    assert through(subject="s-qian").status_code == 403


def test_neither_secret_nor_code_nor_token_is_logged(city, who, caplog):
    with capture_logs() as said:
        through()
        city.forge = FORGED["another nonce"]
        through()
    assert [line["error"] for line in said if line["event"] == "provider refused"] == ["InvalidClaimError"]
    theirs = [record.getMessage() for record in caplog.records if record.name != "werkzeug"]  # the provider's own
    for kept in (SECRET, city.token_requests[0][0]["code"], city.token_requests[0][0]["code_verifier"], "eyJ"):
        assert kept not in f"{said}{theirs}"
    assert SECRET not in repr(provider())
    assert SECRET not in repr(settings())


def test_a_provider_that_is_down_or_not_set_or_badly_set_is_said(city, monkeypatch):
    for address, error in (("http://127.0.0.1:9", None), ("http://sso.city.example", ProviderMisconfigured)):
        monkeypatch.setenv("DAJING_OIDC_ISSUER", address)
        settings.cache_clear()
        answer = Client().get("/sign-in/provider")
        assert answer.status_code == (422 if error else 403)
        assert "统一身份认证" in answer.content.decode()
    monkeypatch.setenv("DAJING_OIDC_ISSUER", "")
    settings.cache_clear()
    assert Client().get("/sign-in/provider").status_code == 404
    assert "/sign-in/provider" not in Client().get("/sign-in").content.decode()


def test_the_doctor_says_whether_the_provider_answers_and_whether_administrators_have_a_second_step(city, monkeypatch):
    def states():
        return [check(settings(), datetime.now(UTC)).state for check in CHECKS]

    assert states() == ["bad", "good"]  # nobody is administrator here
    at = datetime.now(UTC) - timedelta(days=1)
    office = Department.objects.create(pk="o", name_zh="局", name_en="O", kind="city", area="130700", valid_from=at)
    for role in ("admin.system", "admin.security", "admin.audit"):
        post = Post.objects.create(pk=role[6:], department=office, title_zh=role, title_en=role)
        PostRole.objects.create(post=post, role=role, proposed_by="x", proposed_at=at, approved_by="y", approved_at=at)
        who = Person.objects.create_user(role[6:], None, name=role)
        Appointment.objects.create(person=who, post=post, valid_from=at)
    assert states()[0] == "good"  # in a demo
    monkeypatch.setenv("DAJING_DEMO", "none")
    settings.cache_clear()
    assert states()[0] == "warning"
    for who in Person.objects.all():
        CodeKey.objects.create(person=who, secret="x", made_at=at, confirmed_at=at)
    assert states()[0] == "good"
    city.metadata = {"issuer": "https://evil.example"}
    assert states()[1] == "bad"
