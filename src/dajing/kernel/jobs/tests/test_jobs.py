import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from dajing.kernel.jobs import running
from dajing.kernel.jobs.api import current_job, job_state, progress, task
from dajing.kernel.jobs.models import Job, Worker
from dajing.kernel.jobs.runner import Runner, give_back
from dajing.kernel.text import Text

pytestmark = [pytest.mark.store_both, pytest.mark.django_db(transaction=True)]
NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
seen: list[object] = []


@task(attempts=2)
def note(what: str) -> str:
    seen.append(what)
    progress(done=1, total=2, label=Text(zh="一半", en="half"))
    return f"noted {what} in {current_job()}"


@task(attempts=2)
def breaks() -> None:
    raise ValueError("cannot")


@task(heavy=True, attempts=2)
def dies() -> None:
    import os
    import signal

    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(autouse=True)
def _clean():
    seen.clear()


def take(worker="w1", now=None, heavy=False):
    return running.claim(worker=worker, now=now or datetime.now(UTC), heavy=heavy)


def test_a_job_of_an_act_that_was_rolled_back_never_runs():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        note.enqueue("x")
        raise ZeroDivisionError
    assert take() is None


def test_a_job_runs_once_and_keeps_its_result_and_progress():
    result = note.enqueue("x")
    job = take()
    assert take("w2") is None
    running.run(job=job)
    result.refresh()
    assert result.return_value == f"noted x in {result.id}"
    state = job_state(job=result.id)
    assert (state.done, state.total, state.label.en, state.status) == (1, 2, "half", "SUCCESSFUL")


def test_the_more_urgent_job_goes_first_then_the_older():
    for what, priority in (("low", -5), ("first", 0), ("second", 0), ("urgent", 50)):
        note.using(priority=priority).enqueue(what)
    while job := take():
        running.run(job=job)
    assert seen == ["urgent", "first", "second", "low"]


def test_a_job_for_later_waits():
    note.using(run_after=NOW + timedelta(hours=1)).enqueue("x")
    assert take(now=NOW) is None
    assert take(now=NOW + timedelta(hours=1)) is not None


def test_a_failing_job_is_tried_again_after_a_pause_and_then_given_up_with_its_traces():
    result = breaks.enqueue()
    running.run(job=take())
    assert take() is None, "there is a pause"
    later = datetime.now(UTC) + timedelta(minutes=5)
    running.run(job=take(now=later))
    result.refresh()
    assert result.status == "FAILED"
    assert len(result.errors) == 2
    assert "ValueError: cannot" in result.errors[-1].traceback
    assert take(now=later + timedelta(days=1)) is None


def test_the_jobs_of_a_dead_worker_are_given_to_another_and_the_dead_one_cannot_finish_them():
    result = note.enqueue("x")
    lost = take("dead")
    running.recover(dead="dead")
    later = datetime.now(UTC) + timedelta(minutes=5)
    second = take("alive", now=later)
    assert second.id == lost.id
    running.run(job=lost)  # the worker was only slow: what it says now is ignored
    assert Job.objects.get(id=result.id).status == "RUNNING"
    running.run(job=second)
    assert Job.objects.get(id=result.id).status == "SUCCESSFUL"


def test_an_orderly_stop_does_not_use_up_an_attempt():
    note.enqueue("x")
    job = take()
    give_back(job=job)
    assert Job.objects.get().attempts == 0
    assert take() is not None


def test_two_workers_never_take_the_same_job():
    for n in range(20):
        note.enqueue(str(n))
    taken, failures = [], []

    def work(name):
        try:
            while job := take(name):
                taken.append(job.id)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(taken) == len(set(taken)) == 20


def test_a_worker_is_dead_when_its_beat_stands_still_whatever_the_clocks_say():
    Worker.objects.create(id="other", started_at=NOW + timedelta(days=400))
    note.enqueue("x")
    take("other")
    runner = Runner(clock=lambda: NOW - timedelta(days=4000), stop=threading.Event())
    runner._bury_the_dead()
    assert Worker.objects.filter(id="other").exists()
    runner._seen["other"] = (0, time.monotonic() - 31)
    runner._bury_the_dead()
    assert not Worker.objects.filter(id="other").exists()
    assert Job.objects.get().status == "READY"


def test_a_runner_works_until_it_is_told_to_stop():
    stop = threading.Event()
    threads = Runner(clock=lambda: datetime.now(UTC), stop=stop).start()
    note.enqueue("x")
    until = time.monotonic() + 10
    while not seen and time.monotonic() < until:
        time.sleep(0.05)
    stop.set()
    for thread in threads:
        thread.join(10)
    assert seen == ["x"]
