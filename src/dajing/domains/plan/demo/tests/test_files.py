from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec
import pytest

from dajing.domains.plan.demo.contents import Contents
from dajing.domains.plan.demo.files import period_words, write
from dajing.domains.plan.demo.ground import ground
from dajing.domains.plan.demo.loading import parameters
from dajing.domains.plan.demo.parameters import read_parameters
from dajing.domains.plan.demo.script import Script, Step
from dajing.domains.plan.loading import plan as load_plan
from dajing.domains.plan.loading import plans
from dajing.domains.plan.reporting.scope import fields_of
from dajing.domains.plan.reporting.spreadsheet.reading import area_names, understand
from dajing.kernel.areas import api as areas
from dajing.kernel.packs.problem import Problems
from dajing.kernel.settings import settings
from dajing.kernel.spreadsheet.files import read_sheets

PLAN = load_plan()
NAMES = area_names(areas={code: a.name for code, a in areas.areas().items()})
CONTENTS = Contents(parameters=parameters(), plan=PLAN)


def step(form, period, **given):
    return Step(at=datetime(2021, 1, 1, tzinfo=UTC), do="upload", form=form, scope=PLAN.area, period=period, **given)


def read_back(form, period, **given):
    content = CONTENTS.content(step=step(form.id, period, **given))
    name, body = write(content=content, layout=parameters().layout(form=form.id))
    found = understand(
        sheets=read_sheets(name=name, body=body, limit=1 << 24),
        fields=fields_of(plan=PLAN, form=form.id),
        areas=NAMES,
        frequency=form.frequency,
    )
    return content, found


@pytest.mark.parametrize("form", PLAN.forms, ids=lambda f: f.id)
@pytest.mark.parametrize("year", [2015, 2018, 2020])
def test_every_office_layout_is_understood_to_the_last_figure(form, year):
    period = f"{year}-06" if form.frequency == "month" else f"{year}-Q2"
    content, found = read_back(form, period)
    assert [f.message.zh for f in found.faults] == []
    assert found.period == period
    assert {(v.field, v.area): v.number for v in found.values} == pytest.approx(dict(content.figures), abs=1e-9)
    units = {v.area for v in found.values} - {PLAN.area}
    assert len(units) == 19 if year > 2015 else {"130721", "130729", "130733"} <= units


@pytest.mark.parametrize("unit", ["130731", "130773"])
@pytest.mark.parametrize("form", PLAN.forms, ids=lambda f: f.id)
def test_a_table_of_one_unit_alone_is_understood_too(form, unit):
    period = "2019-01" if form.frequency == "month" else "2019-Q1"
    own = msgspec.structs.replace(step(form.id, period), scope=unit)
    name, body = write(content=CONTENTS.content(step=own), layout=parameters().layout(form=form.id))
    sheets = read_sheets(name=name, body=body, limit=1 << 24)
    found = understand(sheets=sheets, fields=fields_of(plan=PLAN, form=form.id), areas=NAMES, frequency=form.frequency)
    assert [f.message.zh for f in found.faults] == []
    assert found.period == period
    assert {v.area for v in found.values} == {unit}


@pytest.mark.parametrize("form", PLAN.forms, ids=lambda f: f.id)
def test_a_simulated_report_keeps_its_own_rules(form):
    for period in ("2015-01", "2020-12") if form.frequency == "month" else ("2015-Q1", "2020-Q4"):
        figures = CONTENTS.truth(form.id, period)
        for field in fields_of(plan=PLAN, form=form.id).values():
            for (name, area), number in figures.items():
                if name == field.id:
                    assert number >= 0
                    assert field.part_of is None or number <= figures[(field.part_of, area)]


def test_a_first_version_is_too_low_in_one_figure_and_breaks_no_rule():
    for form in PLAN.forms:
        for year in range(2015, 2021):
            period = f"{year}-02" if form.frequency == "month" else f"{year}-Q1"
            early = CONTENTS.content(step=step(form.id, period, variant="early")).figures
            right = CONTENTS.truth(form.id, period)
            assert sum(early[key] < right[key] for key in right) == 1
            for (name, area), number in early.items():
                whole = next(f for f in PLAN.fields if f.id == name).part_of
                assert whole is None or number <= early[(whole, area)]


def test_the_same_seed_gives_the_same_file_and_another_month_another():
    layout = parameters().layout(form="communications")
    once, again, later = (
        write(content=CONTENTS.content(step=step("communications", period)), layout=layout)[1]
        for period in ("2018-06", "2018-06", "2018-07")
    )
    assert once == again
    assert once != later


def test_people_move_once_when_counties_merge():
    census = {year: areas.census(year) for year in (2010, 2020)}

    def people(code, day):
        return ground(code=code, on=day, areas=areas.areas(), census=census).population

    before = people("130705", date(2015, 12, 31)) + people("130721", date(2015, 12, 31))
    assert before == 370569 + 273506  # the census of 2010
    after = people("130705", date(2016, 1, 31))
    assert 542358 < after < before  # on the way to the census of 2020


@pytest.mark.parametrize(
    ("period", "chinese", "words"),
    [("2018-06", False, "2018年6月"), ("2018-12", True, "二〇一八年十二月"), ("2018-Q2", False, "2018年第二季度")],
)
def test_periods_are_written_as_offices_write_them(period, chinese, words):
    assert period_words(period=period, chinese=chinese) == words


@pytest.mark.parametrize("form", PLAN.forms, ids=lambda f: f.id)
def test_a_script_goes_forward_and_ends_locked_unless_never_reported(form):
    size, kinds = parameters().size(id="full"), set()
    for year in range(2015, 2021):
        period = f"{year}-03" if form.frequency == "month" else f"{year}-Q1"
        script = Script(seed=1, form=form, scope=PLAN.area, period=period, size=size)
        steps = script.write(others=["zjk-swj"], units=["130726"])
        assert [s.at for s in steps] == sorted(s.at for s in steps)
        assert len({s.key for s in steps}) == len(steps)
        verbs = [s.verb for s in steps if s.do == "act"]
        assert verbs[-4:] in ([], ["submit", "review", "sign", "lock"])
        kinds |= {s.do for s in steps}
    assert {"upload", "act"} <= kinds


def test_faults_of_the_parameters_are_named_with_their_line(tmp_path):
    text = (settings().city_dir / "demo" / "plan.toml").read_text(encoding="utf-8")
    broken = text.replace('of = "parks"', 'of = "pakrs"', 1).replace('form = "industry"', 'form = "industri"', 1)
    folder = tmp_path / "city" / "demo"
    folder.mkdir(parents=True)
    (folder / "plan.toml").write_text(broken, encoding="utf-8")
    problems = Problems(root=tmp_path)
    assert read_parameters(folder=tmp_path / "city", plans=plans(), problems=problems) is None
    assert {broken.splitlines()[p.line - 1] for p in problems.found} >= {'of = "pakrs"', 'form = "industri"'}
    assert all(p.file == "city/demo/plan.toml" and p.fix.en for p in problems.found)
