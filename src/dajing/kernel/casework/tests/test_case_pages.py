"""The page of a case and its registration: every act it offers, where it is, who reported it, and who sees that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import msgspec
import pytest

from dajing.kernel.casework import contacts, queue, service, store
from dajing.kernel.casework.events import Assignment
from dajing.kernel.casework.kinds import ClockKind, Transition
from dajing.kernel.casework.models import Case, CaseEvent, ClockRow, Contact
from dajing.kernel.casework.privacy import retire
from dajing.kernel.casework.refusals import CaseUnknown, UnableToAct
from dajing.kernel.casework.registry import kind
from dajing.kernel.casework.tests.orders import T
from dajing.kernel.casework.tests.test_worklist import KIND, ROLES
from dajing.kernel.identity.actor import Actor
from dajing.kernel.identity.api import actor
from dajing.kernel.identity.loading import load
from dajing.kernel.identity.models import Person
from dajing.kernel.ledger.models import Entry, SubjectKey
from dajing.kernel.text import Text

pytestmark = [pytest.mark.store_both, pytest.mark.django_db(transaction=True)]
_keys = count()
FULL = msgspec.structs.replace(
    KIND,
    id="full",
    assigners=ROLES,
    suspension_reasons={"expert": Text(zh="专家论证", en="Expert opinion")},
    transitions=(
        *KIND.transitions,
        Transition(verb="extend", title=Text(zh="延期", en="Extend"), sources=("given",), target="given", roles=ROLES,
                   sets=("until",), reason=True),
    ),
    clocks=(*KIND.clocks, ClockKind(id="whole", title=T, dated="until", starts=("given",), stops=("done",))),
)  # fmt: skip
TYPED = {"title": "数据存疑", "department": "zjk-spj", "area": "130702", "address": "市府西大街 1 号",
         "longitude": "114.88", "latitude": "40.81", "name": "某某甲", "telephone": "0313-000 0000",
         "key": "k"}  # fmt: skip


@pytest.fixture
def people():
    load()
    now = datetime.now(UTC)
    found = {login: Person.objects.get(login=login) for login in ("zjk-spj-data", "zjk-gxj-data")}
    return {login: (person, actor(person=person, at=now)) for login, person in found.items()}


@pytest.fixture
def mine(people, client):
    """Somebody signed in, and what makes a case of the own department."""
    person, by = people["zjk-spj-data"]
    client.force_login(person)

    def make(**given):
        until = (datetime.now(UTC) + timedelta(days=20)).date().isoformat()
        given = {"to": Assignment(department=by.department), "fields": {"until": until}} | given
        return service.open_case(
            kind=FULL, title="核对口径", area="130702", by=by, at=datetime.now(UTC) - timedelta(hours=1),
            key=f"f{next(_keys)}", **given,
        )  # fmt: skip

    return make


def done(client, state, act, **typed):
    """Posts an act; the case as it then is."""
    answer = client.post(f"/case/{state.id}/act", {"act": act, "seq": state.seq, "key": f"p{next(_keys)}"} | typed)
    assert answer.status_code == 302, answer.content.decode()
    return store.read(case=state.id)[1]


def test_a_case_is_suspended_with_listed_reason_and_document_and_resumed_on_its_page(mine, client):
    state = mine()
    assert "专家论证" in client.get(f"/case/{state.id}/", headers={"accept-language": "zh"}).content.decode()
    for lacking in ({"suspension": "expert"}, {"suspension": "tired", "document": "文1"}):
        refused = client.post(f"/case/{state.id}/act", {"act": "suspend", "seq": 1, "key": "x"} | lacking)
        assert refused.status_code == 422
    state = done(client, state, "suspend", suspension="expert", document="文〔2026〕1号")
    assert state.suspended
    assert not done(client, state, "resume").suspended


def test_a_step_that_sets_a_date_a_joint_part_and_a_duplicate_are_done_on_the_page(mine, client, people):
    later = (datetime.now(UTC) + timedelta(days=40)).date().isoformat()
    state = done(client, mine(), "step:extend", words="材料未齐", **{"field-until": later, "field-strange": "x"})
    assert state.fields == {"until": later}
    assert ClockRow.objects.filter(case=state.id, clock="whole").count() == 2
    state = done(client, state, "assign", department="zjk-spj", joint=["zjk-gxj", "zjk-spj"])
    assert state.assignment.joint == ("zjk-gxj",)
    client.force_login(people["zjk-gxj-data"][0])
    assert done(client, state, "contribute", words="已核对").contributed == ("zjk-gxj",)
    client.force_login(people["zjk-spj-data"][0])
    main, repeated = mine(), mine()
    assert done(client, repeated, "link", main=main.id).main == main.id
    assert main.id in client.get(f"/case/{repeated.id}/").content.decode()
    assert (
        client.post(f"/case/{main.id}/act", {"act": "link", "seq": 1, "main": "nothing", "key": "y"}).status_code == 422
    )
    assert store.differing() == []


def test_an_act_that_the_page_does_not_offer_is_refused(mine, client):
    state = mine()
    for act in ("", "escalate", "open", "finish", "step:", "step:open", "step:nonsense", "nonsense"):
        assert client.post(f"/case/{state.id}/act", {"act": act, "seq": 1, "key": act}).status_code == 422, act
    assert CaseEvent.objects.count() == 1


def test_a_case_is_registered_once_with_its_place_and_the_reporter_stays_sealed(people, client):
    person, by = people["zjk-spj-data"]
    client.force_login(person)
    assert client.get("/work/new/").status_code == client.get("/work/new/data_problem/").status_code == 200
    first = client.post("/work/new/data_problem/", TYPED)
    assert client.post("/work/new/data_problem/", TYPED)["Location"] == first["Location"]
    assert (Case.objects.count(), Contact.objects.count()) == (1, 1)
    page = client.get(first["Location"], headers={"accept-language": "zh"}).content.decode()
    assert "市府西大街 1 号" in page and "114.88" in page and "反映人" in page
    kept = page + repr(list(CaseEvent.objects.values())) + repr([bytes(e.body) for e in Entry.objects.all()])
    assert "某某甲" not in kept and "0313" not in kept
    case = Case.objects.get().pk
    assert client.post(f"/case/{case}/contact", {"purpose": " "}).status_code == 422
    opened = client.post(f"/case/{case}/contact", {"purpose": "回访"})
    assert "某某甲" in opened.content.decode() and opened["Cache-Control"] == "no-store"
    assert Entry.objects.filter(act="casework.contact.opened", by=by.id).count() == 1
    assert client.get(f"/case/{case}/contact").status_code == 405


def test_who_does_not_handle_a_case_does_not_see_who_reported_it(people):
    at, by = datetime.now(UTC), people["zjk-spj-data"][1]
    case = service.case_id(kind=kind(id="data_problem"), key="c")
    parties = contacts.keep(case=case, given=contacts.Reporter(name="某某甲"))
    service.open_case(kind=kind(id="data_problem"), title="x", area="", to=Assignment(department="zjk-spj"), by=by,
                      at=at, key="c", parties=parties)  # fmt: skip
    stranger = Actor(id="person:99", name="丁", department="zjk-swj", roles=frozenset({"plan.fill"}))
    with pytest.raises(CaseUnknown):
        contacts.reveal(case=case, purpose="x", by=stranger, at=at)
    reader = Actor(id="person:98", name="戊", department="zjk-swj", roles=frozenset({"order.read"}))
    assert not contacts.may_open(kind=kind(id="data_problem"), state=store.read(case=case)[1], by=reader)
    with pytest.raises(UnableToAct):
        contacts.reveal(case=case, purpose="", by=by, at=at)


@pytest.mark.parametrize(
    "change",
    [{"title": ""}, {"department": ""}, {"department": "nowhere"}, {"area": "999999"}, {"longitude": ""},
     {"longitude": "east"}, {"latitude": "91"}, {"longitude": "nan"}, {"telephone": "<script>"}, {"name": "甲" * 121},
     {"address": "x" * 201}, {"title": "x" * 201}],
)  # fmt: skip
def test_a_registration_that_cannot_be_leaves_nothing_and_keeps_what_was_typed(people, client, change):
    client.force_login(people["zjk-spj-data"][0])
    answer = client.post("/work/new/data_problem/", TYPED | change)
    assert answer.status_code == 422
    assert "某某甲" in answer.content.decode() or "name" in change
    assert not Case.objects.exists() and not Contact.objects.exists()


def test_contacts_go_with_the_end_of_retention_and_again_after_an_older_backup_came_back(people, client):
    by, at = people["zjk-spj-data"][1], datetime.now(UTC)
    short = msgspec.structs.replace(FULL, retention_days=30, clocks=KIND.clocks)
    case = service.case_id(kind=short, key="r")
    parties = contacts.keep(case=case, given=contacts.Reporter(name="某某甲"))
    state = service.open_case(kind=short, title="x", area="", to=Assignment(department=by.department), by=by, at=at,
                              key="r", parties=parties)  # fmt: skip
    service.act(case=case, verb="finish", by=by, at=at, seq=state.seq, key="f")
    before = list(SubjectKey.objects.values())
    assert retire(kinds=[short], by=by, at=at + timedelta(days=29)) == 0
    assert retire(kinds=[short], by=by, at=at + timedelta(days=31)) == 1
    assert contacts.reveal(case=case, purpose="x", by=by, at=at) is None
    for row in before:  # as a restored backup has it
        SubjectKey.objects.filter(pk=row["subject"]).update(key=row["key"], erased_at=None)
    assert contacts.reveal(case=case, purpose="x", by=by, at=at).name == "某某甲"
    assert [retire(kinds=[short], by=by, at=at + timedelta(days=32)) for _ in range(2)] == [1, 0]
    assert contacts.reveal(case=case, purpose="x", by=by, at=at) is None


def test_who_supervises_a_kind_sees_its_queue_in_every_department_each_case_once(people):
    at, by = datetime.now(UTC), people["zjk-spj-data"][1]
    known = kind(id="data_problem")
    for n in range(5):
        to = Assignment(department=("zjk-spj", "zjk-gxj")[n % 2], joint=("zjk-swj", "zjk-gdj"))
        service.open_case(kind=known, title=f"x{n}", area="", to=to, by=by, at=at, key=f"s{n}")
    officer = Actor(id="person:9", name="督", department="zjk-gxj", roles=frozenset({"plan.officer"}))
    seen, after, wanted = [], None, queue.Filter(at=at)
    while page := queue.page(by=officer, whose="supervised", wanted=wanted, after=after, size=2):
        seen += [line.case for line in page]
        after = (page[-1].due, page[-1].case)
    assert len(seen) == len(set(seen)) == queue.count(by=officer, whose="supervised", wanted=wanted) == 5
    roads = queue.page(by=officer, whose="supervised", wanted=queue.Filter(at=at, department="zjk-spj"))
    assert len(roads) == 3
    assert queue.page(by=by, whose="supervised", wanted=wanted) == []
