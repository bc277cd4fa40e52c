"""Writers and a flush at once: only PostgreSQL lets two transactions write at the same time."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from dajing.kernel.catalog.api import relation
from dajing.kernel.series.api import append
from dajing.kernel.series.flushing import flush
from dajing.kernel.series.models import Batch

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


def _fact(record):
    return {"record_id": record, "area": None, "value": 1.0, "revision": 1}


def _records(stream):
    return sorted(relation(stream=stream).to_pyarrow()["record_id"].to_pylist())


@pytest.mark.store
@pytest.mark.django_db(transaction=True)
def test_a_fact_written_before_a_flush_and_committed_after_it_is_not_skipped(stream):
    written, flushed = threading.Event(), threading.Event()

    def slow():
        with transaction.atomic():
            append(stream=stream, facts=[_fact("slow")], known_at=NOW)
            written.set()
            flushed.wait(20)
        connection.close()

    writer = threading.Thread(target=slow)
    writer.start()
    assert written.wait(20)
    append(stream=stream, facts=[_fact("quick")], known_at=NOW)
    quick = Batch.objects.get(stream=stream).id
    assert flush(stream=stream, at=NOW).facts == 1
    assert _records(stream) == ["quick"]
    flushed.set()
    writer.join()
    assert Batch.objects.get(stream=stream).id < quick, "the late batch must have the smaller id for this to prove much"
    assert _records(stream) == ["quick", "slow"]
    assert flush(stream=stream, at=NOW).facts == 1
    assert _records(stream) == ["quick", "slow"]


@pytest.mark.store
@pytest.mark.django_db(transaction=True)
def test_readers_see_each_fact_once_while_four_writers_write_and_the_tail_is_flushed(stream):
    done = threading.Event()

    def write(writer):
        for number in range(25):
            append(stream=stream, facts=[_fact(f"{writer}-{number:02}")], known_at=NOW)
        connection.close()

    def move():
        while not done.is_set():
            flush(stream=stream, at=NOW)
        connection.close()

    writers = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    mover = threading.Thread(target=move)
    for thread in (*writers, mover):
        thread.start()
    seen = 0
    while any(thread.is_alive() for thread in writers):
        records = _records(stream)
        assert len(records) == len(set(records)), "a fact was seen twice"
        assert len(records) >= seen, "a fact that was seen has gone"
        seen = len(records)
    done.set()
    mover.join()
    flush(stream=stream, at=NOW)
    assert _records(stream) == sorted(f"{writer}-{number:02}" for writer in range(4) for number in range(25))
    assert Batch.objects.filter(stream=stream).count() == 0
