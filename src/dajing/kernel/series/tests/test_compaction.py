from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner

from dajing.kernel.catalog.api import relation
from dajing.kernel.catalog.testing import records
from dajing.kernel.ledger.api import detail_of
from dajing.kernel.ledger.models import Entry
from dajing.kernel.series import flushing
from dajing.kernel.series.api import append
from dajing.kernel.series.commands import series
from dajing.kernel.series.compaction import compact
from dajing.kernel.series.flushing import flush
from dajing.kernel.series.history import moved, table
from dajing.kernel.series.status import status

NOW = datetime.now(UTC)
pytestmark = [pytest.mark.store_both, pytest.mark.django_db]


def _fill(stream, files, first=0):
    for number in range(first, first + files):
        fact = {"record_id": f"r{number:03}", "area": None, "value": float(number), "revision": 1}
        append(stream=stream, facts=[fact], known_at=NOW + timedelta(seconds=number))
        flush(stream=stream, at=NOW)


def test_compaction_merges_small_files_and_changes_no_fact(stream):
    _fill(stream, 9)
    append(
        stream=stream,
        facts=[{"record_id": "tail", "area": None, "value": None, "revision": 1}],
        known_at=NOW + timedelta(hours=1),
    )
    before = records(relation(stream=stream))
    assert len(moved(stream=stream).paths) == 9
    done = compact(stream=stream, at=NOW)
    assert (done.merged.rows, len(done.replaced)) == (9, 9)
    assert len(moved(stream=stream).paths) == 1
    assert moved(stream=stream).flush == 9
    assert records(relation(stream=stream)) == before
    _fill(stream, 2, first=20)
    assert len(records(relation(stream=stream))) == 12


def test_replaced_files_stay_for_their_readers_and_go_a_day_later(stream):
    _fill(stream, 8)
    reader = relation(stream=stream)
    compact(stream=stream, at=NOW)
    assert reader.count().execute() == 8
    done = compact(stream=stream, at=NOW + timedelta(days=2))
    assert done.removed >= 8
    folder = Path(table(stream=stream).location().removeprefix("file://")) / "data"
    assert len(list(folder.iterdir())) == 1
    assert relation(stream=stream).count().execute() == 8


def test_few_small_files_are_left_alone_but_leftovers_of_a_killed_flush_go(stream):
    _fill(stream, 2)
    folder = Path(table(stream=stream).location().removeprefix("file://")) / "data"
    (folder / "0000000003-torn.parquet").write_bytes(b"PAR1")
    done = compact(stream=stream, at=NOW)
    assert (done.merged, done.replaced, done.removed) == (None, (), 1)
    assert relation(stream=stream).count().execute() == 2


def test_the_commands_show_and_move_a_stream(stream):
    append(
        stream=stream,
        facts=[{"record_id": "a", "area": None, "value": None, "revision": 1}],
        known_at=NOW,
    )
    run = CliRunner()
    assert f'"stream":"{stream}","tail":1,"batches":1,"history":0' in run.invoke(series, ["status", "--json"]).output
    assert "1 facts moved" in run.invoke(series, ["flush", stream, "--compact"], catch_exceptions=False).output
    now = status(stream=stream)
    assert (now.tail, now.history, now.files, now.interrupted) == (0, 1, 1, False)
    assert stream in run.invoke(series, ["status"], env={"COLUMNS": "250"}).output


def test_the_digest_of_every_history_file_is_in_the_ledger(stream):
    _fill(stream, 8)
    kept = {path: sha256(Path(path.removeprefix("file://")).read_bytes()) for path in moved(stream=stream).paths}
    compact(stream=stream, at=NOW)
    kept |= {path: sha256(Path(path.removeprefix("file://")).read_bytes()) for path in moved(stream=stream).paths}
    entries = [detail_of(entry=entry.pk) for entry in Entry.objects.filter(subject__startswith=f"series:{stream}/")]
    recorded = {detail["file"]: detail["sha256"] for detail in entries}
    assert recorded == {Path(path).name: digest.hexdigest() for path, digest in kept.items()}
    assert len(recorded) == 9


def test_nothing_is_tidied_up_before_a_flush_that_died_is_finished(stream, monkeypatch):
    _fill(stream, 8)
    append(stream=stream, facts=[{"record_id": "x", "area": None, "value": None, "revision": 1}], known_at=NOW)
    with monkeypatch.context() as patch:
        patch.setattr(flushing, "_trim", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            flush(stream=stream, at=NOW)
    later = NOW + timedelta(days=3)
    assert compact(stream=stream, at=later).merged is None
    flush(stream=stream, at=later)
    assert compact(stream=stream, at=later).merged.rows == 9
    assert relation(stream=stream).count().execute() == 9
