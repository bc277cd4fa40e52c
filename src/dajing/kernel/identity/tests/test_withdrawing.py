from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from dajing.kernel.identity import api, service, withdrawing
from dajing.kernel.identity.actor import Actor
from dajing.kernel.identity.models import Appointment, Department, Person, Post, PostRole
from dajing.kernel.identity.refusals import LastAdministrator, NotYours, UnableToApprove, UnableToWithdraw
from dajing.kernel.ledger.models import Entry

pytestmark = pytest.mark.django_db

AT = datetime(2018, 6, 30, 8, tzinfo=UTC)
DAY = timedelta(days=1)
SYSTEM = Actor(id="person:901", name="系统", roles=frozenset({"admin.system"}))
SECURITY = Actor(id="person:902", name="安全", roles=frozenset({"admin.security"}))


@pytest.fixture
def office():
    return Department.objects.create(
        pk="unit-130726", name_zh="蔚县", name_en="Yu County", kind="county", area="130726", valid_from=date(2015, 1, 1)
    )


def post_with(office, id, role):
    post = Post.objects.create(pk=id, department=office, title_zh="数据员", title_en="Data officer")
    row = service.propose_role(post=post, role=role, by=SYSTEM, at=AT - DAY)
    service.approve_role(grant=row, by=SECURITY, at=AT - DAY)
    return post, row


def holder(login, post, **values):
    who = Person.objects.create_user(login, "Great-Wall-1429", name=login)
    given = {"valid_from": AT - DAY, "valid_to": None, "deputy": False, "by": SECURITY, "at": AT - DAY} | values
    by = given["by"] if service.appointing_role(post=post.pk) == "admin.security" else SYSTEM
    return who, service.appoint(person=who, post=post, **(given | {"by": by}))


@pytest.mark.store_both
def test_a_role_is_withdrawn_in_two_steps_by_two_people_and_the_past_stays(office):
    post, grant = post_with(office, "yu-data", "plan.fill")
    who, _ = holder("zhao", post)
    withdrawing.propose_withdrawal(grant=grant, by=SYSTEM, at=AT)
    assert api.actor(person=who, at=AT).may("plan.fill")  # not yet
    both = Actor(id=SYSTEM.id, name="", roles=frozenset({"admin.system", "admin.security"}))
    with pytest.raises(UnableToApprove):
        withdrawing.approve_withdrawal(grant=grant, by=both, at=AT)
    withdrawing.approve_withdrawal(grant=grant, by=SECURITY, at=AT + DAY)
    assert not api.actor(person=who, at=AT + DAY).may("plan.fill")
    assert api.actor(person=who, at=AT).may("plan.fill")
    acts = list(Entry.objects.order_by("pk").values_list("act", flat=True))
    assert acts[-2:] == ["identity.role.withdrawal_proposed", "identity.role.withdrawn"]


def test_a_declined_withdrawal_leaves_the_role_and_may_be_proposed_again(office):
    post, grant = post_with(office, "yu-data", "plan.fill")
    withdrawing.propose_withdrawal(grant=grant, by=SYSTEM, at=AT)
    with pytest.raises(UnableToWithdraw):
        withdrawing.propose_withdrawal(grant=grant, by=SYSTEM, at=AT)
    withdrawing.decline_withdrawal(grant=grant, by=SECURITY, at=AT)
    with pytest.raises(UnableToApprove):
        withdrawing.approve_withdrawal(grant=grant, by=SECURITY, at=AT)
    assert "plan.fill" in api.roles_of_post(post="yu-data", at=AT + DAY)
    withdrawing.propose_withdrawal(grant=grant, by=SYSTEM, at=AT)


def test_nobody_else_proposes_or_decides_and_nothing_unapproved_is_withdrawn(office):
    post, grant = post_with(office, "yu-data", "plan.fill")
    with pytest.raises(NotYours):
        withdrawing.propose_withdrawal(grant=grant, by=SECURITY, at=AT)
    with pytest.raises(NotYours):
        withdrawing.approve_withdrawal(grant=grant, by=SYSTEM, at=AT)
    waiting = service.propose_role(post=post, role="plan.sign", by=SYSTEM, at=AT)
    with pytest.raises(UnableToWithdraw):
        withdrawing.propose_withdrawal(grant=waiting, by=SYSTEM, at=AT)


