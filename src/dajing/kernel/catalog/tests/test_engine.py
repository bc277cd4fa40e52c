import gc
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dajing.engines import duck
from dajing.kernel.catalog.api import EngineUnknown, engine
from dajing.kernel.catalog.engine import analytic_engine


def test_an_engine_that_nobody_serves_is_refused_with_those_that_there_are():
    with pytest.raises(EngineUnknown) as refused:
        engine(url="oracle://somewhere")
    assert "duckdb://, sc://" in refused.value.message.en


def test_threads_have_connections_of_their_own_to_one_database_with_one_memory_limit(tmp_path):
    paths = []
    for number in range(4):
        path = tmp_path / f"{number}.parquet"
        pq.write_table(pa.table({"n": list(range(number * 1000, number * 1000 + 1000))}), path)
        paths.append(path.as_uri())

    def total(_):
        adapter = analytic_engine()
        table = adapter.files(name="numbers", paths=paths)
        limit = adapter.backend.raw_sql("SELECT current_setting('memory_limit')").fetchone()[0]
        return id(adapter), limit, table["n"].sum().to_pyarrow().as_py()

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(total, range(40)))
    assert {total for _, _, total in found} == {sum(range(4000))}
    assert {limit for _, limit, _ in found} == {"953.6 MiB"}


def test_old_views_are_dropped_and_may_be_asked_for_again(tmp_path, monkeypatch):
    monkeypatch.setattr(duck, "VIEWS", 2)
    adapter = duck.connect(url="duckdb://")
    for number in (0, 1, 2, 0):
        path = tmp_path / f"{number}.parquet"
        pq.write_table(pa.table({"n": [number]}), path)
        assert adapter.files(name=f"state_{number}", paths=[path.as_uri()]).to_pyarrow()["n"].to_pylist() == [number]
    assert len([name for name in adapter.backend.list_tables() if name.startswith("state_")]) == 2


def test_a_process_that_asks_no_relation_does_not_load_the_engines():
    code = (
        "import sys; from dajing.kernel.web.start import start; start(); "
        "import dajing.kernel.catalog.api, dajing.kernel.series.api, dajing.kernel.series.commands; "
        "print([m for m in ('ibis', 'duckdb', 'pyarrow', 'pyiceberg', 'sqlalchemy', 'pyspark') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"


def test_rows_are_given_back_when_no_expression_holds_them():
    adapter = duck.connect(url="duckdb://")
    big = pa.table({"n": pa.array(range(1_000_000))})
    for _ in range(4):
        assert adapter.rows(name="many", table=big).count().execute() == 1_000_000
        gc.collect()
    assert len(adapter.backend.list_tables()) <= 1
