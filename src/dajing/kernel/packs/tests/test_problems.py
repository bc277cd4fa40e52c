"""A broken pack is described completely: every fault with file, line, words and cure."""

import shutil
from pathlib import Path

import pytest

from dajing.kernel.checking.packs import check_pack
from dajing.kernel.packs.problem import Problems
from dajing.kernel.packs.toml import lines_of
from dajing.kernel.settings import settings


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    copy = tmp_path / "zhangjiakou"
    shutil.copytree(settings().cities_dir / "zhangjiakou", copy)
    return copy


def faults(pack: Path) -> dict[tuple[str, int], str]:
    problems = Problems(root=pack)
    check_pack(folder=pack, problems=problems)
    return {(p.file, p.line): p.message.en for p in problems.found}


def edit(path: Path, old: str, new: str) -> int:
    """Replace one text; returns the line on which it stood."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_the_shipped_pack_has_no_fault(pack):
    assert faults(pack) == {}


def test_faults_in_many_files_are_all_named_at_their_lines(pack):
    plan = pack / "plans" / "zjk-135"
    expected = {
        ("city.toml", edit(pack / "city.toml", 'en = "Hebei"', 'en = ""')): "English is missing",
        ("departments.toml", edit(pack / "departments.toml", 'area = "130702"', 'area = "999999"')): "no area code",
        ("plans/zjk-135/indicators.toml", edit(plan / "indicators.toml", 'goal = "government"', 'goal = "nothing"')): (
            "no goal"
        ),
        (
            "plans/zjk-135/fields.toml",
            edit(plan / "fields.toml", 'unit = "Mbit/s"', "unit = 7"),
        ): "expected str, got int",
        ("areas/regions.csv", edit(pack / "areas/regions.csv", ",130708,,gbt", ",999999,,gbt")): "no area code",
        ("census/2020.csv", edit(pack / "census/2020.csv", "64216", "64217")): "is not the population",
    }
    found = faults(pack)
    for place, words in expected.items():
        assert words in found[place], (place, found)


def test_a_fact_without_a_source_and_an_unknown_key_are_both_named_in_one_entry(pack):
    facts = pack / "plans" / "zjk-135" / "facts.toml"
    line = edit(facts, "source = ", "sauce = ")
    found = [(p, m) for p, m in faults(pack).items() if p[0].endswith("facts.toml")]
    assert ("plans/zjk-135/facts.toml", line) in dict(found)
    assert any("source is missing" in message for _, message in found)


def test_a_duplicate_id_is_named_at_its_second_place(pack):
    fields = pack / "plans" / "zjk-135" / "fields.toml"
    line = edit(fields, 'id = "iptv_households"', 'id = "broadband_households"')
    assert "given twice" in faults(pack)["plans/zjk-135/fields.toml", line]


@pytest.mark.parametrize(
    ("file", "content", "line"),
    [
        ("city.toml", b'code = "130700"\nname = {zh = ', 2),
        ("city.toml", 'code = "1"\nname = "张家口"'.encode("gb18030"), 2),
        ("areas/townships.csv", "code,name\n1,张家口".encode("gb18030"), 2),
        ("areas/townships.csv", b"code,name,unit,source\n1,2,3\n", 2),
        ("areas/regions.csv", b"\n", 1),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_line_and_the_rest_is_still_checked(pack, file, content, line):
    (pack / file).write_bytes(content)
    other = edit(pack / "departments.toml", 'kind = "city"', 'kind = "town"')
    found = faults(pack)
    assert (file, line) in found
    assert ("departments.toml", other) in found


def test_lines_are_found_below_multi_line_strings_and_in_nested_tables():
    text = 'a = """\n[x]\nb = 1\n"""\n[[t]]\nid = "1"\n[t.sub]\nk = 1\n[[t]]\nid = "2"\n  [t.sub]\n  "k" = 2\n'
    lines = lines_of(text)
    assert (lines["a",], lines["t", 0, "id"], lines["t", 0, "sub", "k"]) == (1, 6, 8)
    assert (lines["t", 1], lines["t", 1, "id"], lines["t", 1, "sub", "k"]) == (9, 10, 12)
    assert ("x",) not in lines


ENTRY = '[[facts]]\nid = "a"\ntitle = {{ zh = "人口", en = "{en}" }}\narea = "130700"\n'
REST = 'period = "{period}"\nvalue = {value}\nunit = "x"\nsource = "s"\n'


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("city.toml", "a = " + "[" * 5000 + "]" * 5000, "nested too deeply"),
        ("city.toml", 'code = "1\x00"', "not valid TOML"),
        ("plans/zjk-135/plan.toml", "", "“id” is missing"),
        ("plans/zjk-135/indicators.toml", "indicators = [1, 2]", "array of tables"),
        ("areas/townships.csv", 'code,name,unit,source\n1,"' + "x" * 200_000 + '",3,4\n', "not valid CSV"),
        ("areas/regions.csv", 'code,name_zh\n1,"abc\n', "not valid CSV"),
        ("plans/zjk-135/facts.toml", (ENTRY + REST).format(en="People", period="2020", value="nan"), "finite"),
        ("plans/zjk-135/facts.toml", (ENTRY + REST).format(en="People", period="20-20", value="1"), "is no period"),
        ("plans/zjk-135/facts.toml", (ENTRY + REST).format(en="人口", period="2020", value="1"), "English is missing"),
    ],
)
def test_hostile_content_is_described_and_never_ends_the_check(pack, file, content, words):
    (pack / file).write_text(content, encoding="utf-8")
    problems = Problems(root=pack)
    check_pack(folder=pack, problems=problems)
    assert any(words in problem.message.en for problem in problems.found if problem.file == file)
