import math
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from dajing.kernel.measures.evaluating import evaluate, use
from dajing.kernel.measures.registry import MeasureUnknown, ParametersInvalid
from dajing.kernel.series import declarations
from dajing.kernel.series.api import append, declare
from dajing.kernel.series.flushing import flush

T0 = datetime(2018, 7, 10, tzinfo=UTC)
UNITS = ["a", "b", "c"]
USES = [
    use(id="share", measure="ratio", params={"numerator": "covered", "denominator": "people", "scale": 100}),
    use(id="rate", measure="reported", params={"field": "mbps", "weight": "homes"}),
    use(id="money", measure="reported", params={"field": "turnover"}, over="sum"),
    use(id="cases", measure="count", params={"field": "days"}, over="sum"),
    use(id="in_time", measure="share_within", params={"field": "days", "limit": 5}),
]


@pytest.fixture
def stream():
    name = f"trial.reports_{uuid4().hex}"
    columns = dict.fromkeys(("record_id", "field", "area", "period", "kind"), "string")
    declare(stream=name, columns=columns | {"value": "float64", "revision": "int32"})
    yield name
    declarations._streams.pop(name)


def fact(field, area, value, *, period="2018-06", revision=1, kind="reported", record=None):
    record = record or f"{field}-{area}-{period}-{revision}"
    return {
        "record_id": record, "field": field, "area": area, "period": period, "value": value, "kind": kind,
        "revision": revision,
    }  # fmt: skip


def put(stream, *facts, at=T0):
    append(stream=stream, facts=list(facts), known_at=at, backfill=True)


def result(stream, uses=USES, **options):
    found = evaluate(stream=stream, uses=uses, units=UNITS, top="city", **options).to_pylist()
    return {(row["use"], row["area"], row["period"]): row for row in found}


@pytest.mark.django_db
def test_a_share_is_divided_per_area_and_added_first_for_the_top(stream):
    put(stream, *(fact("covered", a, v) for a, v in zip("abc", (50, 30, 5), strict=True)))
    put(stream, *(fact("people", a, v) for a, v in zip("abc", (100, 40, 10), strict=True)))
    rows = result(stream)
    assert [rows["share", a, "2018-06"]["value"] for a in "abc"] == [50, 75, 50]
    city = rows["share", "city", "2018-06"]
    assert (city["numerator"], city["denominator"], city["units"], city["completeness"]) == (85, 150, 3, 1)
    assert city["value"] == pytest.approx(100 * 85 / 150)


@pytest.mark.django_db
def test_a_weighted_mean_keeps_each_areas_own_figure_and_a_sum_adds(stream):
    put(stream, fact("mbps", "a", 12.3), fact("homes", "a", 10), fact("mbps", "b", 20.7), fact("homes", "b", 30))
    put(stream, fact("turnover", "a", 2.5), fact("turnover", "b", 4.0), fact("turnover", "c", 1.5))
    rows = result(stream)
    assert rows["rate", "a", "2018-06"]["value"] == 12.3
    assert rows["rate", "city", "2018-06"]["value"] == pytest.approx((12.3 * 10 + 20.7 * 30) / 40)
    assert rows["money", "city", "2018-06"]["value"] == 8
    assert rows["money", "city", "2018-06"]["denominator"] is None


@pytest.mark.django_db
def test_a_missing_input_and_a_zero_denominator_give_no_value(stream):
    put(stream, fact("covered", "a", 5), fact("covered", "b", 0), fact("people", "b", 0))
    rows = result(stream)
    assert rows["share", "a", "2018-06"]["value"] is None
    assert rows["share", "a", "2018-06"]["roles"] == ["numerator"]
    assert rows["share", "a", "2018-06"]["completeness"] == 0.5
    assert rows["share", "b", "2018-06"]["value"] is None
    assert rows["share", "b", "2018-06"]["denominator"] == 0
    assert rows["share", "city", "2018-06"]["value"] is None