@pytest.mark.store_both
def test_a_withdrawal_ends_the_sessions_of_those_who_hold_the_post_and_of_nobody_else(office):
    post, grant = post_with(office, "yu-data", "plan.fill")
    who, _ = holder("zhao", post)
    other = Person.objects.create_user("qian", "Great-Wall-1429", name="钱")
    first, second = Client(), Client()
    first.force_login(who)
    second.force_login(other)
    withdrawing.propose_withdrawal(grant=grant, by=SYSTEM, at=AT)
    withdrawing.approve_withdrawal(grant=grant, by=SECURITY, at=AT)
    assert first.get("/account")["Location"].startswith("/sign-in")
    assert second.get("/account").status_code == 200


@pytest.mark.parametrize("role", ["admin.system", "admin.security", "admin.audit"])
def test_the_last_holder_of_an_administrators_role_cannot_be_relieved_before_a_successor_is_there(office, role):
    post, _ = post_with(office, "one", role)
    _, held = holder("zhao", post)
    with pytest.raises(LastAdministrator):
        service.end_appointment(appointment=held, by=SECURITY, at=AT)
    _, deputy = holder("qian", post, deputy=True, valid_to=AT + 30 * DAY)
    with pytest.raises(LastAdministrator):  # a deputy leaves without anybody being asked
        service.end_appointment(appointment=held, by=SECURITY, at=AT)
    assert Appointment.objects.get(pk=held.pk).valid_to is None
    holder("sun", post)
    service.end_appointment(appointment=held, by=SECURITY, at=AT)
    service.end_appointment(appointment=deputy, by=SECURITY, at=AT)


@pytest.mark.parametrize("role", ["admin.system", "admin.security", "admin.audit"])
def test_an_administrators_role_leaves_a_post_only_when_another_post_still_carries_it(office, role):
    post, grant = post_with(office, "one", role)
    holder("zhao", post)
    withdrawing.propose_withdrawal(grant=grant, by=SYSTEM, at=AT)
    with pytest.raises(LastAdministrator):
        withdrawing.approve_withdrawal(grant=grant, by=SECURITY, at=AT)
    assert PostRole.objects.get(pk=grant.pk).ended_at is None
    second, _ = post_with(office, "two", role)
    with pytest.raises(LastAdministrator):  # nobody holds the second post yet
        withdrawing.approve_withdrawal(grant=grant, by=SECURITY, at=AT)
    holder("qian", second)
    withdrawing.approve_withdrawal(grant=grant, by=SECURITY, at=AT)


def test_the_pages_lead_a_withdrawal_through_and_speak_english(office):
    post_with(office, "yu-data", "plan.fill")
    clients = {}
    for role in ("system", "security"):
        post, _ = post_with(office, role, f"admin.{role}")
        clients[role] = Client(HTTP_ACCEPT_LANGUAGE="en")
        clients[role].force_login(holder(role, post)[0])
    grant = PostRole.objects.get(post="yu-data")
    page = clients["system"].get("/admin/posts").content.decode()
    assert "Yu County Data officer · " in page
    assert "蔚县" not in page
    assert clients["system"].post("/admin/posts/withdraw", {"grant": grant.pk}).status_code == 302
    assert "Yu County Data officer" in clients["security"].get("/admin/approvals").content.decode()
    stale = {"grant": grant.pk, "what": "grant", "decision": "approve"}  # a page older than the proposal
    assert clients["security"].post("/admin/approvals", stale).status_code == 422
    assert clients["security"].post("/admin/approvals", stale | {"what": "withdrawal"}).status_code == 302
    assert PostRole.objects.get(pk=grant.pk).ended_at is not None
    for page in ("/admin/appointments", "/admin/tokens", "/account"):
        shown = clients["system"].get(page).content.decode()
        assert "蔚县" not in shown
        assert "数据员" not in shown
