from datetime import date
from pathlib import Path

import pytest

from dajing.domains.plan.loading import PlanUnknown, plan
from dajing.kernel.packs.api import departments


def article(shared: Path) -> str:
    return "".join((shared / "plan" / "plan-article.zh.txt").read_text(encoding="utf-8").split())


def test_every_quote_is_in_the_article_word_for_word(shared):
    text = article(shared)
    found = plan()
    quoted = [(item.id, item.quote) for item in (*found.goals, *found.tasks, *found.indicators, *found.aims)]
    quoted += [(park.id, park.written) for park in found.parks]
    assert len(quoted) >= 27
    assert [id_ for id_, quote in quoted if "".join(quote.split()) not in text] == []


def test_the_article_counts_five_goals_five_tasks_four_parks_eleven_projects_and_five_policies():
    found = plan()
    assert (len(found.goals), len(found.tasks), len(found.parks)) == (5, 5, 4)
    assert [sum(slot.kind == kind for slot in found.slots) for kind in ("project", "policy")] == [11, 5]


def test_the_twelve_numbers_of_the_article_and_wifi_in_all_parks_are_the_targets():
    targets = {indicator.id: indicator.target.value for indicator in plan().indicators}
    assert targets == {
        "fibre_community": 100,
        "rural_broadband": 20,
        "iptv": 80,
        "population_4g": 95,
        "mobile_internet": 80,
        "park_broadband": 100,
        "park_wifi": 100,
        "rd_tools": 65,
        "nc_rate": 50,
        "ecommerce_turnover": 1000,
        "ecommerce_adoption": 70,
        "online_sales_share": 20,
        "online_services": 95,
    }
    assert all(indicator.target.deadline == date(2020, 12, 31) for indicator in plan().indicators)


def test_only_the_words_more_than_make_a_target_strict():
    assert [i.id for i in plan().indicators if i.target.strict] == ["online_sales_share"]


def test_the_article_defines_no_target_so_every_definition_is_inferred_and_states_its_traps():
    for indicator in plan().indicators:
        assert indicator.definition_status == "inferred"
        assert indicator.traps


def test_the_park_written_with_a_wrong_character_is_normalised_and_keeps_its_spelling():
    park = next(park for park in plan().parks if park.id == "zhuolu")
    assert (park.written, park.title.zh, park.area) == ("逐鹿工业园", "涿鹿工业园", "130731")


def test_a_mobile_internet_rate_may_exceed_one_hundred_and_a_coverage_may_not():
    limits = {indicator.id: indicator.limits.max for indicator in plan().indicators}
    assert limits["mobile_internet"] > 100
    assert limits["population_4g"] == 100


def test_every_reporting_unit_has_an_office_and_only_sourced_offices_are_called_official():
    offices = departments()
    assert len([d for d in offices if d.kind == "county" and d.valid_to is None]) == 19
    assert {d.id for d in offices if d.status == "official"} == {"zjk-gxj", "zjk-spj"}


def test_an_unknown_plan_is_refused_with_the_plans_that_exist():
    with pytest.raises(PlanUnknown, match="zjk-135"):
        plan(id="zjk-999")
