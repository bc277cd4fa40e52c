"""Rates and durations of ended cases, worked by hand, read from facts alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dajing.kernel.casework import handing
from dajing.kernel.casework.measures import TITLES, figures, store_figures, stored_figures
from dajing.kernel.casework.models import Case, CaseEvent, ClockRow, QueueRow
from dajing.kernel.casework.streams import OUTCOMES
from dajing.kernel.casework.tests.orders import AT, CHIEF, KIND, OTHER, WORKER, acted, given, opened
from dajing.kernel.measures.evaluating import evaluate, use
from dajing.kernel.measures.registry import measures
from dajing.kernel.series.models import Batch

pytestmark = [pytest.mark.store_both, pytest.mark.django_db(transaction=True)]
PHOTO = {"photo": "objects/1"}
DAY = 24
# AT is Friday 28 September 2018. Worked: Saturday 29 and Sunday 30 September (made up), then 8, 9, 10, 11, 12 October.


def ended(state, *, reported, verified):
    state = acted(state, "report", WORKER, hours=reported * DAY, evidence=PHOTO)
    return acted(state, "verify", OTHER, hours=verified * DAY)


def four_cases():
    """One quick; one late; one handed back and suspended; one reopened and done again."""
    ended(opened(), reported=1, verified=2)  # to 30 September: 2 working days, on time
    ended(opened(), reported=13, verified=14)  # reported on 11 October, a day late; ended on the 12th: 7 working days
    third = opened(area="130703")
    third = handing.hand_back(**given(third, WORKER), reason="非本部门", proposal="roads")
    third = handing.assign(**given(third, CHIEF), to=handing.Assignment(department="water"))
    third = handing.suspend(**given(third, CHIEF, hours=DAY), reason="expert", document="文1")  # 29 September
    third = handing.resume(**given(third, CHIEF, hours=10 * DAY))  # 8 October; 30 September and 8 October stand still
    ended(third, reported=11, verified=12)  # to 10 October: gross 5, net 3
    fourth = ended(opened(area="130703"), reported=1, verified=2)
    fourth = acted(fourth, "reopen", OTHER, hours=2 * DAY + 1, reason="又坏了")
    ended(fourth, reported=10, verified=11)  # to 9 October: 4 working days


def test_five_measures_are_registered():
    assert set(TITLES) <= set(measures())


def test_rates_and_durations_are_those_worked_by_hand():
    four_cases()
    found = {
        figure.measure: (figure.value, figure.count) for figure in figures(kind="order", areas=["130702", "130703"])
    }
    assert found == {
        "case_on_time_rate": (75.0, 4),
        "case_hand_back_rate": (25.0, 4),
        "case_rework_rate": (25.0, 4),
        "case_mean_gross_days": (pytest.approx((2 + 7 + 5 + 4) / 4), 4),
        "case_mean_net_days": (pytest.approx((2 + 7 + 3 + 4) / 4), 4),
    }


def test_a_page_reads_the_figures_that_a_job_has_stored():
    four_cases()
    assert stored_figures(kind="order") == []
    store_figures(kind="order", at=AT)
    store_figures(kind="order", at=AT)
    assert [(f.measure, f.value, f.count) for f in stored_figures(kind="order")][0] == ("case_on_time_rate", 75.0, 4)


def test_they_are_split_by_area_and_month_and_need_no_table_of_casework():
    four_cases()
    for table in (Case, CaseEvent, ClockRow, QueueRow):
        table.objects.all().delete()
    uses = [use(id="on time", measure="case_on_time_rate", params={"case_kind": "order"})]
    rows = evaluate(stream=OUTCOMES, uses=uses, units=["130702", "130703"], top="130700").to_pylist()
    found = {(row["area"], row["period"]): (row["value"], row["denominator"]) for row in rows if row["denominator"]}
    assert found == {
        ("130702", "2018-09"): (100.0, 1.0),
        ("130702", "2018-10"): (0.0, 1.0),
        ("130703", "2018-10"): (100.0, 2.0),
        ("130700", "2018-09"): (100.0, 1.0),
        ("130700", "2018-10"): (pytest.approx(200 / 3), 3.0),
    }


def test_as_of_an_earlier_time_a_case_reopened_later_had_ended():
    four_cases()
    then = AT + timedelta(days=2, minutes=30)
    found = {figure.measure: figure.count for figure in figures(kind="order", areas=["130702", "130703"], as_of=then)}
    assert set(found.values()) == {2}  # the first and the fourth, before it was reopened


def test_nothing_ended_is_unknown_and_never_zero():
    opened()
    assert {figure.value for figure in figures(kind="order", areas=["130702"])} == {None}


def test_a_duplicate_is_no_outcome_and_a_synthetic_record_says_so(settings_synthetic):
    main, twin = opened(), opened()
    handing.link(**given(twin, CHIEF), main=main.id)
    assert not Batch.objects.filter(stream=OUTCOMES).exists()
    ended(main, reported=1, verified=2)
    rows = evaluate(
        stream=OUTCOMES, uses=[use(id="a", measure="case_rework_rate", params={"case_kind": KIND.id})],
        units=["130702"], top="130700",
    ).to_pylist()  # fmt: skip
    assert {row["rank"] for row in rows if row["denominator"]} == {settings_synthetic}


@pytest.fixture
def settings_synthetic():
    from dajing.kernel.measures.evaluating import STRENGTH
    from dajing.kernel.measures.reading import Kind
    from dajing.kernel.settings import settings

    return STRENGTH[Kind.SYNTHETIC if settings().synthetic else Kind.MEASURED]
