from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec
import pytest
import structlog.testing

from dajing.domains.plan import jobs as plan_jobs
from dajing.domains.plan import setup
from dajing.domains.plan.demo.loading import parameters
from dajing.domains.plan.demo.parameters import Size
from dajing.domains.plan.demo.running import Simulator
from dajing.domains.plan.loading import plan as load_plan
from dajing.domains.plan.models import Objection, Reminder, Report, ReportAct, ReportValue, Simulation, Upload
from dajing.kernel.bus.models import Event
from dajing.kernel.catalog.api import relation
from dajing.kernel.identity.loading import load
from dajing.kernel.jobs.models import Job
from dajing.kernel.ledger.models import Entry

pytestmark = pytest.mark.django_db(transaction=True)

BUSY = Size(
    id="small", late=0.3, missing=0.1, wrong=0.5, returned=0.3, revised=0.3, objected=0.4, twice=0.3,
    wrong_department=0.2,
)  # fmt: skip


@pytest.fixture
def offices():
    load()


def simulator(first=date(2018, 1, 1), last=date(2018, 3, 31), until=datetime(2026, 1, 1, tzinfo=UTC)):
    found = parameters()
    head = msgspec.structs.replace(found.head, first=first, last=last)
    given = msgspec.structs.replace(found, head=head, sizes=(BUSY,))
    return Simulator(plan=load_plan(), parameters=given, size="small", until=until)


def everything():
    """All that a run leaves behind, without row numbers."""
    return {
        "reports": sorted(Report.objects.values_list("form", "scope", "period", "revision", "state", "version")),
        "values": sorted(
            ReportValue.objects.values_list("report__form", "report__revision", "field", "area", "number")
        ),
        "acts": sorted(ReportAct.objects.values_list("key", "verb", "by", "at", "text")),
        "uploads": sorted(Upload.objects.values_list("filename", "sha256", "outcome", "by", "at")),
        "ledger": list(Entry.objects.order_by("pk").values_list("act", "by", "at")),
        "events": list(Event.objects.order_by("pk").values_list("topic", flat=True)),
        "facts": sorted(map(str, relation(stream="plan.reports").to_pyarrow().to_pylist())),
        "objections": sorted(Objection.objects.values_list("field", "area", "period", "at", "answered_at")),
        "reminders": sorted(Reminder.objects.values_list("form", "period", "at")),
    }


def test_offices_report_late_wrong_twice_and_revised_and_nothing_else_is_refused(offices):
    with structlog.testing.capture_logs() as logged:
        simulator().run(seen=lambda done, total: None)
    assert [entry for entry in logged if entry["event"] == "demo.refused"] == []
    assert {"accepted", "refused", "duplicate"} == set(Upload.objects.values_list("outcome", flat=True))
    verbs = set(ReportAct.objects.values_list("verb", flat=True))
    assert {"fill", "submit", "review", "sign", "lock", "return", "late", "revise"} <= verbs
    assert Report.objects.filter(revision=2, state="locked").exists()
    assert not Report.objects.exclude(state="locked").exists()
    assert Objection.objects.exists()
    assert Reminder.objects.exists()
    assert all(u.problems for u in Upload.objects.filter(outcome="refused"))


def test_three_different_people_stand_behind_every_locked_report(offices):
    simulator(last=date(2018, 1, 31)).run(seen=lambda done, total: None)
    for report in Report.objects.filter(state="locked"):
        people = {a.by for a in report.acts.filter(verb__in=("submit", "review", "sign"))}
        assert len(people) == 3
        assert all(name.endswith("（演示）") for name in report.acts.values_list("by_name", flat=True))


def test_a_stopped_simulation_goes_on_to_the_same_data_as_one_that_was_not(offices):
    stopped = iter(range(3))

    def stop(done, total):
        if next(stopped, None) is None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulator().run(seen=stop)
    half = Simulation.objects.get()
    assert 0 < half.done < half.total
    assert half.finished_at is None
    simulator().run(seen=lambda done, total: None)
    resumed = everything()
    simulator().run(seen=lambda done, total: pytest.fail("a finished simulation does nothing"))
    assert everything() == resumed
    _forget()
    simulator().run(seen=lambda done, total: None)
    assert everything() == resumed


def _forget():
    """Empty the plan's tables, as a fresh data directory is."""
    from dajing.kernel.series.models import Batch

    offices = Entry.objects.filter(act__startswith="identity.")
    Entry.objects.exclude(pk__in=offices).delete()
    for model in (ReportAct, ReportValue, Upload, Objection, Reminder, Simulation, Event, Batch):
        model.objects.all().delete()
    for report in Report.objects.order_by("-revision"):
        report.delete()


def test_what_was_known_in_june_2018_is_what_had_been_locked_by_then(offices):
    simulator(first=date(2018, 3, 1), last=date(2018, 7, 31)).run(seen=lambda done, total: None)
    then = relation(stream="plan.reports", as_of=datetime(2018, 6, 30, tzinfo=UTC)).to_pyarrow().to_pylist()
    now = relation(stream="plan.reports").to_pyarrow().to_pylist()
    assert 0 < len(then) < len(now)
    assert max(f["period"] for f in then if "Q" not in f["period"]) == "2018-05"
    assert {f["kind"] for f in now} == {"synthetic"}


def test_the_demo_is_enqueued_once_and_not_again_when_finished(offices):
    setup.begin_simulation()
    setup.begin_simulation()
    assert Job.objects.filter(task=plan_jobs.simulate.module_path).count() == 1
    Job.objects.all().delete()
    head = parameters().head
    Simulation.objects.create(
        plan=head.plan, size="small", seed=head.seed, done=1, total=1, finished_at=datetime(2020, 1, 1, tzinfo=UTC)
    )
    setup.begin_simulation()
    assert not Job.objects.exists()
