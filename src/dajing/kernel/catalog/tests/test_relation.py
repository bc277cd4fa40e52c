from datetime import UTC, datetime, timedelta

import pytest

from dajing.kernel.catalog.api import latest, relation
from dajing.kernel.series.api import append, declare

JUNE = datetime(2018, 6, 1, tzinfo=UTC)


def _declare():
    declare(
        stream="trial.counts",
        columns={"record_id": "string", "area": "string", "value": "float64", "revision": "int32"},
    )


def _fact(record, area, value, revision=1):
    return {"record_id": record, "area": area, "value": value, "revision": revision}


@pytest.mark.django_db
def test_facts_appended_are_seen_from_the_time_they_were_known():
    _declare()
    append(stream="trial.counts", facts=[_fact("a", "130702", 1.5)], known_at=JUNE)
    append(stream="trial.counts", facts=[_fact("b", "130703", None)], known_at=JUNE + timedelta(days=1))
    assert relation(stream="trial.counts").count().execute() == 2
    seen = relation(stream="trial.counts", as_of=JUNE).to_pyarrow().to_pylist()
    assert seen == [_fact("a", "130702", 1.5) | {"known_at": JUNE}]
    assert relation(stream="trial.counts", as_of=JUNE - timedelta(microseconds=1)).count().execute() == 0


@pytest.mark.django_db
def test_the_valid_version_is_the_latest_known_then_the_greatest_revision():
    _declare()
    append(stream="trial.counts", facts=[_fact("a", "x", 1.0, 1), _fact("b", "x", 2.0, 2)], known_at=JUNE)
    append(stream="trial.counts", facts=[_fact("c", "y", 3.0, 1)], known_at=JUNE)
    append(stream="trial.counts", facts=[_fact("d", "y", None, 1)], known_at=JUNE + timedelta(hours=1))
    rows = latest(relation(stream="trial.counts"), keys=["area"]).order_by("area").to_pyarrow().to_pylist()
    assert [(row["record_id"], row["value"]) for row in rows] == [("b", 2.0), ("d", None)]
