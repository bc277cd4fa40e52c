"""The work list: whose work it shows, what it filters, and acts on many cases with an answer for each."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dajing.kernel.casework import queue, service
from dajing.kernel.casework.events import Assignment
from dajing.kernel.casework.kinds import CaseKind, ClockKind, State, Transition
from dajing.kernel.casework.models import CaseEvent, SavedView
from dajing.kernel.casework.worklist import bulk
from dajing.kernel.casework.worklist.asking import asked
from dajing.kernel.clocks.api import Unit
from dajing.kernel.identity.api import actor, holders
from dajing.kernel.identity.loading import load
from dajing.kernel.identity.models import Person, Post
from dajing.kernel.text import Text

pytestmark = [pytest.mark.store_both, pytest.mark.django_db(transaction=True)]
_keys = count()
ROLES = ("plan.fill", "plan.review")
KIND = CaseKind(
    id="errand",
    title=Text(zh="交办事项", en="Errand"),
    initial="given",
    openers=ROLES,
    assigners=("plan.review",),
    states=(
        State(id="given", title=Text(zh="待办理", en="To do")),
        State(id="asked", title=Text(zh="待回复", en="Asked"), waiting=True),
        State(id="done", title=Text(zh="已办结", en="Done"), open=False),
    ),
    transitions=(
        Transition(verb="ask", title=Text(zh="去函", en="Ask"), sources=("given",), target="asked", roles=ROLES),
        Transition(verb="finish", title=Text(zh="办结", en="Finish"), sources=("given",), target="done", roles=ROLES),
        Transition(verb="prove", title=Text(zh="附证办结", en="Prove"), sources=("given",), target="done", roles=ROLES,
                   evidence=("photo",)),
        Transition(verb="answered", title=Text(zh="已回复", en="Answered"), sources=("asked",), target="given",
                   roles=ROLES),
    ),
    clocks=(ClockKind(id="do", title=Text(zh="办理时限", en="Limit"), unit=Unit.HOUR, length=240, starts=("given",),
                      stops=("done",), warn=0.5),),
)  # fmt: skip


@pytest.fixture
def officer():
    load()
    return Person.objects.get(login="zjk-spj-data")


@pytest.fixture
def by(officer):
    return actor(person=officer, at=datetime.now(UTC))


def opened(by, *, ago=0, title="核对上报口径", **to):
    held = Assignment(department=to.pop("department", by.department), **to)
    at = datetime.now(UTC) - timedelta(days=ago)
    return service.open_case(kind=KIND, title=title, area="130702", to=held, by=by, at=at, key=f"w{next(_keys)}")


def seen(by, whose="department", **wanted):
    at = datetime.now(UTC)
    return [line.case for line in queue.page(by=by, whose=whose, wanted=queue.Filter(at=at, **wanted))]


def test_mine_is_what_was_given_to_me_or_my_post_and_the_department_sees_all_of_its_own(by):
    mine, posts, others = opened(by, person=by.id), opened(by, post=by.post), opened(by, department="zjk-gxj")
    nobodys = opened(by)
    assert set(seen(by, "mine")) == {mine.id, posts.id}
    assert seen(by, "post") == [posts.id]
    assert set(seen(by)) == {mine.id, posts.id, nobodys.id}
    assert others.id not in seen(by, "mine") + seen(by)


def test_late_soon_waiting_and_colours_follow_the_clock(by):
    fresh, near, soon, late = opened(by), opened(by, ago=6), opened(by, ago=8), opened(by, ago=11)
    asked_for = opened(by, ago=1)
    service.act(case=asked_for.id, verb="ask", by=by, at=datetime.now(UTC), seq=1, key="ask")
    assert seen(by, view="late") == seen(by, colour="red") == [late.id]
    assert seen(by, view="soon") == [soon.id]
    assert seen(by, colour="yellow") == [soon.id, near.id]
    assert seen(by, view="waiting") == seen(by, state="asked") == [asked_for.id]
    assert fresh.id in seen(by, colour="green")
    assert seen(by, kind="errand", area="130702") and not seen(by, kind="other") and not seen(by, area="130703")


def test_mine_pages_through_person_and_post_together_without_gap_or_repetition(by):
    expected = {opened(by, ago=n % 3, **({"person": by.id} if n % 2 else {"post": by.post})).id for n in range(9)}
    found, after, wanted = [], None, queue.Filter(at=datetime.now(UTC))
    while page := queue.page(by=by, whose="mine", wanted=wanted, after=after, size=2):
        found += page
        after = (page[-1].due, page[-1].case)
    assert [line.due for line in found] == sorted(line.due for line in found)
    assert sorted(line.case for line in found) == sorted(expected)


def test_nothing_is_counted_beyond_the_limit(by):
    for _ in range(5):
        opened(by)
    wanted = queue.Filter(at=datetime.now(UTC))
    with CaptureQueriesContext(connection) as asked_queries:
        assert queue.count(by=by, whose="department", wanted=wanted, limit=3) == 4
    assert all("LIMIT" in query["sql"] for query in asked_queries)


def test_a_queue_is_served_from_its_index_without_sorting(by):
    asked_for = []

    def keep(execute, sql, params, many, context):
        asked_for.append((sql, params))
        return execute(sql, params, many, context)

    at = datetime.now(UTC)
    with connection.execute_wrapper(keep):
        for whose, wanted in (("department", {}), ("mine", {}), ("department", {"view": "late"}),
                              ("department", {"kind": "errand"}), ("department", {"view": "waiting"})):  # fmt: skip
            queue.page(by=by, whose=whose, wanted=queue.Filter(at=at, **wanted))
    if connection.vendor != "sqlite":
        pytest.skip("the plan's words are SQLite's")
    with connection.cursor() as cursor:
        for sql, params in asked_for:
            cursor.execute("EXPLAIN QUERY PLAN " + sql, params)
            plan = " ".join(str(row[-1]) for row in cursor.fetchall())
            assert "USING INDEX queue_" in plan and "TEMP B-TREE" not in plan, plan


def test_the_page_shows_words_a_mark_and_a_link_that_can_be_kept(by, officer, client):
    opened(by, ago=11, title="补报办件量")
    client.force_login(officer)
    html = client.get("/work/?whose=department&view=late", headers={"accept-language": "zh"}).content.decode()
    for words in ("补报办件量", "交办事项", "待办理", "桥东区", "已逾期"):
        assert words in html
    english = client.get("/work/?whose=department", headers={"accept-language": "en"}).content.decode()
    assert "Errand" in english and "To do" in english
    client.post("/work/views", {"name": "逾期", "query": "whose=department&view=late&nonsense=1"})
    assert SavedView.objects.get().query == "whose=department&view=late"
    client.force_login(Person.objects.exclude(pk=officer.pk).first())
    client.post(f"/work/views/{SavedView.objects.get().pk}/delete")
    assert SavedView.objects.count() == 1


@pytest.mark.parametrize("query", ["view=%00", "after=x", "after=2018-01-01T00:00:00 y", "colour=%27--", "whose=root",
                                   "kind=" + "x" * 5000, "after=9999-12-31T23:59:59Z%20", "state=🚧",
                                   "kind=%00x", "after=2018-01-01T00:00:00Z%20%00"])  # fmt: skip
def test_an_address_that_nobody_wrote_still_opens_the_list(query, officer, client):
    client.force_login(officer)
    assert client.get(f"/work/?{query}").status_code == 200


def test_a_stranger_signs_in_first_and_reads_nobodys_queue(by, client):
    opened(by, title="只给本部门")
    assert client.get("/work/").status_code == 302
    assert client.post("/work/act", {"act": "note"}).status_code == 302
    load()
    client.force_login(Person.objects.get(login="zjk-gxj-data"))
    assert "只给本部门" not in client.get("/work/?whose=department").content.decode()


def test_an_act_on_many_answers_for_each_and_the_same_form_twice_is_one_act(by, officer, client):
    good, moved, foreign = opened(by), opened(by), "errand-none"
    service.act(case=moved.id, verb="ask", by=by, at=datetime.now(UTC), seq=1, key="moved")
    client.force_login(officer)
    chosen = [f"1:{good.id}", f"1:{moved.id}", f"1:{foreign}"]
    form = {"act": "step:finish", "key": "k", "chosen": chosen, "words": "已核对", "query": "whose=department"}
    for _ in range(2):
        html = client.post("/work/act", form, headers={"accept-language": "zh"}).content.decode()
        assert "已办理 1 件" in html
        assert "刚被他人办理" in html and f"没有编号为 {foreign} 的事项" in html
    assert CaseEvent.objects.filter(case=good.id, verb="finish").count() == 1
    assert seen(by) == [moved.id]


def test_a_form_without_cases_or_act_says_so_and_keeps_what_was_written(by, officer, client):
    opened(by)
    client.force_login(officer)
    answer = client.post("/work/act", {"words": "请尽快", "query": "whose=department"})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert 'href="#list"' in html and 'href="#act"' in html and "请尽快" in html
    unproven = client.post("/work/act", {"act": "step:prove", "chosen": f"1:{seen(by)[0]}"})
    assert unproven.status_code == 422  # what needs evidence is no act on many


def test_giving_stays_within_the_department_and_keeps_who_helps(by):
    chief = next(h for h in holders(department=by.department, at=datetime.now(UTC)) if h.id != by.id)
    chief_actor = actor(person=Person.objects.get(pk=int(chief.id[7:])), at=datetime.now(UTC))
    assert chief_actor.may("plan.review")
    case, joint = opened(by, joint=("zjk-gxj",)), opened(by, department="zjk-gxj", joint=(by.department,))

    def give(one, to):
        chosen = [bulk.Chosen(case=one.id, seq=1)]
        order = bulk.Order(act="give", to=to)
        return bulk.act_on(chosen=chosen, order=order, by=chief_actor, at=datetime.now(UTC), key=f"g{next(_keys)}")[0]

    assert give(joint, by.id).refused == bulk.unable(reasons=[bulk.ELSEWHERE]).message
    assert give(case, "person:999999").refused == bulk.unable(reasons=[bulk.STRANGER]).message
    assert give(case, by.id).refused is None
    assert seen(by, "mine") == [case.id]
    assert CaseEvent.objects.get(case=case.id, verb="assign").data["to"]["joint"] == ["zjk-gxj"]


def test_more_than_two_hundred_at_once_are_refused_whole(by, officer, client):
    client.force_login(officer)
    case = opened(by)
    form = {"act": "note", "words": "x", "chosen": [f"1:{case.id}"] * 201}
    assert client.post("/work/act", form).status_code == 422
    assert CaseEvent.objects.count() == 1


def test_a_list_of_many_kinds_asks_the_database_no_more_often(by, officer, client):
    client.force_login(officer)
    opened(by)
    client.get("/work/?whose=department")
    with CaptureQueriesContext(connection) as few:
        client.get("/work/?whose=department")
    for _ in range(20):
        opened(by)
    with CaptureQueriesContext(connection) as many:
        page = client.get("/work/?whose=department").content.decode()
    assert len(many) == len(few)
    assert len(re.findall('name="chosen"', page)) == 21


def test_the_address_of_a_list_is_read_back_as_it_was_written():
    from django.http import QueryDict

    at = datetime.now(UTC)
    first = asked(query=QueryDict("whose=department&view=late&kind=errand&colour=red"), at=at)
    assert asked(query=QueryDict(first.query()), at=at) == first


def test_the_panel_of_the_department_desk_shows_the_most_urgent(by, officer, client):
    opened(by, ago=11, title="最急的一件")
    client.force_login(officer)
    assert "最急的一件" in client.get("/department/").content.decode()
    assert Post.objects.exists()


def test_nothing_that_a_program_sends_breaks_the_acts(by, officer, client):
    case = opened(by, person=by.id)
    client.force_login(officer)
    odd = {"act": "note", "words": "a\0b", "chosen": [f"1:{case.id}", "²:x", "1:\0", ":", "9" * 40 + ":x"], "to": "\0"}
    assert client.post("/work/act", odd).status_code == 200
    assert CaseEvent.objects.get(verb="note").data["words"] == "ab"
    assert client.post("/work/views", {"name": "\0", "query": "view=%00"}).status_code == 302
    assert client.get("/case/%00/").status_code == client.post("/case/%00/act").status_code == 404
