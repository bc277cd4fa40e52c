from datetime import date

import pytest

from dajing.kernel.areas.api import AreaUnknown, MixedHierarchies, area, census, children, successor, total, units


def test_the_city_has_sixteen_divisions_and_nineteen_reporting_units():
    assert len(units(hierarchy="gbt2260")) == 16
    reporting = {unit.code for unit in units(hierarchy="reporting")}
    assert len(reporting) == 19
    assert {"130771", "130772", "130773"} <= reporting
    assert {u.parent for u in units(hierarchy="reporting")} == {"130700"}


@pytest.mark.parametrize(("old", "new"), [("130721", "130705"), ("130729", "130708"), ("130733", "130709")])
def test_codes_retired_in_2016_still_resolve_and_lead_to_their_successors(old, new):
    assert area(old).valid_to == date(2016, 1, 1)
    assert successor(old, on=date(2015, 12, 31)).code == old
    assert successor(old, on=date(2020, 11, 1)).code == new
    with pytest.raises(AreaUnknown):
        area(old, on=date(2020, 11, 1))


def test_a_code_of_the_former_prefecture_leads_through_two_steps_to_todays_district():
    assert successor("132531", on=date(2020, 1, 1)).code == "130705"  # 宣化县: 132531 → 130721 → 130705


def test_before_2016_the_counties_stood_where_the_districts_stand_now():
    names = {child.name.zh for child in children("130700", hierarchy="gbt2260", on=date(2015, 6, 30))}
    assert {"宣化县", "万全县", "崇礼县"} <= names
    assert not {"万全区", "崇礼区"} & names
    assert len(names) == 17  # the sixth census counts 17 units too


def test_the_nineteen_census_rows_add_up_to_the_published_city():
    rows = census(2020)
    for field, published in (("population", 4_118_908), ("urban", 2_722_683), ("households", 1_732_183)):
        values = {unit.code: getattr(rows[unit.code], field) for unit in units(hierarchy="reporting")}
        assert total(values=values, hierarchy="reporting") == published == getattr(rows["130700"], field)


def test_a_sum_across_both_hierarchies_is_refused_and_names_the_strangers():
    rows = census(2020)
    mixed = {unit.code: rows[unit.code].population for unit in units(hierarchy="reporting")}
    with pytest.raises(MixedHierarchies, match="130771, 130772, 130773"):
        total(values=mixed, hierarchy="gbt2260")
    del mixed["130773"]
    with pytest.raises(MixedHierarchies, match="130773"):
        total(values=mixed, hierarchy="reporting")