@pytest.mark.django_db
def test_the_valid_row_is_the_newest_known_then_the_greatest_revision_and_may_withdraw(stream):
    put(stream, fact("turnover", "a", 1.0, revision=9))
    put(stream, fact("turnover", "a", 2.0, revision=2), fact("turnover", "a", 3.0, revision=3), at=T0 + timedelta(1))
    put(stream, fact("turnover", "a", None, revision=4), at=T0 + timedelta(2))
    for days, value in ((0, 1.0), (1, 3.0), (2, None)):
        row = result(stream, as_of=T0 + timedelta(days))["money", "a", "2018-06"]
        assert row["value"] == value
        assert row["watermark"] == T0 + timedelta(days)
    assert result(stream, as_of=T0 - timedelta(1)) == {}


@pytest.mark.django_db
def test_completeness_of_the_top_is_by_the_usual_denominators(stream):
    for month in ("2018-05", "2018-06"):
        for area, people in (("a", 600), ("b", 300), ("c", 100)):
            if (area, month) != ("a", "2018-06"):
                put(stream, fact("covered", area, 1, period=month), fact("people", area, people, period=month))
    rows = result(stream)
    assert rows["share", "city", "2018-05"]["completeness"] == 1
    assert rows["share", "city", "2018-06"]["completeness"] == pytest.approx(0.4)


@pytest.mark.django_db
def test_a_reading_is_as_weak_as_its_weakest_input(stream):
    put(stream, fact("covered", "a", 1, kind="measured"), fact("people", "a", 2, kind="estimated"))
    put(stream, fact("covered", "b", 1, kind="measured"), fact("people", "b", 2, kind="measured"))
    rows = result(stream)
    assert [rows["share", a, "2018-06"]["rank"] for a in ("a", "b", "city")] == [2, 0, 2]


@pytest.mark.django_db
def test_records_are_counted_and_those_within_a_limit_shared(stream):
    put(stream, *(fact("days", "a", days, record=f"case-{n}") for n, days in enumerate((1, 5, 6, 9))))
    put(stream, fact("days", "a", 4, record="case-3", revision=2), at=T0 + timedelta(1))
    rows = result(stream)
    assert rows["cases", "a", "2018-06"]["value"] == 4
    assert rows["in_time", "a", "2018-06"]["value"] == 75


def test_parameters_are_refused_with_what_the_measure_takes():
    with pytest.raises(ParametersInvalid, match="numerator, denominator, scale"):
        use(id="x", measure="ratio", params={"numerator": "a"})
    with pytest.raises(ParametersInvalid, match="float"):
        use(id="x", measure="ratio", params={"numerator": "a", "denominator": "b", "scale": "hundred"})
    with pytest.raises(MeasureUnknown, match="share_within"):
        use(id="x", measure="no_such", params={})


@pytest.mark.sail
@pytest.mark.django_db
def test_duckdb_and_a_sail_cluster_compute_identical_readings(stream, sail):
    for month in range(1, 13):
        for n, area in enumerate(UNITS):
            period, kind = f"2018-{month:02}", ("reported", "measured", "synthetic")[n]
            names = ("covered", "people", "mbps", "homes", "turnover", "days")
            made = [fact(f, area, (month * 7 + n) / (i + 3), period=period, kind=kind) for i, f in enumerate(names)]
            put(stream, *(m for i, m in enumerate(made) if (month + n + i) % 5))
            put(stream, fact("covered", area, month / 7, period=period, revision=2), at=T0 + timedelta(month))
        if month == 6:
            flush(stream=stream, at=T0)
    for as_of in (None, T0 + timedelta(4)):
        here, there = result(stream, as_of=as_of), result(stream, as_of=as_of, url=sail)
        assert len(here) > 200
        assert here.keys() == there.keys()
        for key, row in here.items():
            other = there[key]
            for name in ("roles", "records"):
                assert sorted(row.pop(name) or []) == sorted(other.pop(name) or [])
            for name in ("numerator", "denominator", "value", "completeness"):
                one, another = row.pop(name), other.pop(name)
                assert one == another or math.isclose(one, another, rel_tol=1e-12), (key, name)
            assert row == other
