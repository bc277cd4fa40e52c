from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.tasks import task

from dajing.kernel.jobs import schedules
from dajing.kernel.jobs.api import schedule
from dajing.kernel.jobs.models import Job
from dajing.kernel.jobs.planning import plan

CITY = ZoneInfo("Asia/Shanghai")
pytestmark = [pytest.mark.store_both, pytest.mark.django_db]


@task
def nothing() -> None:
    return None


@pytest.fixture
def nightly():
    schedule(name="t.nightly", daily=time(2, 0))(nothing)
    yield
    schedules.forget(name="t.nightly")


@pytest.fixture
def hourly():
    schedule(name="t.hourly", every=timedelta(hours=1))(nothing)
    yield
    schedules.forget(name="t.hourly")


def at(day, hour, minute=0):
    return datetime(2026, 3, day, hour, minute, tzinfo=CITY).astimezone(UTC)


def runs(name):
    return Job.objects.filter(schedule=name).count()


def tick(now):
    plan(now=now, zone=CITY)
    Job.objects.filter(schedule__startswith="t.", status="READY").update(status="SUCCESSFUL")


def test_a_nightly_schedule_runs_once_at_two_in_the_morning_of_the_city(nightly):
    tick(at(1, 20))
    tick(at(2, 1, 59))
    assert runs("t.nightly") == 0
    tick(at(2, 2, 0))
    tick(at(2, 2, 1))
    tick(at(2, 23))
    assert runs("t.nightly") == 1


def test_nights_missed_while_the_centre_was_down_are_run_once_together(nightly):
    tick(at(1, 20))
    tick(at(9, 12))
    tick(at(9, 13))
    assert runs("t.nightly") == 1


def test_a_clock_that_is_set_back_over_a_due_time_does_not_run_it_twice(nightly):
    tick(at(1, 20))
    tick(at(2, 2, 0))
    tick(at(2, 1, 30))
    tick(at(2, 2, 0))
    tick(at(2, 2, 30))
    assert runs("t.nightly") == 1


def test_after_a_jump_a_year_ahead_and_back_the_schedule_still_runs_every_night(nightly):
    tick(at(1, 20))
    tick(at(2, 2, 5))
    tick(at(2, 12) + timedelta(days=365))
    tick(at(2, 12, 5))
    assert runs("t.nightly") == 2, "the night of the wrong year ran, the one of today not again"
    tick(at(3, 2, 5))
    tick(at(3, 3, 5))
    assert runs("t.nightly") == 3


def test_an_hourly_run_waits_for_the_one_before_it(hourly):
    plan(now=at(1, 8), zone=CITY)
    plan(now=at(1, 9), zone=CITY)
    plan(now=at(1, 10), zone=CITY)
    assert runs("t.hourly") == 1
    Job.objects.update(status="SUCCESSFUL")
    plan(now=at(1, 10, 1), zone=CITY)
    assert runs("t.hourly") == 2


def test_a_schedule_needs_exactly_one_rhythm():
    with pytest.raises(ValueError, match="either"):
        schedule(name="t.none")(nothing)
    with pytest.raises(ValueError, match="positive"):
        schedule(name="t.zero", every=timedelta(0))(nothing)
