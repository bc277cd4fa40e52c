from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dajing.domains.plan.gap import Part, split
from dajing.domains.plan.readings.gaps import NoGap, gap_of
from dajing.domains.plan.tests.reports import CITY, fact, put, unit_codes

JULY = datetime(2018, 7, 31, tzinfo=UTC)
counts = st.integers(min_value=0, max_value=5_000_000).map(float)
maybe = st.none() | counts
some = st.lists(st.tuples(maybe, maybe), min_size=1, max_size=19)
targets = st.floats(min_value=0.1, max_value=250, allow_nan=False)


def parts_of(terms):
    return [Part(area=f"{n:02}", numerator=above, denominator=below) for n, (above, below) in enumerate(terms)]


@given(some, targets)
def test_the_shares_of_a_ratio_add_up_to_the_citys_gap_exactly(terms, target):
    shares = split(target=target, direction="up", scale=100, parts=parts_of(terms), divided=True)
    whole = [(Fraction(a), Fraction(b)) for a, b in terms if a is not None and b is not None]
    below = sum(b for _, b in whole)
    known = [share.amount for share in shares if share.amount is not None]
    if below == 0:
        assert known == []
        return
    value = 100 * sum(a for a, _ in whole) / below
    assert sum(known) == Fraction(target) - value
    assert known == sorted(known, reverse=True)
    assert len([s for s in shares if s.amount is None]) == len(terms) - len(whole)


@given(some, targets, st.floats(min_value=0, max_value=300, allow_nan=False))
def test_with_the_citys_own_figure_a_line_of_its_own_makes_the_sum_exact(terms, target, city):
    shares = split(target=target, direction="down", scale=1, parts=parts_of(terms), divided=True, city=city)
    known = [share.amount for share in shares if share.amount is not None]
    if known:
        assert sum(known) == Fraction(city) - Fraction(target)


@given(st.lists(counts, min_size=1, max_size=19), targets)
def test_a_sum_is_split_at_one_pace_of_growth(amounts, target):
    parts = [Part(area=str(n), numerator=amount, denominator=None) for n, amount in enumerate(amounts)]
    shares = split(target=target, direction="up", scale=1, parts=parts, divided=False)
    assert sum(share.amount for share in shares) == Fraction(target) - sum(map(Fraction, amounts))


def test_a_hand_worked_case():
    # 60 of 100 and 40 of 100 against 80 %: the city lacks 30 points, 10 of them in the first unit, 20 in the second.
    parts = parts_of([(60, 100), (40, 100), (None, 50), (0, 0)])
    shares = split(target=80, direction="up", scale=100, parts=parts, divided=True)
    assert [(s.area, s.amount) for s in shares] == [("01", 20), ("00", 10), ("03", 0), ("02", None)]


@pytest.mark.django_db
def test_the_gap_of_stored_readings_adds_up_and_names_who_did_not_report():
    codes = unit_codes()
    for n, unit in enumerate(codes[:-1]):
        put(fact("population_4g_base", unit, "2018-06", 1000.0 + n))
        put(fact("covered_population_4g", unit, "2018-06", 500.0 + 10 * n))
    found = gap_of(plan="zjk-135", indicator="population_4g", period="2018-06", as_of=JULY)
    assert sum(line.share for line in found.lines if line.share is not None) == pytest.approx(found.gap, rel=1e-12)
    assert found.gap == pytest.approx(95 - found.value)
    assert [line.area for line in found.lines if line.share is None] == [codes[-1]]
    assert found.lines[0].area == codes[0]
    assert sum(line.of_gap for line in found.lines if line.of_gap is not None) == pytest.approx(1)


@pytest.mark.django_db
def test_no_gap_is_shown_where_the_city_is_unknown():
    with pytest.raises(NoGap, match="population_4g"):
        gap_of(plan="zjk-135", indicator="population_4g", period="2018-06", as_of=JULY)


@pytest.mark.django_db
def test_an_amounts_gap_is_the_citys():
    put(*(fact("ecommerce_turnover", unit, "2018-06", 10.0) for unit in unit_codes()))
    found = gap_of(plan="zjk-135", indicator="ecommerce_turnover", period="2018-06", as_of=JULY)
    assert (found.value, found.gap) == (190.0, 810.0)
    assert found.lines[0].share == pytest.approx(810 / 19)
    assert CITY not in {line.area for line in found.lines}
