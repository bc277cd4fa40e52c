from datetime import UTC, datetime, timedelta

import pytest

from dajing.domains.plan.loading import plan
from dajing.domains.plan.readings.api import NothingToExplain, Status, explain, readings, refresh, snapshot
from dajing.domains.plan.tests.reports import CITY, KNOWN, covered, fact, put, unit_codes
from dajing.kernel.measures.reading import Kind

pytestmark = pytest.mark.django_db
JULY = datetime(2018, 7, 31, tzinfo=UTC)
TAIPINGSI = "130702"


def one(as_of=JULY, **chosen):
    found = readings(snapshot=snapshot(plan="zjk-135", as_of=as_of), **chosen)
    assert len(found) == 1
    return found[0]


def four_g(area=CITY, period="2018-06", **options):
    return one(indicators=["population_4g"], areas=[area], periods=[period], **options)


def test_a_unit_that_did_not_report_is_unknown_with_field_unit_and_period():
    covered("2018-06", 90, units=unit_codes()[1:])
    put(fact("covered_population_4g", unit_codes()[0], "2018-06", 5.0))
    found = four_g(area=unit_codes()[0])
    assert found.reading.value is None
    assert found.status is Status.UNKNOWN
    assert "4G覆盖填报口径人口" in found.reading.reason.zh and "2018-06" in found.reading.reason.zh
    assert "Population base of the 4G report" in found.reading.reason.en
    assert found.reading.completeness == 0.5


def test_a_zero_denominator_is_unknown_and_named_but_the_city_still_adds_up():
    put(*(fact("urban_communities", u, "2018-06", 0.0 if u == TAIPINGSI else 10.0) for u in unit_codes()))
    put(*(fact("urban_communities_fibre", u, "2018-06", 0.0 if u == TAIPINGSI else 8.0) for u in unit_codes()))
    unit = one(indicators=["fibre_community"], areas=[TAIPINGSI], periods=["2018-06"])
    assert unit.reading.value is None
    assert "为 0" in unit.reading.reason.zh
    city = one(indicators=["fibre_community"], areas=[CITY], periods=["2018-06"])
    assert (city.reading.value, city.reading.completeness) == (80.0, 1.0)


def test_the_city_is_weighted_and_partial_with_the_missing_units_named():
    big, small = unit_codes()[0], unit_codes()[1]
    covered("2018-05", 50)
    covered("2018-06", 50, units=[u for u in unit_codes() if u not in {big, small}])
    city = four_g()
    assert city.reading.value == 50
    assert city.reading.completeness == pytest.approx(17 / 19)
    assert "缺 2 个单位" in city.reading.reason.zh
    assert city.status is Status.UNKNOWN, "under 95 % of the usual weight nothing is judged"
    assert four_g(period="2018-05").latest, "a board shows the newest that is complete enough"


def test_the_citys_own_figure_decides_and_the_weighted_one_stands_beside():
    put(*(fact("rural_access_mbps", u, "2018-06", 12.0) for u in unit_codes()))
    put(*(fact("rural_households", u, "2018-06", 100.0) for u in unit_codes()))
    put(fact("rural_access_mbps_city", CITY, "2018-06", 20.0))
    official = one(indicators=["rural_broadband"], areas=[CITY], periods=["2018-06"])
    weighted = one(indicators=["rural_broadband"], areas=[CITY], periods=["2018-06"], variant="weighted")
    assert (official.reading.value, official.status) == (20.0, Status.MET)
    assert (weighted.reading.value, weighted.status) == (12.0, None)


def test_what_was_known_earlier_stays_and_a_revision_shows_later():
    covered("2018-06", 80)
    covered("2018-06", 60, revision=2, at=KNOWN + timedelta(days=30))
    assert four_g().reading.value == 80
    assert four_g(as_of=datetime(2018, 9, 1, tzinfo=UTC)).reading.value == 60
    assert four_g().reading.watermark == KNOWN


def test_before_the_deadline_the_path_decides_and_after_it_the_deadlines_reading():
    for period, share in (("2015-12", 60), ("2018-05", 80), ("2018-06", 81)):
        covered(period, share)
    assert four_g().status is Status.ON_TRACK  # the path asks for 60 + 35 * 30/60 = 77.5
    covered("2018-06", 76, revision=2, at=KNOWN + timedelta(days=1))
    assert four_g(as_of=JULY + timedelta(hours=1)).status is Status.AT_RISK
    covered("2018-06", 70, revision=3, at=KNOWN + timedelta(days=2))
    assert four_g(as_of=JULY + timedelta(days=1)).status is Status.BEHIND
    assert four_g(as_of=JULY + timedelta(days=1)).required == pytest.approx(77.5)
    later = datetime(2021, 6, 1, tzinfo=UTC)
    covered("2020-12", 94.9, at=later - timedelta(days=9))
    final = one(as_of=later, indicators=["population_4g"], areas=[CITY], latest=True)
    assert (final.reading.period, final.status) == ("2020-12", Status.MISSED)
    assert "94.9%" in final.status_reason.zh


