"""The common pages of cases and of the work list: each address, asked by everybody about every sort of case."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from dajing.kernel.casework import contacts, service, store, urls
from dajing.kernel.casework.events import Assignment
from dajing.kernel.casework.models import CaseEvent, SavedView
from dajing.kernel.casework.registry import kind
from dajing.kernel.casework.tests.problems import CALLERS, KEYS, MAY, READERS, STATES, VERBS, actor, made
from dajing.kernel.identity.loading import load
from dajing.kernel.identity.models import Appointment, Person, Post, PostRole
from dajing.kernel.ledger.models import Entry

pytestmark = pytest.mark.django_db
HELD = {login: held for login, held in CALLERS.items() if held} | {"auditor": ("zjk-tjj", ("admin.audit",))}
PEOPLE = list(HELD)
OFFERED = {"assign", "hand_back", "contribute", "link", "suspend", "resume", "supervise", "note"}


@pytest.fixture
def browsers():
    """A browser for everybody of the table, signed in, and one for a visitor who is not."""
    load()
    at = datetime.now(UTC) - timedelta(days=1)
    found = {"visitor": Client()}
    for login in PEOPLE:
        department, roles = HELD[login]
        post = Post.objects.create(pk=f"post-{login}", department_id=department, title_zh=login, title_en=login)
        for role in roles:
            PostRole.objects.create(post=post, role=role, proposed_by="x", proposed_at=at, approved_at=at)
        person = Person.objects.create_user(f"matrix-{login}", None, name=login)
        Appointment.objects.create(person=person, post=post, valid_from=at)
        found[login] = Client()
        found[login].force_login(person)
    return found


def typed(verb, case, main=""):
    act = verb if verb in OFFERED else f"step:{verb}"
    return {"act": act, "seq": case.seq, "key": str(next(KEYS)), "words": "说明", "department": "zjk-spj",
            "proposal": "zjk-gdj", "suspension": "x", "document": "文1", "main": main}  # fmt: skip


def test_every_address_is_in_the_matrix():
    assert {pattern.name for pattern in urls.urlpatterns} == {
        "case", "case-act", "case-contact", "work", "work-new", "work-new-kind", "work-act", "work-keep", "work-drop",
    }  # fmt: skip


def test_a_visitor_who_is_not_signed_in_is_sent_to_sign_in_and_leaves_nothing(browsers):
    case, visitor = made(), browsers["visitor"]
    for address in (f"/case/{case.id}/", "/work/", "/work/new/", "/work/new/data_problem/"):
        assert visitor.get(address)["Location"].startswith("/sign-in?")
    posts = (f"/case/{case.id}/act", f"/case/{case.id}/contact", "/work/new/data_problem/", "/work/act", "/work/views",
             "/work/views/1/delete")  # fmt: skip
    for address in posts:
        assert visitor.post(address, typed("note", case))["Location"].startswith("/sign-in?"), address
        assert visitor.get(address).status_code in (302, 405), address
    assert CaseEvent.objects.count() == 1


@pytest.mark.parametrize("state", STATES)
def test_everybody_reads_and_does_on_the_page_exactly_what_the_table_says(browsers, state):
    """All verbs × everybody on one case in ``state``; what is allowed is tried on a case of its own."""
    shared, other = made(state), made()
    for who in PEOPLE:
        page = browsers[who].get(f"/case/{shared.id}/")
        assert page.status_code == (200 if who in READERS else 404), (who, state)
        for verb in VERBS:
            allowed = who in MAY[state].get(verb, set())
            case = made(state) if allowed else shared
            lines = CaseEvent.objects.count()
            answer = browsers[who].post(f"/case/{case.id}/act", typed(verb, case, main=other.id))
            expected = 404 if who not in READERS else 302 if allowed else 422
            assert answer.status_code == expected, (who, state, verb, answer.content.decode()[-3000:])
            assert CaseEvent.objects.count() == lines + allowed, (who, state, verb)
            if who in READERS and verb in OFFERED:
                assert (f'value="{verb}"' in page.content.decode()) == allowed, (who, state, verb)
    assert store.differing() == []


@pytest.mark.parametrize("state", STATES)
def test_acts_on_many_cases_do_no_more_than_the_page_of_one(browsers, state):
    shared = made(state)
    for who, verb in itertools.product(PEOPLE, ("supervise", "note", "hand_back", "step:answer", "step:accept")):
        allowed = who in MAY[state].get(verb.removeprefix("step:"), set())
        case = made(state) if allowed else shared
        lines = CaseEvent.objects.count()
        chosen = {"act": verb, "chosen": f"{case.seq}:{case.id}", "words": "说明", "key": str(next(KEYS))}
        answer = browsers[who].post("/work/act", chosen | {"proposal": "zjk-gdj"})
        assert answer.status_code == 200, (who, state, verb)
        assert CaseEvent.objects.count() == lines + allowed, (who, state, verb)
        assert allowed or who in READERS or case.title not in answer.content.decode(), (who, state, verb)


def test_the_contact_opens_to_whose_work_needs_it_alone(browsers):
    """Holder, the department that registered, and who may assign; a reader of the kind does not."""
    data_problem, at = kind(id="data_problem"), datetime.now(UTC) - timedelta(hours=1)
    case = service.case_id(kind=data_problem, key="reported")
    parties = contacts.keep(case=case, given=contacts.Reporter(name="某某甲"))
    service.open_case(kind=data_problem, title="数据存疑", area="", to=Assignment(department="zjk-spj"),
                      by=actor("opener"), at=at, key="reported", parties=parties)  # fmt: skip
    for who in PEOPLE:
        answer = browsers[who].post(f"/case/{case}/contact", {"purpose": "回访"})
        assert answer.status_code == (200 if who in READERS else 404), who
        assert ("某某甲" in answer.content.decode()) == (who in READERS), who
    assert Entry.objects.filter(act="casework.contact.opened").count() == len(READERS)


def test_cases_are_registered_by_openers_of_the_kind_alone(browsers):
    openers = {who for who in PEOPLE if set(HELD[who][1]) & set(kind(id="data_problem").openers)}
    assert openers == set(PEOPLE) - {"auditor"}
    for who in PEOPLE:
        expected = 200 if who in openers else 404
        assert browsers[who].get("/work/new/data_problem/").status_code == expected, who
        assert ("/work/new/data_problem/" in browsers[who].get("/work/new/").content.decode()) == (who in openers)
        form = {"title": "数据存疑", "department": "zjk-spj", "area": "130700", "key": who}
        answer = browsers[who].post("/work/new/data_problem/", form)
        assert answer.status_code == (302 if who in openers else 404), who
    assert CaseEvent.objects.count() == len(openers)


def test_queues_and_kept_lists_are_only_ones_own(browsers):
    case = made(title="只给经办看")
    for who in PEOPLE:
        for whose in ("mine", "department", "supervised", "nonsense"):
            shown = browsers[who].get(f"/work/?whose={whose}").content.decode()
            mine = (whose == "supervised" and who == "officer") or (whose != "supervised" and who in ("holder", "head"))
            assert mine or case.title not in shown, (who, whose)
        browsers[who].post("/work/views", {"name": f"view of {who}", "query": "colour=red"})
    for who, view in itertools.product(PEOPLE, SavedView.objects.all()):
        browsers[who].post(f"/work/views/{view.pk}/delete")
        remains = SavedView.objects.filter(pk=view.pk).exists()
        assert remains == (view.name != f"view of {who}" and PEOPLE.index(who) < PEOPLE.index(view.name[8:]))
