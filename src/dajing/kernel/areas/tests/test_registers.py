import csv

import pytest

from dajing.kernel.areas.api import census, sources, total, townships, units, villages
from dajing.kernel.packs.api import city
from dajing.kernel.settings import settings


def test_the_registers_have_246_townships_389_communities_and_4193_villages():
    assert len(townships()) == 246
    assert len(villages()) == 4_582
    communities = [place for place in villages() if place.name.endswith(("居民委员会", "居委会"))]
    assert (len(communities), len(villages()) - len(communities)) == (389, 4_193)


def test_both_township_registers_are_reconciled_by_name_without_losing_a_row(shared):
    with (settings().city_dir / "areas/township_reconciliation.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with (shared / "data/zhangjiakou/divisions/townships_mca_2025_1307.csv").open(encoding="utf-8-sig") as file:
        ministry = {row["township_code"][:9] for row in csv.DictReader(file)}
    assert {row["mca_code"] for row in rows} - {""} == ministry
    assert {row["nbs_code"] for row in rows} - {""} == {place.code for place in townships()}
    assert len(ministry) == 233
    outcomes = {outcome: sum(row["outcome"] == outcome for row in rows) for outcome in {r["outcome"] for r in rows}}
    assert outcomes["same"] + outcomes["other unit"] + outcomes["only in MCA 2025"] == 233
    assert outcomes["same"] + outcomes["other unit"] + outcomes["only in NBS 2023"] == 246


def test_a_township_of_a_zone_is_found_under_the_district_in_the_ministrys_list():
    with (settings().city_dir / "areas/township_reconciliation.csv").open(encoding="utf-8") as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    row = rows["老鸦庄镇"]
    assert (row["nbs_unit"], row["mca_unit"], row["outcome"]) == ("130771", "130702", "other unit")


def test_the_conflict_over_the_citys_area_is_surfaced():
    km2 = {unit.code: census(2020)[unit.code].km2 for unit in units(hierarchy="reporting")}
    assert round(total(values=km2, hierarchy="reporting")) == 36_789
    note = next(note for note in city().notes if note.id == "area-conflict")
    assert all(figure in note.text.en for figure in ("36,768", "36,772", "36,789", "36,800", "36,357"))


@pytest.mark.parametrize("table", ["regions", "townships", "villages", "changes", "township_reconciliation"])
def test_every_table_says_where_each_row_comes_from(table):
    ids = {source.id for source in sources()}
    with (settings().city_dir / f"areas/{table}.csv").open(encoding="utf-8") as file:
        assert all(set(row["source"].split("+")) <= ids for row in csv.DictReader(file))


def test_the_tables_are_what_the_generator_makes_from_the_extracts(shared, tmp_path):
    import importlib.util

    script = settings().city_dir / "tools" / "make_tables.py"
    spec = importlib.util.spec_from_file_location("make_tables", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.CITY = tmp_path
    extract = shared / "data" / "zhangjiakou"
    module.regions(extract)
    module.registers(extract)
    module.census(extract)
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.csv"))
    assert len(made) == 7
    for path in made:
        assert (tmp_path / path).read_bytes() == (settings().city_dir / path).read_bytes(), path
