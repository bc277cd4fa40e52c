from datetime import date
from pathlib import Path

import pytest

from dajing.domains.plan.loading import PlanUnknown, plan
from dajing.kernel.areas.api import census
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
    expected = {
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
    assert {id_: targets.get(id_) for id_ in expected} == expected
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


def test_every_aim_is_measured_proposed_or_says_why_not():
    for aim in plan().aims:
        assert sum(map(bool, (aim.indicators, aim.proposal, aim.not_measurable))) == 1, aim.id


def test_facts_are_what_their_own_words_imply():
    value = {fact.id: fact.value for fact in plan().facts}
    sectors = value["gdp_primary_2018"] + value["gdp_secondary_2018"] + value["gdp_tertiary_2018"]
    assert round(sectors, 1) == value["gdp_2018"] == 1536.6
    assert round(value["gdp_2018"] * 1e8 / value["gdp_per_head_2018"] / 1e4, 1) == 443.3  # implied mean population, 万
    yearly = (value["digital_core_2022"] / value["digital_core_2020"]) ** (1 / 2) - 1
    assert round(100 * yearly, 1) == 41.1  # only the base year 2020 gives "over 40 % a year"
    assert round(value["hotline_calls_2021q1"] / 1.8287) == 113_928
    assert round(value["hotline_accepted_2021q1"] / 1.5) == 95_678
    assert round(100 * value["app_users_2022"] / value["residents_2020"]) == 63


def test_5g_stations_per_ten_thousand_depend_on_the_denominator_and_the_caveat_names_it():
    facts = {fact.id: fact for fact in plan().facts}
    stations = facts["stations_5g_2022"].value
    assert round(stations / (facts["residents_2020"].value / 1e4), 2) == 13.84
    assert round(stations / (facts["residents_2021"].value / 1e4), 2) == 13.91
    assert "2020" in facts["stations_5g_2022"].caveat.en


def test_facts_agree_with_the_census_tables():
    rows, value = census(2020), {fact.id: fact.value for fact in plan().facts}
    assert rows["130700"].population == value["residents_2020"]
    assert rows["130700"].households == value["households_2020"]
    change = rows["130700"].population - census(2010)["130700"].population
    assert change == -226_577
    assert round(100 * change / census(2010)["130700"].population, 2) == -5.21
    assert round(100 * ((4_118_908 / 4_345_485) ** 0.1 - 1), 2) == -0.53
    assert round(100 * rows["130700"].urban / rows["130700"].population, 2) == 66.10


def test_figures_of_the_nation_and_the_province_are_reference_lines_that_say_so():
    lines = {fact.id: fact for fact in plan().facts if fact.scope != "area"}
    assert set(lines) == {"villages_fibre_4g_hebei_2018", "rd_tools_national_2021", "nc_rate_national_2021"}
    assert all("no figure of the city" in f.caveat.en or "not of the city" in f.caveat.en for f in lines.values())


def test_what_the_plan_aims_at_without_a_target_is_still_reported():
    found = plan(id="zjk-135")
    asked = {field.id: field for field in found.fields}
    by_aim = {aim.id: aim.fields for aim in found.aims if aim.fields}
    assert by_aim["broadcast_network"] == ["cable_households", "cable_households_two_way"]
    assert by_aim["network_integration"] == ["towers_built", "towers_shared"]
    assert asked["cable_households_two_way"].part_of == "cable_households"
    assert asked["towers_shared"].form == "communications"
