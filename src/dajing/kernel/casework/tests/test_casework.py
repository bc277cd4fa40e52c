"""A case from opening to its end, what is refused on the way, and that the log alone gives every row back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from dajing.kernel.bus.models import Event
from dajing.kernel.casework import handing, queue, store
from dajing.kernel.casework.events import Assignment
from dajing.kernel.casework.kinds import CaseKind, ClockKind, State, Transition, faults
from dajing.kernel.casework.models import Case, CaseEvent, ClockRow, QueueRow
from dajing.kernel.casework.refusals import ChangedMeanwhile, KeyUsedOtherwise, UnableToAct
from dajing.kernel.casework.tests.orders import AT, CHIEF, KIND, OTHER, WORKER, T, acted, opened
from dajing.kernel.clocks.api import Unit
from dajing.kernel.ledger.models import Entry

pytestmark = [pytest.mark.store_both, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def test_a_case_goes_from_opening_to_its_end_and_every_act_leaves_log_ledger_event():
    state = acted(opened(), "report", WORKER, evidence={"photo": "objects/1"})
    state = acted(state, "verify", OTHER, hours=2)
    assert (state.state, state.closed_at) == ("closed", AT + timedelta(hours=2))
    assert list(CaseEvent.objects.values_list("verb", flat=True).order_by("seq")) == ["open", "report", "verify"]
    assert Entry.objects.filter(subject=f"case:{state.id}").count() == 3
    assert Event.objects.filter(topic="casework.acted").count() == 3
    assert not QueueRow.objects.exists()
    assert acted(state, "reopen", OTHER, hours=3, reason="又坏了").reopened == 1


def test_five_working_days_from_28_september_2018_end_after_national_day_and_the_made_up_saturdays():
    # 国办发明电〔2017〕12号, read on scgw.gov.cn and Wikisource: off 1 to 7 October, 29 and 30 September worked.
    # Counted are 29, 30, 8, 9, 10.
    opened()
    assert ClockRow.objects.get().due == datetime(2018, 10, 10, 16, tzinfo=UTC)


def test_a_limit_beyond_the_last_gazetted_year_is_provisional():
    opened(at=datetime(2039, 12, 30, tzinfo=UTC))
    assert ClockRow.objects.get().provisional


def test_the_handler_cannot_verify_and_a_stranger_cannot_handle():
    state = opened()
    with pytest.raises(UnableToAct, match="not with you"):
        acted(state, "report", OTHER, evidence={"photo": "objects/1"})
    with pytest.raises(UnableToAct, match="Evidence is missing: photo"):
        acted(state, "report", WORKER)
    state = acted(state, "report", WORKER, evidence={"photo": "objects/1"})
    with pytest.raises(UnableToAct, match="cannot verify"):
        acted(state, "verify", WORKER, hours=2)


@pytest.mark.parametrize("verb", ["verify", "reopen", "assign", "nonsense"])
def test_what_is_no_transition_of_the_state_is_refused_and_leaves_nothing(verb):
    state = opened()
    with pytest.raises(UnableToAct):
        acted(state, verb, OTHER, reason="x")
    assert CaseEvent.objects.count() == Entry.objects.count() == 1


def test_the_same_request_twice_is_one_act_and_its_key_serves_no_other():
    state = opened()
    once = acted(state, "report", WORKER, key="same", evidence={"photo": "objects/1"})
    assert acted(state, "report", WORKER, key="same", evidence={"photo": "objects/1"}) == once
    assert CaseEvent.objects.count() == 2
    with pytest.raises(KeyUsedOtherwise):
        acted(once, "verify", OTHER, key="same")


def test_of_two_who_saw_the_same_state_one_gets_through():
    state = opened()
    acted(state, "report", WORKER, evidence={"photo": "objects/1"})
    with pytest.raises(ChangedMeanwhile):
        acted(state, "report", WORKER, evidence={"photo": "objects/2"})


def test_a_clock_that_jumps_back_is_refused():
    with pytest.raises(UnableToAct, match="before the last act"):
        acted(opened(), "report", WORKER, hours=-1, evidence={"photo": "objects/1"})


def test_handing_back_needs_reason_and_proposal_and_returns_to_who_gave_it():
    state = opened()
    given = {"case": state.id, "by": WORKER, "at": AT, "seq": state.seq, "key": "back"}
    with pytest.raises(UnableToAct, match="Propose"):
        handing.hand_back(**given, reason="非本部门", proposal=" ")
    state = handing.hand_back(**given, reason="非本部门", proposal="roads")
    assert (state.assignment, state.hand_backs) == (Assignment(department="office"), 1)
    assert [line.case for line in queue.department_queue(by=CHIEF, at=AT)] == [state.id]
    assert queue.department_queue(by=WORKER, at=AT) == []


def test_a_suspension_needs_a_listed_reason_and_moves_the_limit():
    state = opened()
    given = {"case": state.id, "by": CHIEF, "at": AT, "seq": state.seq, "key": "hold", "document": "文〔2018〕1号"}
    with pytest.raises(UnableToAct, match="listed reason"):
        handing.suspend(**given, reason="tired")
    state = handing.suspend(**given, reason="expert")
    assert ClockRow.objects.get().due is None
    later = AT + timedelta(days=10)  # 8 October; counted are 9, 10, 11, 12, 15 October
    handing.resume(case=state.id, by=CHIEF, at=later, seq=state.seq, key="on")
    assert ClockRow.objects.get().due == datetime(2018, 10, 15, 16, tzinfo=UTC)


def test_the_queue_is_paged_by_key_without_gap_or_repetition_and_shows_only_ones_own():
    states = [opened(at=AT - timedelta(days=n % 3)) for n in range(7)]
    opened(to="roads")
    seen, after = [], None
    while page := queue.department_queue(by=WORKER, at=AT, after=after, size=2):
        seen += page
        after = (page[-1].due, page[-1].case)
    assert sorted(line.case for line in seen) == sorted(state.id for state in states)
    assert [line.due for line in seen] == sorted(line.due for line in seen)


def test_projections_are_rebuilt_byte_for_byte_and_tampering_is_found():
    states = [opened() for _ in range(3)]
    acted(states[0], "report", WORKER, evidence={"photo": "objects/1"})
    handing.suspend(case=states[1].id, by=CHIEF, at=AT, seq=1, key="h", document="文1", reason="expert")
    assert store.differing() == []
    QueueRow.objects.filter(case=states[2].id).update(department="roads")
    Case.objects.filter(pk=states[1].id).delete()
    ghost = Case.objects.get(pk=states[0].id)
    ghost.id = "ghost"
    ghost.save(force_insert=True)
    assert store.differing() == sorted(["ghost", states[1].id, states[2].id])
    assert store.rebuild() == 3
    assert store.differing() == []


def test_a_faulty_kind_is_told_everything_that_is_wrong():
    broken = CaseKind(
        id="x", title=T, initial="a", openers=("r",), assigners=("r",),
        states=(State(id="a", title=T), State(id="lost", title=T, open=False)),
        transitions=(Transition(verb="assign", title=T, sources=("a",), target="nowhere", roles=()),),
        clocks=(ClockKind(id="c", title=T, unit=Unit.WORKING_HOUR, length=4, starts=("a",), stops=("lost",)),),
    )  # fmt: skip
    found = " ".join(text.en for text in faults(kind=broken))
    for fault in ("built in", "names no role", "no state nowhere", "lost cannot be reached", "clock c is incomplete"):
        assert fault in found
    assert faults(kind=KIND) == []
