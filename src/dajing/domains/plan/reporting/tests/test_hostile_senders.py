"""Who may send which report and when: every form, sender and period; a file twice at once; what a refusal leaves."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client

from dajing.domains.plan.models.reporting import Report, ReportAct, ReportValue, Upload
from dajing.domains.plan.reporting import service
from dajing.domains.plan.reporting.periods import PeriodUnreadable
from dajing.domains.plan.reporting.refusals import NotYourReport, ReportRefused, UnableToAct
from dajing.domains.plan.reporting.tests.conftest import AT, actor, figures
from dajing.domains.plan.reporting.tests.test_uploading import accepted, csv_of
from dajing.kernel.identity import tokens
from dajing.kernel.identity.actor import Actor
from dajing.kernel.identity.loading import load
from dajing.kernel.identity.models import Department
from dajing.kernel.text import Refusal

pytestmark = pytest.mark.django_db

UNIT, ANOTHER = "130726", "130728"
ENDED = {"month": "2018-05", "quarter": "2018-Q1", "year": "2017"}
SENDERS = {
    "its own department": lambda form: actor(1, form.department, "plan.fill"),
    "its own department without the role": lambda form: actor(2, form.department, "plan.review", "plan.sign"),
    "another department": lambda form: actor(3, "zjk-swj" if form.department != "zjk-swj" else "zjk-spj", "plan.fill"),
    "the county's own office": lambda _: actor(4, f"unit-{UNIT}", "plan.fill", area=UNIT),
    "another county's office": lambda _: actor(5, f"unit-{ANOTHER}", "plan.fill", area=ANOTHER),
    "nobody": lambda _: Actor(id="anonymous", name=""),
    "an administrator": lambda _: actor(6, "zjk-gxj", "admin.system"),
}
# who may send (for the city, for one county): the rule as the law of reporting has it, not as the code does
MAY = {"its own department": (True, True), "the county's own office": (False, True)}


@pytest.mark.parametrize("sender", SENDERS)
def test_a_report_is_taken_from_whom_it_belongs_to_and_from_nobody_else(plan, sender):
    for form in plan.forms:
        for scope, allowed in zip((plan.area, UNIT), MAY.get(sender, (False, False)), strict=True):
            period = ENDED[form.frequency]
            values = figures(plan, form=form.id, period=period, scope=scope)
            given = {"plan": plan, "form": form.id, "scope": scope, "period": period}
            by, before = SENDERS[sender](form), ReportValue.objects.count()
            try:
                report = service.open_report(**given, by=by, at=AT)
                service.fill(report=report, values=values, by=by, at=AT, version=0, key=f"{form.id}{scope}{sender}")
                taken = True
            except (NotYourReport, UnableToAct):
                taken = False
            assert taken == allowed, (form.id, scope)
            assert (ReportValue.objects.count() > before) == (allowed and bool(values))


@pytest.mark.parametrize(
    "period", ["2018-06-30", "2018-13", "2018-00", "0000-01", "2099-01", "1999-01", "2018-Q5", "", "x", "٢٠١٨-٠٥"]
)
def test_no_form_takes_a_period_that_is_none_or_not_over_or_outside_the_plan(plan, period):
    for form in plan.forms:
        with pytest.raises((PeriodUnreadable, ReportRefused)):
            service.open_report(
                plan=plan,
                form=form.id,
                scope=plan.area,
                period=period,
                by=actor(1, form.department, "plan.fill"),
                at=AT,
            )
    assert not Report.objects.exists()


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_a_table_is_read_in_whatever_encoding_offices_save_it(plan, people, encoding):
    assert accepted(plan, people, csv_of(plan, encoding=encoding)).outcome == "accepted"
    assert ReportValue.objects.count() == 4 * 19


@pytest.mark.store_both
@pytest.mark.django_db(transaction=True)
def test_the_same_file_sent_by_four_at_once_is_one_filling(plan, people):
    body, outcomes = csv_of(plan), []

    def send():
        try:
            outcomes.append(accepted(plan, people, body).outcome)
        except Refusal as refusal:
            outcomes.append(type(refusal).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("accepted") == 1, outcomes
    assert set(outcomes) <= {"accepted", "duplicate", "ChangedMeanwhile"}
    assert (Report.objects.count(), ReportAct.objects.filter(verb="fill").count()) == (1, 1)
    assert ReportValue.objects.count() == 4 * 19
    assert Upload.objects.count() == 4


@pytest.fixture
def machine(plan):
    """A client of the department that owes the report, with a token to fill in."""
    load()
    by, now = Actor(id="person:901", name="系统", roles=frozenset({"admin.system"})), datetime.now(UTC)
    office = Department.objects.get(pk="zjk-spj")
    made = tokens.make_client(id="m", name="机器", department=office, tenant="", per_minute=60, by=by, at=now)
    secret = tokens.issue(
        client=made, scopes=frozenset({"plan.fill"}), expires_at=now + timedelta(days=1), by=by, at=now
    )
    return Client(headers={"authorization": f"Bearer {secret}", "idempotency-key": "k"})


def put(machine, values, scope="130700", period="2018-06", form="government"):
    body = json.dumps({"version": 0, "values": values})
    return machine.put(f"/api/v1/plan/reports/{form}/{scope}/{period}", body, content_type="application/json")


@pytest.mark.parametrize(
    "values",
    [
        [{"field": "items_total", "area": "130726", "number": -1}],
        [{"field": "items_total", "area": "110000", "number": 1}],
        [{"field": "no_such_field", "area": "130726", "number": 1}],
        [{"field": "a\x00b", "area": "130726\x00", "number": 1}],
        [{"field": "items_total", "area": "130726", "number": 1e308}, {"field": "x" * 10_000, "area": "", "number": 1}],
    ],
)  # fmt: skip
def test_a_refused_request_of_a_machine_leaves_nothing_behind(machine, values):
    answer = put(machine, values)
    assert 400 <= answer.status_code < 500, answer.content
    assert not Report.objects.exists()


@pytest.mark.store_both
@pytest.mark.parametrize("path", [("government", "110000"), ("commerce", "130700"), ("no\x00form", "130700")])
def test_a_token_reaches_no_other_departments_report(machine, path):
    form, scope = path
    answer = put(machine, [], scope=scope, form=form)
    assert 400 <= answer.status_code < 500, answer.content
    assert not Report.objects.exists()
