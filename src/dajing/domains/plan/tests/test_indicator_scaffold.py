import pytest

from dajing.domains.plan.indicator_scaffold import NotInPlan, Wish, WishUnclear, new_indicator
from dajing.kernel.scaffold.writing import AlreadyThere
from dajing.kernel.settings import settings


@pytest.mark.parametrize(
    ("wish", "refusal", "words"),
    [
        (Wish(name="iptv", goal="economy", field="parks", target=1), AlreadyThere, "iptv"),
        (Wish(name="x1", goal="nothing", field="parks", target=1), NotInPlan, "infrastructure"),
        (Wish(name="x1", goal="economy", field="nothing", target=1), NotInPlan, "parks_wifi"),
        (Wish(name="x1", goal="economy", numerator="parks", target=1), WishUnclear, "--denominator"),
        (Wish(name="x1", goal="economy", target=1), WishUnclear, "--field"),
    ],
)
def test_a_wish_that_cannot_be_met_changes_nothing_and_says_why(tmp_path, wish, refusal, words):
    table = settings().city_dir / "plans" / "zjk-135" / "indicators.toml"
    before = table.read_bytes()
    with pytest.raises(refusal) as caught:
        new_indicator(plan_id=None, wish=wish, tests=tmp_path)
    assert words in caught.value.message.en
    assert list(tmp_path.iterdir()) == []
    assert table.read_bytes() == before
