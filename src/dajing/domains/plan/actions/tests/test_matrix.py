"""Every address of actions, asked by everybody about every sort of action: generated, so that a new one cannot hide."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from django.test import Client
from django.urls import reverse

from dajing.domains.plan import urls
from dajing.domains.plan.actions.service import open_action
from dajing.domains.plan.actions.tests.people import PROPOSAL
from dajing.domains.plan.loading import plan as load_plan
from dajing.kernel.casework import api as casework
from dajing.kernel.casework.models import CaseEvent
from dajing.kernel.identity.holding import actor as acting
from dajing.kernel.identity.models import Appointment, Department, Person, Post, PostRole

pytestmark = pytest.mark.django_db
NAMES = [pattern.name for pattern in urls.urlpatterns if pattern.name.startswith("plan-action")]
PEOPLE = {  # login: department and role
    "anonymous": None,
    "officer": ("zjk-gxj", "plan.officer"),
    "leader": ("zjk-gxj", "plan.instruct"),
    "inspector": ("zjk-gxj", "plan.verify"),
    "owner": ("zjk-gdj", "plan.act"),
    "beside": ("zjk-gdj", "plan.fill"),
    "other": ("zjk-swj", "plan.act"),
    "audit": ("zjk-tjj", "admin.audit"),
}
STATES = ("proposed", "instructed", "given", "asking", "reported", "verified", "closed", "withdrawn")
VERBS = sorted({t.verb for t in casework.kind(id="plan_action").transitions})
READERS = {"officer", "leader", "inspector"}
# state: verb: who may; everything else is refused.
MAY = {
    "proposed": {"instruct": {"leader"}, "withdraw": {"officer"}},
    "instructed": {"give": {"officer"}, "withdraw": {"officer"}},
    "given": {"report": {"owner"}, "ask": {"owner"}, "withdraw": {"officer"}},
    "asking": {"extend": {"officer"}, "refuse": {"officer"}, "withdraw": {"officer"}},
    "reported": {"verify": {"inspector"}, "return": {"inspector"}},
    "verified": {"close": {"officer"}},
    "closed": {"reopen": {"officer"}},
    "withdrawn": {},
}
WAY = {
    "proposed": (), "instructed": ("instruct",), "given": ("instruct", "give"), "asking": ("instruct", "give", "ask"),
    "reported": ("instruct", "give", "report"), "verified": ("instruct", "give", "report", "verify"),
    "closed": ("instruct", "give", "report", "verify", "close"), "withdrawn": ("withdraw",),
}  # fmt: skip
WHO = {"instruct": "leader", "give": "officer", "ask": "owner", "report": "owner", "verify": "inspector",
       "close": "officer", "withdraw": "officer"}  # fmt: skip
PROOFS = {"完工报告": "档1", "测试记录": "档2"}


@pytest.fixture
def people():
    at = datetime.now(UTC) - timedelta(days=1)
    found = {}
    for login, held in PEOPLE.items():
        if held is None:
            continue
        office, _ = Department.objects.get_or_create(
            pk=held[0], defaults={"name_zh": held[0], "name_en": held[0], "kind": "city", "area": "130700",
                                  "valid_from": "2015-01-01"},
        )  # fmt: skip
        post = Post.objects.create(pk=f"post-{login}", department=office, title_zh=login, title_en=login)
        PostRole.objects.create(post=post, role=held[1], proposed_by="x", proposed_at=at, approved_at=at)
        found[login] = Person.objects.create_user(login, None, name=login)
        Appointment.objects.create(person=found[login], post=post, valid_from=at)
    return found


@pytest.fixture
def action(people):
    """Makes an action that has come to a state."""
    by = {login: acting(person=person, at=datetime.now(UTC)) for login, person in people.items()}

    def make(state):
        proposal = msgspec.structs.replace(
            PROPOSAL, owner="zjk-gdj", effect=None, until=(datetime.now(UTC) + timedelta(days=90)).date()
        )
        case = open_action(
            plan=load_plan(), proposal=proposal, by=by["officer"], at=datetime.now(UTC), key=f"o-{state}"
        )
        for verb in WAY[state]:
            proofs = PROOFS if verb == "report" else {}
            case = casework.act(
                case=case.id, verb=verb, by=by[WHO[verb]], at=datetime.now(UTC), seq=case.seq, key=f"{state}-{verb}",
                reason="x", evidence=proofs,
            )  # fmt: skip
        return case

    return make


def browser(people, login):
    client = Client()
    if login != "anonymous":
        client.force_login(people[login])
    return client


def may_read(login, state):
    """Readers of the kind, and who had to do with it: the owner once it was given."""
    concerned = "give" in WAY[state]
    return login in READERS or (concerned and login in ("owner", "beside"))


def test_every_address_is_in_the_matrix():
    assert set(NAMES) == {"plan-action", "plan-action-act", "plan-actions", "plan-action-new"}
    assert {verb for row in MAY.values() for verb in row} == set(VERBS)


@pytest.mark.parametrize(("login", "name"), list(itertools.product(PEOPLE, ("plan-actions", "plan-action-new"))))
def test_lists_and_the_form_open_to_whom_they_are_for(people, login, name):
    answer = browser(people, login).get(reverse(name, args=["zjk-135"]))
    if login == "anonymous":
        assert answer.status_code == 302
        assert answer["Location"].startswith("/sign-in?")
    else:
        allowed = name == "plan-actions" or login == "officer"
        assert answer.status_code == (200 if allowed else 403)


@pytest.mark.parametrize("login", [login for login in PEOPLE if login != "officer"])
def test_only_an_officer_opens_an_action(people, login):
    typed = {"title": "x", "text": "x", "indicator": "iptv", "area": "130700", "owner": "zjk-gdj", "evidence": "x",
             "until": "2030-01-01", "verifier": "zjk-gxj"}  # fmt: skip
    answer = browser(people, login).post(reverse("plan-action-new", args=["zjk-135"]), typed)
    assert answer.status_code == (302 if login == "anonymous" else 403)
    assert not CaseEvent.objects.exists()


@pytest.mark.parametrize("state", STATES)
def test_everybody_may_read_and_do_exactly_what_the_table_says(people, action, state):
    """All verbs × all people on one action in ``state``; what is allowed is tried on an action of its own."""
    case = action(state)
    for login in PEOPLE:
        client = browser(people, login)
        answer = client.get(reverse("plan-action", args=[case.id]))
        expected = 302 if login == "anonymous" else 200 if may_read(login, state) else 404
        assert answer.status_code == expected, (login, state)
        for verb in VERBS:
            if login in MAY[state].get(verb, set()):
                assert f'name="verb" value="{verb}"' in answer.content.decode(), (login, state, verb)
                continue
            lines = CaseEvent.objects.count()
            typed = {"verb": verb, "seq": case.seq, "reason": "x", "until": "2099-01-01", "key": f"{login}-{verb}",
                     "evidence-0": "a", "evidence-1": "b"}  # fmt: skip
            refused = client.post(reverse("plan-action-act", args=[case.id]), typed)
            assert refused.status_code in ((302,) if expected == 200 else (expected,)), (login, state, verb)
            assert CaseEvent.objects.count() == lines, (login, state, verb)
            if expected == 200:
                assert f'name="verb" value="{verb}"' not in answer.content.decode(), (login, state, verb)


@pytest.mark.parametrize(
    ("state", "verb", "login"), [(s, v, who) for s, row in MAY.items() for v, ws in row.items() for who in sorted(ws)]
)
def test_what_the_table_allows_is_done(people, action, state, verb, login):
    case = action(state)
    until = (
        {"until": (datetime.now(UTC) + timedelta(days=200)).date().isoformat()} if verb in ("extend", "reopen") else {}
    )
    typed = {"verb": verb, "seq": case.seq, "reason": "x", "key": "now", "evidence-0": "a", "evidence-1": "b"} | until
    browser(people, login).post(reverse("plan-action-act", args=[case.id]), typed)
    last = CaseEvent.objects.filter(case=case.id).order_by("-seq").first()
    assert (last.verb, last.by) == (verb, f"person:{people[login].pk}")
