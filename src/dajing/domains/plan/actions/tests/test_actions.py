"""督办: 批示、交办、反馈、核验、销号, with return, hand-back, extension; and the effect promised beside that read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from zipfile import ZipFile

import msgspec
import pytest
from django.utils import translation
from pypdf import PdfReader

from dajing.domains.plan.actions import contents
from dajing.domains.plan.actions.rules import Known, Seen, faults, verdict
from dajing.domains.plan.actions.service import UnableToOpenAction, about_indicator, close_action
from dajing.domains.plan.actions.tests.people import (
    AT,
    BROUGHT,
    COLLEAGUE,
    COUNTY,
    EFFECT,
    INSPECTOR,
    LEADER,
    OFFICER,
    OWNER,
    PROPOSAL,
    STRANGER,
    act,
    given,
    opened,
)
from dajing.domains.plan.exports.api import write
from dajing.domains.plan.exports.composing import compose_report
from dajing.domains.plan.loading import plan as load_plan
from dajing.domains.plan.tests.reports import CITY, covered
from dajing.kernel.casework import api as casework
from dajing.kernel.casework import store
from dajing.kernel.casework.kinds import faults as kind_faults
from dajing.kernel.casework.queue import Filter, page
from dajing.kernel.ledger.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def held(by):
    return [line.case for line in page(by=by, whose="department", wanted=Filter(at=AT))]


def test_the_kind_is_sound():
    assert kind_faults(kind=casework.kind(id="plan_action")) == []


def test_an_action_goes_from_the_leader_to_the_owner_to_the_verifier_and_is_closed():
    state = opened()
    assert held(OFFICER) == [state.id]
    assert held(OWNER) == []
    state = act(act(state, "instruct", LEADER), "give", OFFICER, days=1)
    assert (held(OFFICER), held(OWNER)) == ([], [state.id])
    state = act(state, "report", OWNER, days=30, evidence=BROUGHT)
    assert (held(OFFICER), held(OWNER)) == ([state.id], [])
    state = act(state, "verify", INSPECTOR, days=31)
    state = close_action(case=state.id, by=OFFICER, at=AT + timedelta(days=32), seq=state.seq, key="close")
    assert (state.state, state.open) == ("closed", False)
    assert Entry.objects.filter(subject=f"case:{state.id}").count() == 6
    assert store.differing() == []


def test_nobody_acts_out_of_turn_or_without_the_role():
    state = opened()
    with pytest.raises(casework.UnableToAct, match="may not do this"):
        act(state, "instruct", OFFICER)
    with pytest.raises(casework.UnableToAct, match="cannot be done while"):
        act(state, "give", OFFICER)
    with pytest.raises(casework.UnableToAct, match="may not do this"):
        opened(by=OWNER)
    state = given()
    with pytest.raises(casework.UnableToAct, match="not with you"):
        act(state, "report", STRANGER, evidence=BROUGHT)


def test_a_report_needs_each_piece_of_evidence_that_was_asked_for():
    state = given()
    with pytest.raises(casework.UnableToAct, match="Evidence is missing: 测试记录"):
        act(state, "report", OWNER, evidence={"完工报告": "档〔2018〕1号"})


def test_whoever_handled_it_or_sits_beside_them_cannot_verify():
    state = act(given(), "report", OWNER, evidence=BROUGHT)
    for nobody in (COLLEAGUE, STRANGER, OWNER):
        with pytest.raises(casework.UnableToAct, match=r"not with you|may not do this"):
            act(state, "verify", nobody)
    both = msgspec.structs.replace(COLLEAGUE, department="zjk-gxj", id=OWNER.id)
    with pytest.raises(casework.UnableToAct, match="handler cannot verify"):
        act(state, "verify", both)


def test_a_return_goes_back_to_who_reported_and_counts_as_rework():
    state = act(given(), "report", OWNER, days=1, evidence=BROUGHT)
    state = act(state, "return", INSPECTOR, days=2, reason="测试点不足")
    assert (state.returned, held(OWNER)) == (1, [state.id])
    assert act(state, "report", OWNER, days=3, evidence=BROUGHT).state == "reported"


def test_a_hand_back_names_who_should_have_it_and_the_office_assigns_anew():
    state = given()
    state = casework.hand_back(
        case=state.id, reason="非本单位职责", proposal="unit-130726", by=OWNER, at=AT, seq=state.seq, key="back"
    )
    assert (state.hand_backs, state.proposal, held(OFFICER)) == (1, "unit-130726", [state.id])
    to = casework.Assignment(department="unit-130726")
    state = casework.assign(case=state.id, to=to, by=OFFICER, at=AT, seq=state.seq, key="anew")
    state = act(state, "report", COUNTY, evidence=BROUGHT)
    assert act(state, "return", INSPECTOR).assignment == to


def test_what_is_being_verified_is_neither_assigned_nor_handed_back():
    state = act(given(), "report", OWNER, evidence=BROUGHT)
    with pytest.raises(casework.UnableToAct, match="At this stage"):
        casework.hand_back(case=state.id, reason="x", proposal="y", by=INSPECTOR, at=AT, seq=state.seq, key="b")
    to = casework.Assignment(department="zjk-txb")
    with pytest.raises(casework.UnableToAct, match="At this stage"):
        casework.assign(case=state.id, to=to, by=OFFICER, at=AT, seq=state.seq, key="a")


def test_an_extension_is_asked_for_and_granted_and_the_first_limit_stays_on_record():
    state = act(given(), "ask", OWNER, days=60, reason="材料未到")
    assert held(OFFICER) == [state.id]
    state = act(state, "extend", OFFICER, days=61, fields={"until": "2018-10-31"})
    assert (held(OWNER), state.fields["until"]) == ([state.id], "2018-10-31")
    view = casework.read_case(case=state.id, by=OFFICER, at=AT + timedelta(days=62))
    assert [clock.due for clock in view.clocks] == [
        datetime(2018, 9, 28, 16, tzinfo=UTC), datetime(2018, 10, 31, 16, tzinfo=UTC),
    ]  # fmt: skip
    assert view.clocks[0].stopped == AT + timedelta(days=61)


def test_a_joint_department_gives_its_part_before_the_owner_reports():
    state = given(joint=("unit-130726",))
    with pytest.raises(casework.UnableToAct, match="unit-130726"):
        act(state, "report", OWNER, evidence=BROUGHT)
    state = casework.contribute(case=state.id, words="已选址", evidence=(), by=COUNTY, at=AT, seq=state.seq, key="part")
    assert act(state, "report", OWNER, evidence=BROUGHT).state == "reported"


KNOWN = Known(
    indicators={"population_4g"}, slots={"p1"}, areas={"130700"}, departments={"zjk-txb", "zjk-gxj"},
    frequency="month", first=date(2018, 7, 17),
)  # fmt: skip


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("title", {"title": " "}),
        ("text", {"text": ""}),
        ("indicator", {"indicator": "nothing"}),
        ("area", {"area": "999"}),
        ("owner", {"owner": "nobody"}),
        ("joint", {"joint": ("zjk-txb",)}),
        ("verifier", {"verifier": "zjk-txb"}),
        ("evidence", {"evidence": ()}),
        ("evidence", {"evidence": ("同", "同")}),
        ("until", {"until": date(2018, 7, 16)}),
        ("until", {"until": None}),
        ("effect", {"effect": msgspec.structs.replace(EFFECT, area="999")}),
        ("period", {"effect": msgspec.structs.replace(EFFECT, period="2018-Q3")}),
        ("period", {"effect": msgspec.structs.replace(EFFECT, period="soon")}),
        ("low", {"effect": msgspec.structs.replace(EFFECT, low=90.0)}),
        ("low", {"effect": msgspec.structs.replace(EFFECT, high=float("nan"))}),
        ("low", {"effect": msgspec.structs.replace(EFFECT, high=float("inf"))}),
        ("source", {"effect": msgspec.structs.replace(EFFECT, source="")}),
    ],
)
def test_each_thing_wrong_with_a_proposal_is_said_at_its_field(field, changed):
    assert faults(proposal=PROPOSAL, known=KNOWN) == []
    assert field in [
        fault.field for fault in faults(proposal=msgspec.structs.replace(PROPOSAL, **changed), known=KNOWN)
    ]


def test_everything_wrong_is_said_at_once_and_nothing_is_opened():
    with pytest.raises(UnableToOpenAction) as refused:
        opened(title="", owner="nobody", until=None)
    assert [fault.field for fault in refused.value.faults] == ["title", "owner", "until"]
    assert not Entry.objects.exists()


def test_an_observed_reading_is_laid_beside_the_expected_interval_and_nothing_more():
    seen = [verdict(effect=EFFECT, observed=Seen(period="2018-09", value=v)) for v in (79.9, 80.0, 85.0, 85.1, None)]
    assert seen == ["below", "within", "within", "above", "awaited"]
    assert verdict(effect=EFFECT, observed=None) == "awaited"


def test_the_effect_shows_the_start_what_was_known_at_the_closing_and_what_is_known_now():
    plan = load_plan()
    covered("2018-06", 70.0)
    state = opened(effect=EFFECT, as_of=AT)
    assert state.fields["baseline"]["value"] == pytest.approx(70.0)
    state = act(act(act(state, "instruct", LEADER), "give", OFFICER), "report", OWNER, evidence=BROUGHT)
    state = act(state, "verify", INSPECTOR)
    covered("2018-09", 78.0, at=datetime(2018, 10, 11, tzinfo=UTC))
    closing = datetime(2018, 10, 12, tzinfo=UTC)
    state = close_action(case=state.id, by=OFFICER, at=closing, seq=state.seq, key="close", as_of=closing)
    covered("2018-09", 82.0, at=datetime(2018, 11, 11, tzinfo=UTC), revision=2)
    now = contents.compared(plan=plan, state=state, as_of=datetime(2018, 12, 1, tzinfo=UTC))
    assert now.baseline.value == pytest.approx(70.0)
    assert (now.at_closing.value, now.now.value) == (pytest.approx(78.0), pytest.approx(82.0))
    assert (now.then.en, now.today.en) == ("below the expected interval", "within the expected interval")


def test_counts_are_everybodys_and_lists_are_for_readers():
    plan, state = load_plan(), given()
    given(indicator="iptv")
    late = datetime(2018, 10, 1, tzinfo=UTC)
    found = {row.indicator.id: (row.open, row.late) for row in contents.counts(plan=plan, at=late)}
    assert found == {"population_4g": (1, 1), "iptv": (1, 1)}
    lines = contents.lines(plan=plan, by=OWNER, at=AT, indicator="population_4g")
    assert [(line.id, line.stage.en, line.late) for line in lines] == [(state.id, "In hand", False)]
    assert contents.lines(plan=plan, by=COUNTY, at=AT) == []
    assert len(contents.late(plan=plan, by=OFFICER, at=late)) == 2
    assert contents.late(plan=plan, by=OFFICER, at=AT) == []


def test_subjects_of_indicators_are_found_by_their_whole_name():
    assert about_indicator(plan="zjk-135", indicator="iptv") == "plan:zjk-135/indicator:iptv"
    assert CITY == "130700"


@pytest.mark.parametrize("format", ["xlsx", "docx", "pdf"])
def test_files_for_who_may_read_them_list_late_actions_and_public_ones_do_not(format):
    given(title="LATE-ACTION")
    late = datetime(2018, 10, 3, tzinfo=UTC)
    asked = {"plan": load_plan(), "as_of": None, "language": "en", "at": late}
    assert [words(format, compose_report(**asked, by=by)) for by in (OFFICER, COUNTY, None)] == [True, False, False]


def words(format, report):
    """Whether the file holds the late action, five days late."""
    body = write(format=format, report=report)
    if format == "pdf":
        text = "".join(page.extract_text() for page in PdfReader(BytesIO(body)).pages)
    else:
        with ZipFile(BytesIO(body)) as archive:
            text = "".join(archive.read(name).decode(errors="ignore") for name in archive.namelist() if "xml" in name)
    return "LATE-ACTION" in text.replace("\n", "") and "Late actions" in text
