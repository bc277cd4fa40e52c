from pathlib import Path

import pytest

from dajing.domains.plan.check import check_measures
from dajing.kernel.packs.problem import Problems
from dajing.kernel.settings import settings


def problems_of(tmp_path: Path, before: str, after: str):
    source = settings().city_dir / "plans" / "zjk-135" / "indicators.toml"
    text = source.read_text(encoding="utf-8")
    assert before in text
    file = tmp_path / "indicators.toml"
    file.write_text(text.replace(before, after, 1), encoding="utf-8")
    problems = Problems(root=tmp_path)
    check_measures(file=file, problems=problems)
    return [str(problem) for problem in problems.found]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('measure = "ratio"', 'measure = "ration"', "ration"),
        ("scale = 100 }", 'scale = "hundred" }', "float"),
        ('denominator = "urban_communities"', 'divisor = "urban_communities"', "denominator"),
    ],
)
def test_a_wrong_measure_or_parameter_is_found_by_the_check(tmp_path, before, after, said):
    found = problems_of(tmp_path, before, after)
    assert len(found) == 1
    assert said in found[0] and "indicators.toml" in found[0]


def test_the_plan_as_it_is_has_no_fault(tmp_path):
    assert problems_of(tmp_path, 'measure = "ratio"', 'measure = "ratio"') == []
