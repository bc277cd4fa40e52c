from datetime import UTC, datetime, timedelta

import pyarrow.parquet as pq
import pytest

from dajing.kernel.catalog.api import relation
from dajing.kernel.series import flushing
from dajing.kernel.series.api import append
from dajing.kernel.series.columns import schema
from dajing.kernel.series.declarations import Column, Stream, declared
from dajing.kernel.series.flushing import flush
from dajing.kernel.series.history import moved, prepared
from dajing.kernel.series.models import Batch, Progress
from dajing.kernel.series.refusals import FlushRunning, StreamChanged

JUNE = datetime(2018, 6, 1, tzinfo=UTC)
pytestmark = [pytest.mark.store_both, pytest.mark.django_db]


def _facts(first, count):
    return [
        {"record_id": f"r{n}", "area": "130702", "value": n / 8, "revision": n % 3} for n in range(first, first + count)
    ]


def _records(stream):
    return sorted(relation(stream=stream).select("record_id").to_pyarrow()["record_id"].to_pylist())


def test_a_flush_moves_every_fact_to_history_and_the_answer_stays_the_same(stream):
    append(stream=stream, facts=_facts(0, 500), known_at=JUNE)
    append(stream=stream, facts=_facts(500, 500), known_at=JUNE + timedelta(days=1))
    before = relation(stream=stream).order_by("record_id").to_pyarrow()
    moved_now = flush(stream=stream, at=JUNE + timedelta(days=2))
    assert moved_now.facts == 1000
    assert Batch.objects.filter(stream=stream).count() == 0
    assert relation(stream=stream).order_by("record_id").to_pyarrow().equals(before)
    assert relation(stream=stream, as_of=JUNE).count().execute() == 500


def test_facts_after_a_flush_are_seen_beside_those_before_it(stream):
    append(stream=stream, facts=_facts(0, 3), known_at=JUNE)
    flush(stream=stream, at=JUNE)
    append(stream=stream, facts=_facts(3, 2), known_at=JUNE + timedelta(days=1))
    assert _records(stream) == ["r0", "r1", "r2", "r3", "r4"]
    flush(stream=stream, at=JUNE)
    flush(stream=stream, at=JUNE)
    assert _records(stream) == ["r0", "r1", "r2", "r3", "r4"]
    assert len(moved(stream=stream).paths) == 2


def test_a_flush_that_died_after_its_commit_is_only_trimmed_by_the_next(stream, monkeypatch):
    append(stream=stream, facts=_facts(0, 10), known_at=JUNE)
    with monkeypatch.context() as patch:
        patch.setattr(flushing, "_trim", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            flush(stream=stream, at=JUNE)
    assert Batch.objects.filter(stream=stream).count() == 1
    assert len(_records(stream)) == 10
    append(stream=stream, facts=_facts(10, 5), known_at=JUNE)
    assert len(_records(stream)) == 15
    assert flush(stream=stream, at=JUNE).facts == 15
    assert len(set(_records(stream))) == len(_records(stream)) == 15
    assert Progress.objects.get(stream=stream).trimmed == 2


def test_a_batch_that_commits_late_with_a_smaller_id_is_not_skipped(stream):
    append(stream=stream, facts=_facts(0, 4), known_at=JUNE)
    late = Batch.objects.get(stream=stream)
    Batch.objects.filter(id=late.id).delete()
    append(stream=stream, facts=_facts(4, 4), known_at=JUNE)
    flush(stream=stream, at=JUNE)
    Batch.objects.bulk_create([late])
    assert late.id < Batch.objects.order_by("-id").first().id or Batch.objects.count() == 1
    assert len(_records(stream)) == 8
    flush(stream=stream, at=JUNE)
    assert len(_records(stream)) == 8
    assert Batch.objects.count() == 0


def test_a_column_declared_later_is_null_in_older_facts(stream):
    from dajing.kernel.series import declarations

    append(stream=stream, facts=_facts(0, 2), known_at=JUNE)
    flush(stream=stream, at=JUNE)
    append(stream=stream, facts=_facts(2, 1), known_at=JUNE)
    old = declared(stream=stream)
    declarations._streams[stream] = Stream(stream, (*old.columns, Column("note", "string", nullable=True)))
    append(stream=stream, facts=[_facts(3, 1)[0] | {"note": "新"}], known_at=JUNE)
    for _ in range(2):
        rows = relation(stream=stream).order_by("record_id").to_pyarrow().to_pylist()
        assert [row["note"] for row in rows] == [None, None, None, "新"]
        flush(stream=stream, at=JUNE)


def test_a_column_whose_type_changed_is_refused(stream):
    append(stream=stream, facts=_facts(0, 1), known_at=JUNE)
    flush(stream=stream, at=JUNE)
    old = declared(stream=stream)
    changed = Stream(stream, tuple(c if c.name != "value" else Column("value", "string", True) for c in old.columns))
    with pytest.raises(StreamChanged, match="新列名"):
        prepared(stream=changed)


def test_a_second_flush_at_the_same_time_is_refused(stream):
    with flushing.alone(stream=stream), pytest.raises(FlushRunning):
        flush(stream=stream, at=JUNE)


def test_history_files_use_encodings_that_every_engine_reads(stream):
    append(stream=stream, facts=_facts(0, 5000), known_at=JUNE)
    path = flush(stream=stream, at=JUNE).files[0].path.removeprefix("file://")
    group = pq.read_metadata(path).row_group(0)
    encodings = {group.column(i).path_in_schema: set(group.column(i).encodings) for i in range(group.num_columns)}
    assert "DELTA_BINARY_PACKED" in encodings["known_at"] & encodings["revision"]
    assert not any("BYTE_STREAM_SPLIT" in used for used in encodings.values())
    assert {group.column(i).compression for i in range(group.num_columns)} == {"ZSTD"}
    assert pq.read_schema(path).equals(schema(stream=declared(stream=stream)))
