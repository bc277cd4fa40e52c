"""Those whom an act concerns are told once; nobody is told of the own act."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dajing.kernel.bus.registry import Event
from dajing.kernel.casework import handing, service
from dajing.kernel.casework.consumers import notices_of_acts, notices_of_clocks
from dajing.kernel.casework.tests.test_worklist import KIND, opened
from dajing.kernel.casework.worklist.telling import tell_of_act
from dajing.kernel.identity.api import actor, holders
from dajing.kernel.identity.loading import load
from dajing.kernel.identity.models import Person
from dajing.kernel.notify.models import Notice

pytestmark = [pytest.mark.store_both, pytest.mark.django_db(transaction=True)]


def now():
    return datetime.now(UTC)


@pytest.fixture
def by():
    load()
    return actor(person=Person.objects.get(login="zjk-spj-data"), at=now())


@pytest.fixture
def chief(by):
    found = next(h for h in holders(department=by.department, at=now()) if h.id != by.id)
    return actor(person=Person.objects.get(pk=int(found.id[7:])), at=now())


def event(topic="casework.acted", **payload):
    return Event(seq=1, topic=topic, payload=payload, at=now())


def told():
    return set(Notice.objects.values_list("person", "text_zh"))


def test_what_is_given_to_a_person_tells_that_person_alone_and_once(by, chief):
    case = opened(chief, person=by.id, title="核对")
    for _ in range(2):
        notices_of_acts(event(case=case.id, seq=1))
    assert told() == {(by.id, "交办：核对")}


def test_what_is_given_to_a_department_tells_those_whose_posts_can_act(by, chief):
    case = opened(by, title="核对")
    tell_of_act(case=case.id, seq=1)
    assert told() == {(chief.id, "交办：核对")}


def test_a_step_tells_who_opened_the_case_and_not_who_took_it(by, chief):
    case = opened(chief, person=by.id, title="核对")
    service.act(case=case.id, verb="ask", by=by, at=now(), seq=1, key="a")
    tell_of_act(case=case.id, seq=2)
    assert told() == {(chief.id, "去函：核对")}


def test_supervision_reaches_the_holder_and_a_note_nobody(by, chief):
    case = opened(chief, person=by.id, title="核对")
    handing.supervise(case=case.id, words="请尽快", by=chief, at=now(), seq=1, key="s")
    handing.note(case=case.id, words="在办", evidence=(), by=by, at=now(), seq=2, key="n")
    assert tell_of_act(case=case.id, seq=3) == 0
    tell_of_act(case=case.id, seq=2)
    assert told() == {(by.id, "督办：核对")}


def test_a_clock_that_turned_red_tells_the_holder_and_the_role_above(by, chief):
    case = opened(chief, person=by.id, title="核对")
    payload = {"case": case.id, "kind": KIND.id, "clock": "do", "colour": "red", "level": 1, "to": "plan.review"}
    notices_of_clocks(event("casework.clock", **payload))
    notices_of_clocks(event("casework.clock", **payload))
    assert told() == {(by.id, "已逾期：核对"), (chief.id, "已逾期：核对")}


def test_an_event_of_a_case_that_is_not_there_does_no_harm(by):
    assert tell_of_act(case="none", seq=1) == 0
    notices_of_clocks(event("casework.clock", case="none", colour="red"))
    assert not Notice.objects.exists()
