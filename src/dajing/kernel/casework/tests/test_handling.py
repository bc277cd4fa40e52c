"""Dates that move, joint handling, duplicates, deputies, private words, and who may read what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from django.utils import translation

from dajing.kernel.casework import handing, queue, reading, store
from dajing.kernel.casework.events import Assignment
from dajing.kernel.casework.kinds import ClockKind, Transition, faults
from dajing.kernel.casework.models import Case, CaseEvent, ClockRow, QueueRow
from dajing.kernel.casework.privacy import ERASED, erase_case, retire
from dajing.kernel.casework.refusals import CaseUnknown, UnableToAct
from dajing.kernel.casework.tests.orders import AT, CHIEF, KIND, OTHER, WORKER, T, acted, given, opened
from dajing.kernel.identity.actor import Actor
from dajing.kernel.identity.holding import actor
from dajing.kernel.identity.models import Appointment, Department, Person, Post, PostRole

pytestmark = [pytest.mark.store_both, pytest.mark.django_db(transaction=True)]
PHOTO = {"photo": "objects/1"}

EXTEND = Transition(
    verb="extend", title=T, sources=("given",), target="given", roles=("order.assign",), sets=("until",), reason=True
)
DATED = msgspec.structs.replace(
    KIND,
    id="dated",
    transitions=(*KIND.transitions, EXTEND),
    clocks=(ClockKind(id="handle", title=T, dated="until", starts=("given",), stops=("done",)),),
)
JOINT = msgspec.structs.replace(
    KIND,
    id="joint",
    transitions=tuple(msgspec.structs.replace(t, joint=t.verb == "report") for t in KIND.transitions),
)
PRIVATE = msgspec.structs.replace(KIND, id="private", private=True, retention_days=30)
READER = Actor(id="person:9", name="阅", department="archive", roles=frozenset({"order.read"}))


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def registered(monkeypatch):
    from dajing.kernel.casework import registry

    shown = msgspec.structs.replace(KIND, readers=("order.read",))
    monkeypatch.setattr(registry, "_kinds", lambda folder: {shown.id: shown})


def in_queue(by, whose="department", at=AT, **wanted):
    return queue.page(by=by, whose=whose, wanted=queue.Filter(at=at, **wanted))


def test_a_last_day_given_with_the_case_ends_at_midnight_and_a_new_one_begins_a_new_run():
    state = opened(kind=DATED, fields={"until": "2018-10-10"})
    assert ClockRow.objects.get().due == datetime(2018, 10, 10, 16, tzinfo=UTC)
    state = acted(state, "extend", CHIEF, reason="配件缺货", fields={"until": "2018-10-20"})
    first, second = ClockRow.objects.order_by("run")
    assert (first.stopped, second.due) == (AT + timedelta(hours=1), datetime(2018, 10, 20, 16, tzinfo=UTC))
    assert state.fields["until"] == "2018-10-20"
    assert store.differing() == []


@pytest.mark.parametrize("until", ["", "2018-09-28", "2018-02-30", "2199-01-01", None])
def test_a_last_day_must_be_a_day_ahead(until):
    with pytest.raises(UnableToAct, match="last day|no date"):
        opened(kind=DATED, fields={"until": until})
    state = opened(kind=DATED, fields={"until": "2018-10-10"})
    with pytest.raises(UnableToAct, match=r"last day|no date|Fill in"):
        acted(state, "extend", CHIEF, reason="x", fields={"until": until})
    assert CaseEvent.objects.count() == 1


def test_an_act_sets_only_the_fields_that_its_transition_names():
    state = opened(kind=DATED, fields={"until": "2018-10-10"})
    with pytest.raises(UnableToAct, match="Not to be set here: owner"):
        acted(state, "extend", CHIEF, reason="x", fields={"until": "2018-10-20", "owner": "me"})


def test_a_returned_case_past_its_last_day_is_red_from_the_first_moment():
    state = acted(opened(kind=DATED, fields={"until": "2018-09-29"}), "report", WORKER, evidence=PHOTO)
    state = acted(state, "verify", OTHER, hours=100)
    state = acted(state, "reopen", OTHER, hours=200, reason="又坏了")
    line = in_queue(WORKER)[0]
    assert (line.due, line.colour(at=AT + timedelta(hours=200))) == (datetime(2018, 9, 29, 16, tzinfo=UTC), "red")
    assert state.reopened == 1


def test_the_lead_waits_for_every_joint_department():
    state = opened(kind=JOINT, to=Assignment(department="water", joint=("roads", "parks")))
    roads = Actor(id="person:5", name="丁", department="roads")
    assert [line.case for line in in_queue(roads)] == [state.id]
    with pytest.raises(UnableToAct, match="Joint departments owe: parks, roads"):
        acted(state, "report", WORKER, evidence=PHOTO)
    with pytest.raises(UnableToAct, match="not handle this case jointly"):
        handing.contribute(**given(state, WORKER), words="x", evidence=())
    state = handing.contribute(**given(state, roads), words="已封路", evidence=())
    parks = Actor(id="person:6", name="戊", department="parks")
    state = handing.contribute(**given(state, parks), words="已移树", evidence=())
    assert acted(state, "report", WORKER, evidence=PHOTO).state == "done"


def test_a_duplicate_leaves_all_queues_keeps_its_log_and_points_to_the_main_case():
    main, twin, third = opened(), opened(), opened()
    twin = handing.link(**given(twin, CHIEF), main=main.id)
    assert (twin.main, reading.duplicates(of=main.id)) == (main.id, [twin.id])
    assert {row.case for row in QueueRow.objects.all()} == {main.id, third.id}
    assert ClockRow.objects.get(case=twin.id).stopped is not None
    with pytest.raises(UnableToAct, match="duplicate of"):
        acted(twin, "report", WORKER, evidence=PHOTO)
    for wrong in (twin.id, third.id, "nothing"):
        with pytest.raises(UnableToAct, match="no such open case"):
            handing.link(**given(third, CHIEF), main=wrong)
    with pytest.raises(UnableToAct, match="linked to this one"):
        handing.link(**given(main, CHIEF), main=third.id)
    assert store.differing() == []


def test_a_deputy_acts_until_the_term_ends_and_not_a_moment_longer():
    office = Department.objects.create(
        pk="water", name_zh="水", name_en="Water", kind="city", area="130700", valid_from="2015-01-01"
    )
    post = Post.objects.create(pk="water-chief", department=office, title_zh="科长", title_en="Chief")
    start, end = AT - timedelta(days=1), AT + timedelta(hours=2)
    PostRole.objects.create(post=post, role="order.handle", proposed_by="x", proposed_at=start, approved_at=start)
    deputy = Person.objects.create_user("deputy", None, name="代")
    Appointment.objects.create(person=deputy, post=post, valid_from=start, valid_to=end, deputy=True)
    state = opened(to=Assignment(department="water", post="water-chief"))
    with pytest.raises(UnableToAct, match="may not do this.*not with you"):
        acted(state, "report", actor(person=deputy, at=end), hours=2, evidence=PHOTO)
    before = actor(person=deputy, at=AT + timedelta(hours=1))
    assert acted(state, "report", before, evidence=PHOTO).handlers == (before.id,)


def test_what_an_actor_could_do_is_what_the_engine_then_allows():
    state = opened()
    assert [t.verb for t in reading.possible(kind=KIND, state=state, by=WORKER).transitions] == ["report"]
    assert reading.possible(kind=KIND, state=state, by=OTHER).transitions == ()
    assert reading.possible(kind=KIND, state=state, by=WORKER).built_in == {"note", "hand_back"}
    assert reading.possible(kind=KIND, state=state, by=CHIEF).built_in == {"assign", "supervise", "suspend"}
    state = acted(state, "report", WORKER, evidence=PHOTO)
    assert reading.possible(kind=KIND, state=state, by=WORKER).transitions == ()
    assert [t.verb for t in reading.possible(kind=KIND, state=state, by=OTHER).transitions] == ["verify"]


def test_a_case_is_read_by_departments_it_concerned_and_by_the_kinds_readers_alone(registered):
    state = opened()
    state = handing.hand_back(**given(state, WORKER), reason="非本部门", proposal="roads")
    stranger = Actor(id="person:8", name="路人", department="parks")
    for by in (CHIEF, WORKER, READER):
        assert reading.read_case(case=state.id, by=by, at=AT).state == state
        assert [item.state.id for item in reading.cases(by=by, kind="order")] == [state.id]
    for by in (stranger, OTHER, Actor(id="anonymous", name="")):
        with pytest.raises(CaseUnknown):
            reading.read_case(case=state.id, by=by, at=AT)
        assert reading.cases(by=by, kind="order") == []


def test_a_case_is_replayed_as_it_was(registered):
    state = acted(opened(), "report", WORKER, evidence=PHOTO)
    earlier = reading.read_case(case=state.id, by=WORKER, at=AT + timedelta(days=9), as_of=AT + timedelta(minutes=1))
    assert (earlier.state.state, len(earlier.history)) == ("given", 1)
    with pytest.raises(CaseUnknown):
        reading.read_case(case=state.id, by=WORKER, at=AT, as_of=AT - timedelta(days=1))


def test_words_of_a_private_case_are_nowhere_in_clear_and_gone_once_erased(registered):
    state = opened(kind=PRIVATE, title="张三反映污水", text="电话 139")
    state = acted(state, "report", WORKER, evidence=PHOTO, reason="已联系张三")
    rows = [*CaseEvent.objects.values_list("data", flat=True), Case.objects.get().body, QueueRow.objects.get().title]
    assert "张三" not in str(rows)
    assert "139" not in str(rows)
    shown = reading.read_case(case=state.id, by=WORKER, at=AT)
    assert (shown.title, shown.text, shown.history[1].data["reason"]) == ("张三反映污水", "电话 139", "已联系张三")
    with pytest.raises(UnableToAct, match="open case"):
        erase_case(case=state.id, by=CHIEF, at=AT)
    state = acted(state, "verify", OTHER, hours=2)
    later = AT + timedelta(days=31)
    assert retire(kinds=[PRIVATE], by=CHIEF, at=AT + timedelta(days=30)) == 0
    assert retire(kinds=[PRIVATE], by=CHIEF, at=later) == 1
    assert retire(kinds=[PRIVATE], by=CHIEF, at=later) == 0
    for as_of in (None, AT + timedelta(hours=1)):
        shown = reading.read_case(case=state.id, by=WORKER, at=later, as_of=as_of)
        assert (shown.title, shown.text, shown.history[0].erased) == (str(ERASED), str(ERASED), True)
    assert store.differing() == []


def test_the_ledger_holds_no_word_of_a_private_case():
    from dajing.kernel.ledger.models import Entry

    opened(kind=PRIVATE, title="张三反映污水")
    assert not any("张三".encode() in bytes(body) for body in Entry.objects.values_list("body", flat=True))


def test_queues_are_filtered_by_kind_waiting_and_time():
    water = Actor(id="person:7", name="庚", department="water", post="water-chief")
    first = opened(to=Assignment(department="water", post="water-chief"))
    second = opened(to=Assignment(department="water", person="person:7"), kind=DATED, fields={"until": "2018-12-01"})
    assert [line.case for line in in_queue(water)] == [first.id, second.id]
    assert [line.case for line in in_queue(water, kind="dated")] == [second.id]
    assert [line.case for line in in_queue(water, whose="post")] == [first.id]
    assert [line.case for line in in_queue(water, whose="mine")] == [first.id, second.id]  # by post and by name
    assert [line.case for line in in_queue(water, view="late", at=datetime(2018, 11, 1, tzinfo=UTC))] == [first.id]
    handing.suspend(**given(first, CHIEF), reason="expert", document="文1")
    assert [line.case for line in in_queue(water, view="waiting")] == [first.id]
    assert in_queue(OTHER, whose="post") == []


def test_too_many_words_are_refused():
    with pytest.raises(UnableToAct, match="Over 200 characters"):
        opened(title="长" * 201)
    with pytest.raises(UnableToAct, match="Over 5000 characters"):
        acted(opened(), "report", WORKER, evidence=PHOTO, reason="长" * 5001)


def test_a_dated_clock_counts_nothing_else():
    both = ClockKind(id="c", title=T, dated="until", length=3, starts=("given",), stops=("done",))
    found = faults(kind=msgspec.structs.replace(KIND, clocks=(both,)))
    assert "clock c is incomplete" in found[0].en