def test_the_counties_merged_in_2016_count_in_the_base_year_and_never_after_it():
    before, after = set(unit_codes("2015-12")), set(unit_codes("2016-12"))
    assert before - after == {"130721", "130729", "130733"}
    put(*(fact("ecommerce_turnover", unit, "2015-12", 10.0) for unit in before))
    put(*(fact("ecommerce_turnover", unit, "2016-12", 20.0) for unit in after))
    found = {
        (r.reading.area, r.reading.period): r.reading
        for r in readings(
            snapshot=snapshot(plan="zjk-135", as_of=JULY),
            indicators=["ecommerce_turnover"],
            periods=["2015-12", "2016-12"],
        )
    }
    assert found[CITY, "2015-12"].value == 10.0 * len(before)
    assert found[CITY, "2016-12"].value == 20.0 * len(after)
    assert found[CITY, "2015-12"].completeness == found[CITY, "2016-12"].completeness == 1.0
    assert found["130721", "2015-12"].value == 10.0
    assert ("130721", "2016-12") not in found
    assert ("130708", "2015-12") not in found


def test_a_value_beyond_the_measures_limits_is_shown_and_flagged():
    covered("2018-06", 120)
    assert four_g().reading.value == 120
    assert "超出" in four_g().reading.reason.zh


def test_the_weakest_kind_marks_the_snapshot_and_the_reading():
    covered("2018-06", 50, units=unit_codes()[:1], kind="synthetic")
    covered("2018-06", 50, units=unit_codes()[1:], kind="measured")
    assert four_g().reading.kind is Kind.SYNTHETIC
    assert four_g(area=unit_codes()[1]).reading.kind is Kind.MEASURED


def test_the_latest_state_is_rows_and_changes_only_when_refreshed():
    covered("2018-06", 50)
    first = snapshot(plan="zjk-135")
    covered("2018-06", 60, revision=2, at=KNOWN + timedelta(days=1))
    assert snapshot(plan="zjk-135") == first
    again = refresh(plan=plan(id="zjk-135"), as_of=None, at=KNOWN + timedelta(days=2000))
    assert again.id != first.id
    (now,) = readings(snapshot=again, indicators=["population_4g"], areas=[CITY], periods=["2018-06"])
    assert now.reading.value == 60
    assert snapshot(plan="zjk-135") == again


def test_an_explanation_holds_the_records_and_checks_their_digest():
    covered("2018-06", 50)
    covered("2018-06", 55, revision=2, units=unit_codes()[:1], at=KNOWN + timedelta(hours=1))
    told = explain(plan="zjk-135", indicator="population_4g", area=CITY, period="2018-06", as_of=JULY)
    assert len(told.rows) == 38
    assert sum(row.value for row in told.rows if row.role == "numerator") == told.reading.reading.numerator
    assert {row.revision for row in told.rows if row.area == unit_codes()[0]} == {2}
    assert told.verified and told.missing == ()
    assert told.formula.zh == "100 × Σ(4G覆盖人口) ÷ Σ(4G覆盖填报口径人口)"
    unit = explain(plan="zjk-135", indicator="population_4g", area=unit_codes()[0], period="2018-06", as_of=JULY)
    assert unit.verified and len(unit.rows) == 2


def test_a_missing_unit_is_listed_in_the_explanation_and_still_verified():
    covered("2018-06", 50, units=unit_codes()[2:])
    put(fact("covered_population_4g", unit_codes()[0], "2018-06", 5.0))
    told = explain(plan="zjk-135", indicator="population_4g", area=CITY, period="2018-06", as_of=JULY)
    assert len(told.missing) == 3
    assert told.verified, "half a report of a unit is no part of the sum"


def test_nothing_is_explained_for_a_period_that_has_not_ended():
    with pytest.raises(NothingToExplain, match="2018-08"):
        explain(plan="zjk-135", indicator="population_4g", area=CITY, period="2018-08", as_of=JULY)
