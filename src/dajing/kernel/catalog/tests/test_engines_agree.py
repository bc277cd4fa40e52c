from datetime import UTC, datetime, timedelta

import pytest

from dajing.kernel.catalog.api import latest, relation
from dajing.kernel.catalog.testing import assert_same, records
from dajing.kernel.series.api import append
from dajing.kernel.series.flushing import flush

START = datetime(2018, 1, 1, tzinfo=UTC)


def _month(number):
    return [
        {
            "record_id": f"{number}-{area}-{revision}",
            "area": f"1307{area:02}",
            "value": None if (number + area) % 7 == 0 else number * 0.1 + area / 3,
            "revision": revision,
        }
        for area in range(16)
        for revision in (1, 2)
    ]


def _history(stream):
    for number in range(12):
        append(stream=stream, facts=_month(number), known_at=START + timedelta(days=30 * number))
        if number in (3, 8):
            flush(stream=stream, at=START)


@pytest.mark.sail
@pytest.mark.django_db
def test_duckdb_and_a_sail_cluster_see_the_same_facts_at_every_time(stream, sail):
    _history(stream)
    for as_of in (None, START, START + timedelta(days=100), START - timedelta(days=1)):
        here = relation(stream=stream, as_of=as_of)
        there = relation(stream=stream, as_of=as_of, url=sail)
        assert here.schema() == there.schema()
        assert_same(here, there)


@pytest.mark.sail
@pytest.mark.django_db
def test_the_valid_versions_and_their_sums_are_the_same_on_both_engines(stream, sail):
    _history(stream)

    def by_area(url):
        valid = latest(relation(stream=stream, url=url), keys=["area", "known_at"])
        return valid.group_by("area").agg(total=valid["value"].sum(), rows=valid.count(), last=valid["known_at"].max())

    assert len(records(by_area(None))) == 16
    assert_same(by_area(None), by_area(sail))


@pytest.mark.sail
@pytest.mark.django_db
def test_an_expression_keeps_the_facts_that_it_was_made_with_when_the_tail_is_flushed(stream, sail):
    for url in (None, sail):
        append(stream=stream, facts=_month(1), known_at=START)
        made = relation(stream=stream, url=url)
        before = records(made)
        flush(stream=stream, at=START)
        relation(stream=stream, url=url).count().to_pyarrow()
        assert records(made) == before
