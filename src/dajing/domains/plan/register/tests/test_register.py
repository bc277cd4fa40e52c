from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from dajing.domains.plan.loading import plan as load_plan
from dajing.domains.plan.models import SlotEntry
from dajing.domains.plan.register import service
from dajing.domains.plan.register.rules import Entry, Milestone
from dajing.kernel.identity import loading
from dajing.kernel.identity.actor import Actor, system
from dajing.kernel.identity.models import Person
from dajing.kernel.ledger.models import Entry as LedgerEntry

pytestmark = pytest.mark.django_db

AT = datetime(2018, 6, 30, 8, tzinfo=UTC)
OFFICER = Actor(id="person:1", name="主管", roles=frozenset({"plan.officer"}))
ENTRY = Entry(
    title="城区光纤改造工程",
    approval="张发改〔2016〕1号",
    money_wan=Decimal("12345.67"),
    milestones=(Milestone(title="开工", due=date(2016, 9, 1), done=date(2016, 9, 3), document="开工令"),),
    targets=("fibre_community",),
)


def project(plan):
    return next(s.id for s in plan.slots if s.kind == "project")


def filled(plan, entry=ENTRY, expected=0, by=OFFICER, at=AT):
    return service.fill(plan=plan, slot=project(plan), entry=entry, expected=expected, by=by, at=at)


def test_eleven_projects_and_five_measures_wait_for_an_officer_and_none_is_named():
    views = service.slots(plan=load_plan())
    kinds = [v.slot.kind for v in views]
    assert (kinds.count("project"), kinds.count("policy")) == (11, 5)
    assert all(v.entry is None for v in views)


def test_an_officer_fills_a_slot_and_the_past_still_shows_it_empty():
    plan = load_plan()
    filled(plan)
    filled(plan, entry=msgspec.structs.replace(ENTRY, title="改名"), expected=1, at=AT + timedelta(days=9))
    now = {v.slot.id: v for v in service.slots(plan=plan)}[project(plan)]
    then = {v.slot.id: v for v in service.slots(plan=plan, as_of=AT + timedelta(days=1))}[project(plan)]
    before = {v.slot.id: v for v in service.slots(plan=plan, as_of=AT - timedelta(days=1))}[project(plan)]
    assert (now.entry.title, now.version) == ("改名", 2)
    assert then.entry == ENTRY
    assert before.entry is None
    assert LedgerEntry.objects.filter(act="plan.slot.filled").count() == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": " "}, "title"),
        ({"approval": ""}, "approval"),
        ({"money_wan": Decimal(-1)}, "money_wan"),
        ({"targets": ("nothing",)}, "targets"),
        ({"targets": ()}, "targets"),
        ({"milestones": (Milestone(title="", due=date(2017, 1, 1)),)}, "milestones"),
        ({"milestones": (Milestone(title="完", due=date(2017, 1, 1), done=date(2017, 1, 1)),)}, "milestones"),
        ({"milestones": (Milestone(title="早", due=date(1999, 1, 1)),)}, "milestones"),
    ],
)
def test_an_entry_with_a_fault_is_not_kept_and_the_field_is_named(change, field):
    plan = load_plan()
    with pytest.raises(service.UnableToFillSlot) as refusal:
        filled(plan, entry=msgspec.structs.replace(ENTRY, **change))
    assert field in {f.field for f in refusal.value.faults}
    assert not SlotEntry.objects.exists()


def test_of_two_officers_who_saw_the_same_version_one_saves():
    plan = load_plan()
    filled(plan)
    with pytest.raises(service.ChangedMeanwhile):
        filled(plan, entry=msgspec.structs.replace(ENTRY, title="另一个"))


def test_only_an_officer_fills_and_confirms():
    plan = load_plan()
    with pytest.raises(service.OfficerNeeded):
        filled(plan, by=Actor(id="person:2", name="路人"))
    with pytest.raises(service.OfficerNeeded):
        service.confirm(
            plan=plan, indicator="iptv", confirmed=True, document="d", by=Actor(id="person:2", name=""), at=AT
        )


def test_a_definition_stays_inferred_until_confirmed_by_a_document_and_can_be_taken_back():
    plan = load_plan()
    indicator = next(i for i in plan.indicators if i.definition_status == "inferred")

    def status(as_of=None):
        return service.confirmation(plan=plan, indicator=indicator, as_of=as_of)[0]

    given = {"plan": plan, "indicator": indicator.id, "by": OFFICER}
    assert status() == "inferred"
    with pytest.raises(service.UnableToConfirm):
        service.confirm(confirmed=True, document=" ", at=AT, **given)
    service.confirm(confirmed=True, document="冀统〔2016〕2号", at=AT, **given)
    assert status() == "confirmed"
    assert status(as_of=AT - timedelta(days=1)) == "inferred"
    service.confirm(confirmed=False, document="冀统〔2016〕2号", at=AT + timedelta(days=1), **given)
    assert status() == "inferred"


@pytest.fixture
def officer(client):
    now = datetime.now(UTC)
    loading.load_offices(by=system("test"), at=now)
    loading.demo_people(at=now)
    client.force_login(Person.objects.get(login="zjk-gxj-plan"))
    return client


def form(**values):
    given = {
        "version": "0", "title": ENTRY.title, "approval": ENTRY.approval, "money_wan": "12,345.67",
        "targets": ["fibre_community"], "milestone-0-title": "开工", "milestone-0-due": "2016-09-01",
    }  # fmt: skip
    return given | values


def test_the_form_saves_an_entry_and_the_list_shows_it(officer):
    plan = load_plan()
    address = f"/plan/{plan.id}/slots/{project(plan)}/"
    assert officer.post(address, form()).status_code == 302
    page = officer.get(f"/plan/{plan.id}/slots/").content.decode()
    assert "城区光纤改造工程" in page
    assert "12345.67" in page


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"title": ""}, "请填写名称"),
        ({"money_wan": "很多"}, "单位万元"),
        ({"money_wan": "1e99"}, "单位万元"),
        ({"milestone-0-due": "去年"}, "2018-06-30"),
        ({"milestone-0-due": ""}, "没有到期日"),
        ({"targets": []}, "服务的指标"),
    ],
)
def test_the_form_keeps_what_was_typed_and_says_what_to_mend(officer, change, words):
    plan = load_plan()
    answer = officer.post(f"/plan/{plan.id}/slots/{project(plan)}/", form(**change))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "error-summary" in page
    assert words in page
    assert ENTRY.approval in page


def test_a_stale_form_is_told_that_somebody_saved_first(officer):
    plan = load_plan()
    address = f"/plan/{plan.id}/slots/{project(plan)}/"
    officer.post(address, form())
    assert officer.post(address, form(title="另一个")).status_code == 409


def test_visitors_see_slots_definitions_and_figures_and_cannot_change_them(client):
    plan = load_plan()
    for page in ("slots/", "figures/", "indicator/iptv/definition/"):
        assert client.get(f"/plan/{plan.id}/{page}").status_code == 200
    assert client.post(f"/plan/{plan.id}/slots/{project(plan)}/", form()).status_code == 302
    assert client.post(f"/plan/{plan.id}/indicator/iptv/definition/confirm", {"document": "x"}).status_code == 302
    assert not SlotEntry.objects.exists()


def test_every_real_figure_is_shown_with_its_source(client):
    plan = load_plan()
    page = client.get(f"/plan/{plan.id}/figures/").content.decode()
    from django.utils.html import escape

    assert all(escape(fact.source) in page for fact in plan.facts)


def test_an_officer_confirms_a_definition_on_its_page(officer):
    plan = load_plan()
    address = f"/plan/{plan.id}/indicator/iptv/definition/"
    assert officer.post(f"{address}confirm", {"document": "", "confirmed": "yes"}).status_code == 422
    assert officer.post(f"{address}confirm", {"document": "冀广〔2016〕3号", "confirmed": "yes"}).status_code == 302
    assert "冀广〔2016〕3号" in officer.get(address).content.decode()
